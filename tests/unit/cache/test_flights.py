import asyncio
from collections.abc import Awaitable

import pytest

from ai_dashboard.cache.flights import Flights, Turn
from ai_dashboard.cache.keys import ExactKey
from ai_dashboard.cache.replay import Kept
from tests.unit.cache.asks import entry

KEY = ExactKey("t", "m", b"k")
LONG = 10.0


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def started(flights: Flights, many: int, wait_s: float = LONG) -> list[asyncio.Task[Kept | Turn]]:
    return [asyncio.get_running_loop().create_task(flights.join(KEY, wait_s)) for _ in range(many)]


async def all_of(tasks: list[asyncio.Task[Kept | Turn]]) -> list[Kept | Turn]:
    waiting: Awaitable[list[Kept | Turn]] = asyncio.gather(*tasks)
    return await waiting


async def test_of_two_hundred_one_asks_and_all_get_the_answer() -> None:
    flights = Flights(1000)
    tasks = started(flights, 200)
    await settle()
    done = [task.result() for task in tasks if task.done()]
    assert done == [Turn.LEAD]
    kept = Kept(entry())
    flights.land(KEY, kept)
    outcomes = await all_of(tasks)
    assert outcomes.count(kept) == 199
    assert (flights.joined, len(flights)) == (199, 0)


async def test_a_leader_that_leaves_hands_over_to_the_next() -> None:
    flights = Flights(10)
    first, second, third = started(flights, 3)
    await settle()
    assert await first is Turn.LEAD
    flights.hand_over(KEY)
    assert await second is Turn.LEAD
    assert not third.done()
    flights.hand_over(KEY)
    assert await third is Turn.LEAD
    flights.hand_over(KEY)
    assert not flights.has(KEY)


async def test_one_who_leaves_while_the_lead_is_being_handed_to_it_passes_it_on() -> None:
    flights = Flights(10)
    _, second, third = started(flights, 3)
    await settle()
    flights.hand_over(KEY)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert await third is Turn.LEAD


async def test_one_who_has_left_is_passed_over() -> None:
    flights = Flights(10)
    _, second, third = started(flights, 3)
    await settle()
    second.cancel()
    await settle()
    flights.hand_over(KEY)
    assert await third is Turn.LEAD


async def test_an_answer_that_is_not_for_keeping_sends_all_their_own_way() -> None:
    flights = Flights(10)
    tasks = started(flights, 4)
    await settle()
    flights.release(KEY)
    assert await all_of(tasks) == [Turn.LEAD, Turn.ALONE, Turn.ALONE, Turn.ALONE]
    assert not flights.has(KEY)


async def test_nobody_waits_for_longer_than_it_may() -> None:
    flights = Flights(10)
    leader, follower = started(flights, 2, wait_s=0.01)
    assert await follower is Turn.ALONE
    assert await leader is Turn.LEAD


async def test_when_too_many_wait_the_next_one_does_not() -> None:
    flights = Flights(1)
    leader, waits, alone = started(flights, 3)
    assert await alone is Turn.ALONE
    assert await leader is Turn.LEAD
    flights.release(KEY)
    assert await waits is Turn.ALONE
    again = started(flights, 2)
    await settle()
    assert not again[1].done()
    flights.release(KEY)
    await all_of(again)
