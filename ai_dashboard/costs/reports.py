"""What the books say, for whoever asks: tables, budgets, forecasts, alerts."""

import re
from datetime import date, timedelta
from typing import Final

from ai_dashboard.core.costs import DOLLAR, BudgetViews, CostLines, CostTable, Dimension, Forecasts, TenantForecast
from ai_dashboard.core.errors import CallerError, LedgerUnavailable
from ai_dashboard.core.snapshot import Alert
from ai_dashboard.costs.account import EVERYBODY
from ai_dashboard.costs.alerts import CostAlerts
from ai_dashboard.costs.book import Book
from ai_dashboard.costs.forecast import LOOK_BACK_DAYS, forecast
from ai_dashboard.costs.journal import Charge
from ai_dashboard.costs.views import budgets, cost_lines, flat, table
from ai_dashboard.state.sqlite_writer import NotWritten

MONTH: Final = "month"
_BACK = re.compile(r"(\d{1,4})d")


class Reports:
    """On one gateway's books."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._alerts = CostAlerts()

    async def this_month(self) -> dict[str, float | None]:
        """Dollars by provider, and how they stand against the budget of all."""
        return flat(await self._charges(self._since(MONTH)), self._book.everybody.monthly)

    async def table(self, by: Dimension, since: str) -> CostTable:
        """What came together under each name since a day: `2026-11-01`, `30d` or `month`."""
        day = self._since(since)
        return table(await self._charges(day), by, day, self._book.calendar.timezone)

    async def lines(self, since: str) -> CostLines:
        """Day by day and model by model."""
        day = self._since(since)
        return CostLines(day, self._book.calendar.timezone, cost_lines(await self._charges(day)))

    async def forecasts(self, quotas: dict[str, int]) -> Forecasts:
        """How it goes on. `quotas` are the tokens that tenants have for a month."""
        book = self._book
        now = book.calendar.local(book.clock.wall())
        since = min(now.date() - timedelta(days=LOOK_BACK_DAYS + 1), now.date().replace(day=1)).isoformat()
        everything: dict[str, float] = {}
        tokens: dict[str, dict[str, float]] = {}
        amounts: dict[str, dict[str, float]] = {}
        for line, counts in await self._charges(since):
            everything[line.hour] = everything.get(line.hour, 0) + counts.amount
            if line.tenant:
                of_tenant, hour = tokens.setdefault(line.tenant, {}), line.hour
                of_tenant[hour] = of_tenant.get(hour, 0) + counts.prompt_tokens + counts.completion_tokens
                paid = amounts.setdefault(line.tenant, {})
                paid[hour] = paid.get(hour, 0) + counts.amount
        owners = book.owners
        return Forecasts(
            forecast(everything, now, limit=owners[EVERYBODY].monthly, unit=DOLLAR),
            tuple(
                TenantForecast(
                    name,
                    forecast(tokens[name], now, limit=quotas.get(name)),
                    forecast(
                        amounts[name],
                        now,
                        limit=owner.monthly if (owner := owners.get(f"tenant:{name}")) is not None else None,
                        unit=DOLLAR,
                    ),
                )
                for name in sorted(tokens)
            ),
        )

    def budgets(self) -> BudgetViews:
        """Every limit as it stands."""
        book = self._book
        catalogue = book.prices.catalogue
        return BudgetViews(
            book.calendar.timezone,
            tuple(budgets(book.owners, book.ledger.account, book.calendar, book.clock.wall())),
            f"{catalogue.source}, {catalogue.date}",
            tuple(sorted(f"{provider}/{model}" for provider, model in book.prices.unpriced)),
        )

    async def set_budget(self, limit: int | None) -> None:
        """What all together may spend in a month; None goes back to the configuration. Raises `LedgerUnavailable`."""
        try:
            await self._book.ledger.set_limit(limit)
        except NotWritten as problem:
            raise LedgerUnavailable(f"the budget cannot be set now: {problem}", hint="try again in a moment") from None

    def alerts(self) -> tuple[Alert, ...]:
        """What an operator should know now."""
        book = self._book
        return self._alerts.now(book.ledger, book.owners, book.prices.unpriced, book.now(), book.clock.wall())

    async def _charges(self, since: str) -> list[Charge]:
        self._book.flush()
        try:
            return await self._book.ledger.lines(since)
        except NotWritten as problem:
            raise LedgerUnavailable(f"the books cannot be read now: {problem}", hint="try again in a moment") from None

    def _since(self, text: str) -> str:
        today = self._book.calendar.local(self._book.clock.wall()).date()
        if text == MONTH:
            return today.replace(day=1).isoformat()
        if back := _BACK.fullmatch(text):
            return (today - timedelta(days=int(back[1]) - 1 if int(back[1]) else 0)).isoformat()
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise CallerError(f"`since` is {text[:40]!r}, not a day", hint="write 2026-11-01, 30d, or month") from None
