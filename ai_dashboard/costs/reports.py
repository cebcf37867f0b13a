"""What the books say, for whoever asks: tables, budgets, forecasts, alerts."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from ai_dashboard.core.cache import CacheFigures
from ai_dashboard.core.costs import (
    DOLLAR,
    Allowance,
    BudgetViews,
    CostLines,
    CostsView,
    CostTable,
    Dimension,
    Forecasts,
    Savings,
    TenantForecast,
    dollars,
)
from ai_dashboard.core.errors import CallerError, LedgerUnavailable
from ai_dashboard.core.snapshot import Alert
from ai_dashboard.costs.account import EVERYBODY
from ai_dashboard.costs.alerts import CostAlerts
from ai_dashboard.costs.book import Book
from ai_dashboard.costs.forecast import forecast
from ai_dashboard.costs.journal import Charge
from ai_dashboard.costs.outlook import Outlook, since_of
from ai_dashboard.costs.views import budgets, cost_lines, day_costs, flat, saved_by_own, table
from ai_dashboard.state.sqlite_writer import NotWritten

MONTH: Final = "month"

SHOWN_DAYS = 30
"""Days of which a screen shows what each cost."""

_BACK = re.compile(r"(\d{1,4})d")


class Reports:
    """On one gateway's books."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._alerts = CostAlerts()
        self.outlook = Outlook(book, self._charges)

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
        now = self._book.calendar.local(self._book.clock.wall())
        return _forecasts(await self._charges(since_of(now)), now, self._book.owners, quotas)

    async def view(self, by: Dimension, since: str, quotas: dict[str, int], cache: CacheFigures) -> CostsView:
        """All that a screen shows at one time. `cache` says what answers that were known have saved."""
        book = self._book
        wall, day, timezone = book.clock.wall(), self._since(since), book.calendar.timezone
        now = book.calendar.local(wall)
        first = now.date() - timedelta(days=SHOWN_DAYS - 1)
        charges = await self._charges(min(day, first.isoformat(), since_of(now)))
        owners, prices, standing = book.owners, book.prices, self.budgets()
        reserved = dollars(book.ledger.account(EVERYBODY).reserved)

        def own(provider: str, model: str) -> bool:
            return provider in prices.providers and prices.keeps(provider, model)

        def added_up() -> CostsView:
            chosen = [charge for charge in charges if charge[0].hour >= day]
            hits = cache.exact.hits + (cache.semantic.hits if cache.semantic is not None else 0)
            return CostsView(
                at=wall,
                table=table(chosen, by, day, timezone),
                days=day_costs(charges, first, now.date()),
                forecasts=_forecasts(charges, now, owners, quotas),
                budgets=standing,
                saved=Savings(hits, cache.saved_usd, cache.saved_s, *saved_by_own(chosen, own)),
                reserved=reserved,
            )

        # Months of a busy gateway take a while to add up; requests go on meanwhile.
        return await asyncio.to_thread(added_up)

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


def _forecasts(
    charges: Iterable[Charge], now: datetime, owners: Mapping[str, Allowance], quotas: Mapping[str, int]
) -> Forecasts:
    """Of all together, and of each tenant."""
    everything: dict[str, float] = {}
    tokens: dict[str, dict[str, float]] = {}
    amounts: dict[str, dict[str, float]] = {}
    since = since_of(now)
    for line, counts in charges:
        if line.hour < since:
            continue
        everything[line.hour] = everything.get(line.hour, 0) + counts.amount
        if line.tenant:
            of_tenant, hour = tokens.setdefault(line.tenant, {}), line.hour
            of_tenant[hour] = of_tenant.get(hour, 0) + counts.prompt_tokens + counts.completion_tokens
            paid = amounts.setdefault(line.tenant, {})
            paid[hour] = paid.get(hour, 0) + counts.amount
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
