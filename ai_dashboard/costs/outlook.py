"""How spending goes on, known at any moment without a look into the books: what each hour took is remembered, and only
the latest day is read again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from ai_dashboard.core.costs import DOLLAR, Forecast, dollars
from ai_dashboard.core.errors import LedgerUnavailable
from ai_dashboard.core.snapshot import MoneyGauge
from ai_dashboard.costs.account import EVERYBODY, Limit
from ai_dashboard.costs.book import Book
from ai_dashboard.costs.forecast import HOUR, LOOK_BACK_DAYS, forecast
from ai_dashboard.costs.journal import Charge
from ai_dashboard.costs.views import sums_by

FIRST_S = 1.0
"""How long the first look waits: the first look is the longest, and a gateway that starts has other things to do."""

EVERY_S = 15.0
"""Seconds between two looks."""

LATE = timedelta(hours=2)
"""A call belongs to the hour in which it began: yesterday is read again for so long."""

SHOWN_HOURS = 24


class Outlook:
    """On one gateway's books; `charges` reads them since a day."""

    def __init__(self, book: Book, charges: Callable[[str], Awaitable[list[Charge]]]) -> None:
        self._book = book
        self._charges = charges
        self._hours: dict[str, float] = {}
        self._read = False
        self._forecast: Forecast | None = None
        self._shown: tuple[float, ...] = ()
        self._top = ""
        self._top_share: float | None = None

    async def run(self) -> None:
        """Look again and again, until it is cancelled."""
        await asyncio.sleep(FIRST_S)
        while True:
            try:
                await self.look()
            except LedgerUnavailable:
                pass  # the books say so themselves; what was known last stays
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Take up what the latest hours took. Raises `LedgerUnavailable`."""
        book = self._book
        now = book.calendar.local(book.clock.wall())
        oldest = since_of(now)
        latest = (now - LATE).date().isoformat() if self._read else oldest
        charges = await self._charges(latest)
        kept = {hour: amount for hour, amount in self._hours.items() if oldest <= hour < latest}
        for line, counts in charges:
            kept[line.hour] = kept.get(line.hour, 0.0) + counts.amount
        self._hours, self._read = kept, True
        self._forecast = forecast(kept, now, limit=book.everybody.monthly, unit=DOLLAR)
        self._shown = tuple(kept.get(hour, 0.0) / DOLLAR for hour in _latest_hours(now))
        self._note_top(charges, now.date().isoformat())

    def gauge(self, saved: float) -> MoneyGauge:
        """Money at this moment; `saved` are the dollars that the cache has saved. Asked four times a second."""
        book = self._book
        account, allowance = book.ledger.account(EVERYBODY), book.everybody
        account.roll(book.now())
        worst = max(account.limits(allowance), key=_used, default=None)
        today, coming = account.spent_day / DOLLAR, self._forecast
        return MoneyGauge(
            today=today,
            reserved=dollars(account.reserved),
            window=None if worst is None else worst.window,
            spent=None if worst is None else dollars(worst.spent),
            budget=None if worst is None else dollars(worst.limit),
            used=None if worst is None else _used(worst),
            per_hour=None if coming is None else coming.per_hour,
            # What is spent may be newer than the forecast, and what is spent stays spent.
            day_end=None if coming is None else max(coming.day_end, today),
            month_end=None if coming is None else max(coming.month_end, account.spent_month / DOLLAR),
            hours=self._shown,
            saved=saved,
            top=self._top,
            top_share=self._top_share,
        )

    def _note_top(self, charges: list[Charge], today: str) -> None:
        models, everything = sums_by((charge for charge in charges if charge[0].hour >= today), "model")
        name = max(models, key=lambda model: (models[model].amount, model), default="")
        amount = models[name].amount if name else 0
        self._top, self._top_share = (name, amount / everything.amount) if amount else ("", None)


def since_of(now: datetime) -> str:
    """The first day that a forecast looks at."""
    return min(now.date() - timedelta(days=LOOK_BACK_DAYS + 1), now.date().replace(day=1)).isoformat()


def _latest_hours(now: datetime) -> list[str]:
    wall = now.replace(tzinfo=None)
    return [(wall - timedelta(hours=back)).strftime(HOUR) for back in reversed(range(SHOWN_HOURS))]


def _used(limit: Limit) -> float:
    """The share that is spent; all of a limit of nothing is."""
    return limit.spent / limit.limit if limit.limit else 1.0
