"""Who begins when: a few in each turn of the loop, in the order they came, and none that was called off."""

import asyncio
from typing import cast

import pytest

from ai_dashboard.transport.http1.exchange import Exchange
from ai_dashboard.transport.http1.workers import AT_ONCE, Workers


class Crowd:
    """Exchanges that are told apart by a number, and the turns of the loop in which they were begun."""

    def __init__(self) -> None:
        self.turn = 0
        self.begun: list[tuple[int, int]] = []
        self.release = asyncio.Event()
        self.workers = Workers(self._answer)

    async def _answer(self, exchange: Exchange) -> None:
        self.begun.append((cast("int", exchange), self.turn))
        await self.release.wait()

    def give(self, number: int) -> "asyncio.Task[None]":
        return self.workers.give(cast("Exchange", number))

    async def pass_turns(self, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
            self.turn += 1

    @property
    def numbers(self) -> list[int]:
        return [number for number, _ in self.begun]

    @property
    def most_in_a_turn(self) -> int:
        turns = [turn for _, turn in self.begun]
        return max(map(turns.count, turns))


@pytest.mark.parametrize(
    ("rested", "at_once"), [(True, AT_ONCE), (False, 2 * AT_ONCE)], ids=["workers that have rested", "new workers"]
)
async def test_a_crowd_begins_a_few_at_a_time_in_order(rested: bool, at_once: int) -> None:
    crowd = Crowd()
    if rested:
        crowd.release.set()
        for number in range(40):
            crowd.give(number)
        await crowd.pass_turns(40)
        crowd.release.clear()
        crowd.begun.clear()
    for number in range(40):
        crowd.give(number)
    await crowd.pass_turns(40)
    assert crowd.numbers == list(range(40))
    assert crowd.most_in_a_turn == at_once
    await crowd.workers.close()


async def test_one_alone_begins_in_the_next_turn() -> None:
    crowd = Crowd()
    crowd.give(1)
    await crowd.pass_turns(2)
    crowd.give(2)
    await crowd.pass_turns(2)
    assert crowd.numbers == [1, 2]
    await crowd.workers.close()


@pytest.mark.parametrize("early", [0, 3], ids=["at once", "while others begin"])
async def test_who_is_called_off_before_its_turn_never_begins_and_keeps_nobody_from_it(early: int) -> None:
    crowd = Crowd()
    tasks = [crowd.give(number) for number in range(5 * AT_ONCE)]
    await crowd.pass_turns(early)
    already = len(crowd.begun)
    for task in tasks[already::2]:
        task.cancel()
    await crowd.pass_turns(40)
    waiting = range(already, 5 * AT_ONCE)
    assert crowd.numbers[already:] == [number for number in waiting if (number - already) % 2]
    await crowd.workers.close()


async def test_closing_ends_those_that_wait_too() -> None:
    crowd = Crowd()
    tasks = [crowd.give(number) for number in range(5 * AT_ONCE)]
    await crowd.pass_turns(2)
    await crowd.workers.close()
    assert all(task.done() for task in tasks)
