"""What is known of money at any moment, and what is read of the books for that."""

import asyncio

import pytest

from ai_dashboard.core.errors import LedgerUnavailable
from ai_dashboard.core.events import Usage
from ai_dashboard.core.snapshot import MoneyGauge
from ai_dashboard.costs import outlook
from ai_dashboard.costs.book import Book
from ai_dashboard.costs.journal import Charge
from ai_dashboard.costs.outlook import Outlook
from tests.unit.costs.till import TurnedClock, book

HOUR = 3_600.0


class Desk:
    """Books, who looks at them, and what was asked of them."""

    def __init__(self, **budgets: object) -> None:
        self.clock = TurnedClock()
        self.book: Book = book(self.clock, **budgets)
        self.asked: list[str] = []
        self.trouble = False
        self.troubled = asyncio.Semaphore(0)
        self.outlook = Outlook(self.book, self.charges)

    async def charges(self, since: str) -> list[Charge]:
        self.asked.append(since)
        if self.trouble:
            self.troubled.release()
            raise LedgerUnavailable("the disk is gone")
        self.book.flush()
        return await self.book.ledger.lines(since)

    async def call(self, cents: int, model: str = "cents") -> None:
        ticket = await self.book.reserve(self.book.payer(), "openai", model, prompt_tokens=cents, max_tokens=1)
        self.book.settle(ticket, Usage(cents, 0))
        self.book.flush()


async def test_before_the_first_look_what_is_spent_is_known_and_a_forecast_is_not() -> None:
    desk = Desk()
    await desk.call(150)
    gauge = desk.outlook.gauge(0.5)
    assert gauge == MoneyGauge(today=1.5, saved=0.5)


async def test_a_look_tells_how_it_goes_on_and_what_took_most() -> None:
    desk = Desk()
    await desk.call(100)
    desk.clock.at += HOUR
    await desk.call(300)
    await desk.outlook.look()
    gauge = desk.outlook.gauge(0.0)
    assert gauge.today == 4.0
    assert gauge.per_hour == 4.0  # in the hour since the first call
    assert gauge.day_end == pytest.approx(4.0 + 11 * 4.0)
    assert gauge.hours[-3:] == (0.0, 1.0, 3.0)
    assert len(gauge.hours) == 24
    assert (gauge.top, gauge.top_share) == ("cents", 1.0)


async def test_the_limit_of_which_most_is_used_is_shown() -> None:
    desk = Desk(total={"daily": 4, "monthly": 100})
    await desk.call(300)
    gauge = desk.outlook.gauge(0.0)
    assert (gauge.window, gauge.spent, gauge.budget, gauge.used) == ("daily", 3.0, 4.0, 0.75)
    desk.clock.at += 24 * HOUR
    gauge = desk.outlook.gauge(0.0)
    assert (gauge.window, gauge.spent, gauge.budget, gauge.used) == ("monthly", 3.0, 100.0, 0.03)
    assert gauge.today == 0.0


async def test_what_calls_in_flight_may_cost_is_held_until_they_are_settled() -> None:
    desk = Desk(total=100)
    ticket = await desk.book.reserve(desk.book.payer(), "openai", "cents", prompt_tokens=100, max_tokens=50)
    assert desk.outlook.gauge(0.0).reserved == 2.0
    desk.book.settle(ticket, Usage(100, 0))
    assert desk.outlook.gauge(0.0).reserved == 0.0
    assert desk.outlook.gauge(0.0).today == 1.0


async def test_a_budget_of_nothing_is_used_up() -> None:
    assert Desk(total=0).outlook.gauge(0.0).used == 1.0


async def test_after_the_first_look_only_the_latest_day_is_read_again() -> None:
    desk = Desk()
    desk.clock.at -= 3 * 24 * HOUR
    await desk.call(200)
    desk.clock.at += 3 * 24 * HOUR
    await desk.call(100)
    await desk.outlook.look()
    await desk.outlook.look()
    assert desk.asked == ["2026-10-23", "2026-11-21"]
    first, again = desk.outlook.gauge(0.0), desk.outlook.gauge(0.0)
    assert first == again
    assert first.month_end is not None
    assert first.month_end > 3.0  # what was three days ago counts still, and once


async def test_shortly_after_midnight_yesterday_is_read_again_for_what_began_then() -> None:
    desk = Desk()
    await desk.outlook.look()
    desk.clock.at += 13 * HOUR
    await desk.outlook.look()
    assert desk.asked[-1] == "2026-11-21"
    desk.clock.at += 2 * HOUR
    await desk.outlook.look()
    assert desk.asked[-1] == "2026-11-22"


async def test_a_forecast_is_never_less_than_what_is_spent() -> None:
    desk = Desk()
    await desk.outlook.look()
    await desk.call(500)
    gauge = desk.outlook.gauge(0.0)
    assert (gauge.today, gauge.day_end, gauge.month_end) == (5.0, 5.0, 5.0)


async def test_books_that_cannot_be_read_leave_what_was_known(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    await desk.call(100)
    await desk.outlook.look()
    before = desk.outlook.gauge(0.0)
    desk.trouble = True
    monkeypatch.setattr(outlook, "FIRST_S", 0.0)
    monkeypatch.setattr(outlook, "EVERY_S", 0.0)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(desk.outlook.run())
        await desk.troubled.acquire()
        await desk.troubled.acquire()
        running.cancel()
    assert desk.outlook.gauge(0.0) == before
