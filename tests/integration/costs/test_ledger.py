"""What every ledger does, wherever its books are: in memory, or in a Redis."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator

import pytest

from ai_dashboard.core.costs import DOLLAR, UNLIMITED, Allowance
from ai_dashboard.costs.account import EVERYBODY
from ai_dashboard.costs.journal import Counts, line_of
from ai_dashboard.costs.ledger import Claim, Hold, Ledger, Refused, Share
from ai_dashboard.costs.redis_ledger import RedisLedger
from tests.integration.costs.books import (
    LEASE_S,
    NOON,
    claim,
    linked,
    memory_ledger,
    moment,
    pay,
    receipt_of,
    redis_ledger,
)
from tests.valkey import Valkey

DAY_S = 86_400


@pytest.fixture(params=["memory", "redis"])
async def ledger(request: pytest.FixtureRequest, shared_valkey: Valkey) -> AsyncIterator[Ledger]:
    if request.param == "memory":
        yield memory_ledger()
        return
    async with linked(shared_valkey.url) as link:
        await link.call("FLUSHALL")
        yield redis_ledger(link)


async def spent(ledger: Ledger, account: str = EVERYBODY, wall: float = NOON) -> tuple[int, int, int]:
    """In the day, the month, and in all, as it is known once everything has been told."""
    await ledger.look(moment(wall))
    it = ledger.account(account)
    it.roll(moment(wall))
    return it.spent_day, it.spent_month, it.spent_total


async def test_a_call_is_held_for_and_paid(ledger: Ledger) -> None:
    hold = await ledger.reserve(claim(30, 100))
    assert isinstance(hold, Hold)
    assert ledger.account(EVERYBODY).reserved == 30
    pay(ledger, hold, 20)
    assert await spent(ledger) == (20, 20, 20)
    assert ledger.account(EVERYBODY).reserved == 0


async def test_what_does_not_fit_is_refused_with_the_account_and_its_limit(ledger: Ledger) -> None:
    pay(ledger, await ledger.reserve(claim(60, 100)), 60)
    await ledger.look(moment())
    held = await ledger.reserve(claim(30, 100))
    assert isinstance(held, Hold)
    refused = await ledger.reserve(claim(11, 100))
    assert isinstance(refused, Refused)
    assert (refused.account, refused.limit, refused.reserved) == (EVERYBODY, ("monthly", 100, 60), 30)
    assert isinstance(await ledger.reserve(claim(10, 100)), Hold)


async def test_a_second_settling_changes_nothing(ledger: Ledger) -> None:
    hold = await ledger.reserve(claim(30, 100))
    pay(ledger, hold, 20)
    pay(ledger, hold, 20)
    assert await spent(ledger) == (20, 20, 20)
    assert ledger.account(EVERYBODY).reserved == 0


async def test_a_call_that_was_not_paid_is_let_go_of(ledger: Ledger) -> None:
    hold = await ledger.reserve(claim(100, 100))
    assert isinstance(hold, Hold)
    ledger.settle(hold, None)
    await ledger.look(moment())
    assert isinstance(await ledger.reserve(claim(100, 100)), Hold)
    assert await ledger.lines("2026-11-01") == []


async def test_all_accounts_are_held_from_or_none(ledger: Ledger) -> None:
    shares = (Share("tenant:a", Allowance(monthly=100)), Share("provider:p", Allowance(daily=10)))
    refused = await ledger.reserve(Claim(shares, 11, True, moment(), NOON))
    assert isinstance(refused, Refused)
    assert refused.account == "provider:p"
    assert isinstance(await ledger.reserve(Claim(shares[:1], 100, True, moment(), NOON)), Hold)


async def test_accounts_without_a_limit_are_charged_too(ledger: Ledger) -> None:
    shares = (Share(EVERYBODY, Allowance(monthly=100)), Share("tenant:a", UNLIMITED))
    pay(ledger, await ledger.reserve(Claim(shares, 10, True, moment(), NOON)), 9)
    assert await spent(ledger) == (9, 9, 9)
    await ledger.look(moment())
    later = (Share("tenant:a", Allowance(total=10)),)
    refused = await ledger.reserve(Claim(later, 2, True, moment(), NOON))
    assert isinstance(refused, Refused)
    assert refused.limit == ("total", 10, 9)


async def test_a_call_without_an_end_gets_what_is_left_alone(ledger: Ledger) -> None:
    first = await ledger.reserve(claim(500, 100, bounded=False))
    assert isinstance(first, Hold)
    assert isinstance(await ledger.reserve(claim(500, 100, bounded=False)), Refused)
    assert isinstance(await ledger.reserve(claim(1, 100)), Refused)
    pay(ledger, first, 90)
    await ledger.look(moment())
    second = await ledger.reserve(claim(500, 100, bounded=False))
    pay(ledger, second, 15)
    await ledger.look(moment())
    assert isinstance(await ledger.reserve(claim(500, 100, bounded=False)), Refused)
    assert await spent(ledger) == (105, 105, 105)


async def test_a_reservation_of_somebody_who_died_ends_with_its_lease(ledger: Ledger) -> None:
    held = await ledger.reserve(claim(100, 100))
    before = await ledger.reserve(claim(1, 100, wall=NOON + LEASE_S - 1))
    assert isinstance(before, Refused)
    after = await ledger.reserve(claim(60, 100, wall=NOON + LEASE_S + 1))
    assert isinstance(after, Hold)
    pay(ledger, held, 40)  # it was alive after all
    pay(ledger, after, 60)
    assert await spent(ledger) == (100, 100, 100)
    assert ledger.account(EVERYBODY).reserved == 0


async def test_days_and_months_begin_anew_and_the_whole_does_not(ledger: Ledger) -> None:
    limits = Allowance(daily=10, monthly=25, total=1000)
    for day in range(3):
        wall = NOON + day * DAY_S
        outcome = await ledger.reserve(claim(10, allowance=limits, wall=wall))
        assert isinstance(outcome, Hold if day < 2 else Refused)
        if isinstance(outcome, Hold):
            pay(ledger, outcome, 10)
        await ledger.look(moment(wall))
    december = NOON + 10 * DAY_S
    pay(ledger, await ledger.reserve(claim(10, allowance=limits, wall=december)), 10)
    assert await spent(ledger, wall=december) == (10, 10, 30)


async def test_a_call_belongs_to_the_day_on_which_it_began(ledger: Ledger) -> None:
    late = await ledger.reserve(claim(5, 100))
    tomorrow = NOON + DAY_S
    pay(ledger, await ledger.reserve(claim(7, 100, wall=tomorrow)), 7)
    pay(ledger, late, 5)
    assert await spent(ledger, wall=tomorrow) == (7, 12, 12)
    days = {line.hour[:10]: counts.amount for line, counts in await ledger.lines("2026-11-01")}
    assert days == {"2026-11-21": 5, "2026-11-22": 7}


async def test_lines_add_up_what_is_alike_and_leave_out_what_is_older(ledger: Ledger) -> None:
    for provider, amount in (("p", 5), ("q", 7), ("p", 11), ("p", None)):
        hold = await ledger.reserve(claim(20))
        assert isinstance(hold, Hold)
        made = receipt_of(amount, provider)
        ledger.settle(hold, (line_of(made, hold.moment), Counts.of(made)))
    sums = {
        line.provider: (counts.amount, counts.calls, counts.unknown)
        for line, counts in await ledger.lines("2026-11-01")
    }
    assert sums == {"p": (16, 3, 1), "q": (7, 1, 0)}
    assert await ledger.lines("2026-11-22") == []


async def test_a_budget_that_was_set_is_kept_and_forgotten(ledger: Ledger) -> None:
    await ledger.look(moment())
    await ledger.set_limit(5 * DOLLAR)
    await ledger.look(moment())
    assert ledger.limit == 5 * DOLLAR
    await ledger.set_limit(None)
    await ledger.look(moment())
    assert ledger.limit is None


async def test_a_dollar_is_raced_for_by_two_hundred_and_never_overspent(ledger: Ledger) -> None:
    chance = random.Random(7)
    cost = DOLLAR // 100
    granted = 0
    link = ledger.link if isinstance(ledger, RedisLedger) else None
    before = link and link.state

    async def call() -> None:
        nonlocal granted
        hold = await ledger.reserve(claim(cost, DOLLAR))
        await asyncio.sleep(chance.random() / 50)
        if isinstance(hold, Hold):
            granted += 1
            pay(ledger, hold, chance.randrange(cost // 2, cost + 1))

    await asyncio.gather(*(call() for _ in range(200)))
    _, month, _ = await spent(ledger)
    assert 0 < month <= DOLLAR
    if before == (link and link.state):  # a Redis that seemed gone for a moment leaves only what was promised before
        assert month >= DOLLAR // 2
        assert granted >= 100
    assert ledger.account(EVERYBODY).reserved == 0


async def test_two_hundred_calls_without_an_end_go_over_by_less_than_one(ledger: Ledger) -> None:
    chance = random.Random(7)
    most = DOLLAR // 20
    order = itertools.count()

    async def call() -> None:
        hold = await ledger.reserve(claim(DOLLAR // 10, DOLLAR, bounded=False))
        await asyncio.sleep(next(order) % 5 / 500)
        if isinstance(hold, Hold):
            pay(ledger, hold, chance.randrange(most))
            await ledger.look(moment())

    for _ in range(10):
        await asyncio.gather(*(call() for _ in range(20)))
    _, month, _ = await spent(ledger)
    assert month < DOLLAR + most
