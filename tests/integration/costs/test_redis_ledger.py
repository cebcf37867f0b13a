"""Several gateways on one Redis, which may lose its data, go away for a while, or answer too late."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

import pytest

from ai_dashboard.core.costs import DOLLAR
from ai_dashboard.costs.account import EVERYBODY
from ai_dashboard.costs.ledger import Hold, Refused
from ai_dashboard.costs.redis_ledger import ALIVE_S, IN_USE_S, RedisLedger
from ai_dashboard.costs.redis_scripts import SETTLE
from ai_dashboard.state.link import Link, LinkDown, Script
from tests.integration.costs.books import NOON, TurnedClock, claim, linked, moment, pay, redis_ledger
from tests.valkey import Valkey, valkey

WITHIN_S = 30.0
CALLS = 200
COST = DOLLAR // 100


async def month_of(ledger: RedisLedger) -> int:
    await ledger.look(moment())
    return ledger.account(EVERYBODY).spent_month


async def cleared(link: Link) -> Link:
    await link.call("FLUSHALL")
    return link


async def test_two_gateways_spend_from_one_account(shared_valkey: Valkey) -> None:
    async with linked(shared_valkey.url) as link:
        await cleared(link)
        one, two = redis_ledger(link, "g1"), redis_ledger(link, "g2")
        held = await one.reserve(claim(60, 100))
        assert isinstance(await two.reserve(claim(60, 100)), Refused)
        pay(one, held, 30)
        await one.look(moment())
        pay(two, await two.reserve(claim(60, 100)), 60)
        assert await month_of(two) == 90
        assert await month_of(one) == 90
        lines = await one.lines("2026-11-01")
        assert sum(counts.amount for _, counts in lines) == 90


async def test_a_budget_that_one_sets_is_everybodys(shared_valkey: Valkey) -> None:
    async with linked(shared_valkey.url) as link:
        await cleared(link)
        one, two = redis_ledger(link, "g1"), redis_ledger(link, "g2")
        await one.look(moment())
        await one.set_limit(7)
        await two.look(moment())
        assert two.limit == 7


async def test_what_was_settled_apart_is_added_once() -> None:
    with valkey() as server:
        async with linked(server.url) as link:
            ledger = redis_ledger(link)
            pay(ledger, await ledger.reserve(claim(10, 1000)), 10)
            assert await month_of(ledger) == 10
            server.kill()
            for _ in range(3):
                pay(ledger, await ledger.reserve(claim(20, 1000)), 20)
            assert ledger.account(EVERYBODY).spent_month == 70
            server.start()  # empty
            assert await link.connect()
            for _ in range(3):
                assert await month_of(ledger) == 70
            assert ledger.account(EVERYBODY).reserved == 0


async def test_a_redis_that_lost_everything_is_told_by_each_what_it_remembers() -> None:
    with valkey() as server:
        async with linked(server.url) as first, linked(server.url) as second:
            one, two = redis_ledger(first, "g1"), redis_ledger(second, "g2")
            pay(one, await one.reserve(claim(10, 1000)), 10)
            await one.look(moment())
            pay(two, await two.reserve(claim(20, 1000, account="tenant:a")), 20)
            pay(two, await two.reserve(claim(5, 1000)), 5)
            assert await month_of(two) == 15
            server.kill()
            for ledger in (one, two):
                await ledger.look(moment())
                assert not ledger.link.up
            server.start()
            assert await first.connect()
            assert await second.connect()
            assert await month_of(one) == 10
            assert await month_of(two) == 15
            pay(one, await one.reserve(claim(1, 1000)), 1)
            assert await month_of(one) == 16
            refused = await one.reserve(claim(990, 1000, account="tenant:a"))
            assert isinstance(refused, Refused)
            assert refused.limit.spent == 20


class Deaf:
    """A link whose answers to settling are lost, some of the time."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.lost = 0

    async def run(self, script: Script, keys: object, arguments: object = ()) -> object:
        reply = await self._link.run(script, keys, arguments)  # type: ignore[arg-type]
        if script is SETTLE and self.lost < 3:
            self.lost += 1
            raise LinkDown("the answer is lost")
        return reply


async def test_a_batch_whose_answer_is_lost_counts_once(shared_valkey: Valkey) -> None:
    async with linked(shared_valkey.url) as link:
        await cleared(link)
        ledger = redis_ledger(Deaf(link))  # type: ignore[arg-type]
        for amount in (3, 4):
            pay(ledger, await ledger.reserve(claim(10, 1000)), amount)
        for _ in range(4):
            await ledger.look(moment())
        pay(ledger, await ledger.reserve(claim(10, 1000)), 5)
        assert await month_of(ledger) == 12
        assert await month_of(redis_ledger(link, "g2")) == 0  # it has not asked for that account yet
        other = redis_ledger(link, "g2")
        await other.reserve(claim(1, 1000))
        assert other.account(EVERYBODY).spent_month == 12


async def test_a_caller_who_leaves_while_redis_is_asked_holds_nothing() -> None:
    with valkey() as server:
        async with linked(server.url) as link:
            ledger = redis_ledger(link)
            assert isinstance(await ledger.reserve(claim(0, 100)), Hold)
            with server.frozen():
                asking = asyncio.get_running_loop().create_task(ledger.reserve(claim(100, 100)))
                await asyncio.sleep(0.05)
                asking.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asking
            await ledger.look(moment())
            assert isinstance(await ledger.reserve(claim(100, 100)), Hold)


async def test_gateways_that_lose_sight_of_each_other_keep_to_what_they_were_promised() -> None:
    with valkey() as server:
        async with AsyncExitStack() as stack:
            ledgers = [redis_ledger(await stack.enter_async_context(linked(server.url)), f"g{i}") for i in range(3)]
            for ledger in ledgers * 3:
                assert isinstance(await ledger.reserve(claim(0, DOLLAR)), Hold)
                await ledger.look(moment())
            server.kill()
            spent = 0
            for ledger in ledgers:
                apart = 0
                while isinstance(hold := await ledger.reserve(claim(COST, DOLLAR)), Hold):
                    pay(ledger, hold, COST)
                    apart += COST
                assert apart >= 5 * COST
                spent += apart
            assert spent <= DOLLAR // 4


async def test_others_leave_alone_what_is_promised_until_its_holder_is_gone(shared_valkey: Valkey) -> None:
    async with linked(shared_valkey.url) as link:
        await cleared(link)
        clock = TurnedClock()
        one, two = redis_ledger(link, "g1", clock), redis_ledger(link, "g2", clock)
        for ledger in (one, two, one, two):
            assert isinstance(await ledger.reserve(claim(0, 800)), Hold)
            await ledger.look(moment())
        assert isinstance(await one.reserve(claim(760, 800)), Refused)
        clock.wall_s += ALIVE_S + 1
        assert isinstance(await one.reserve(claim(760, 800, wall=clock.wall_s)), Hold)


async def test_an_account_that_is_used_no_more_is_nobodys_promise(shared_valkey: Valkey) -> None:
    async with linked(shared_valkey.url) as link:
        await cleared(link)
        clock = TurnedClock()
        one, two = redis_ledger(link, "g1", clock), redis_ledger(link, "g2", clock)
        assert isinstance(await one.reserve(claim(0, 800)), Hold)
        await one.look(moment())
        clock.wall_s += IN_USE_S + 1
        await one.look(moment(clock.wall_s))
        await two.look(moment(clock.wall_s))
        assert isinstance(await two.reserve(claim(800, 800, wall=clock.wall_s)), Hold)


async def test_calls_that_no_budget_limits_ask_nobody() -> None:
    with valkey() as server:
        async with linked(server.url) as link:
            ledger = redis_ledger(link)
            with server.frozen():
                hold = await ledger.reserve(claim(10))
            pay(ledger, hold, 10)
            assert await month_of(ledger) == 10


async def test_lines_are_those_of_this_gateway_while_redis_is_away() -> None:
    with valkey() as server:
        async with linked(server.url) as link:
            ledger = redis_ledger(link)
            pay(ledger, await ledger.reserve(claim(10)), 10)
            server.kill()
            assert [counts.amount for _, counts in await ledger.lines("2026-11-01")] == [10]


class Racers:
    """Gateways in processes of their own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._processes: list[Process] = []

    async def __aenter__(self) -> Self:
        for gateway in range(3):
            self._processes.append(
                await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "tests.integration.costs.racer"),
                    *(self._url, f"g{gateway}", str(-(-CALLS // 3)), str(COST)),
                    stdin=PIPE,
                    stdout=PIPE,
                    cwd=Path(__file__).parents[3],
                )
            )
        await self.hear("ready")
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in self._processes:
            if process.returncode is None:
                process.kill()
            await process.wait()

    def go(self) -> None:
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(b"go\n")

    async def hear(self, word: str) -> list[str]:
        said = []
        for process in self._processes:
            assert process.stdout is not None
            async with asyncio.timeout(WITHIN_S):
                line = (await process.stdout.readline()).decode()
            assert line.startswith(word), line
            said.append(line.removeprefix(word))
        return said

    async def spent(self) -> tuple[int, int]:
        """Nano-dollars and calls."""
        outcomes = [json.loads(said) for said in await self.hear("raced")]
        return sum(it["spent"] for it in outcomes), sum(it["granted"] for it in outcomes)


async def shared_sums(url: str) -> tuple[int, int]:
    """What Redis says was spent, and what its lines add up to."""
    async with linked(url) as link:
        ledger = redis_ledger(link, "auditor")
        assert isinstance(await ledger.reserve(claim(0, 100 * DOLLAR)), Hold)
        lines = await ledger.lines("2026-11-01")
        return ledger.account(EVERYBODY).spent_month, sum(counts.amount for _, counts in lines)


async def test_three_processes_race_for_a_dollar() -> None:
    with valkey() as server:
        async with Racers(server.url) as racers:
            racers.go()
            spent, granted = await racers.spent()
            assert spent <= DOLLAR
            assert granted > CALLS // 4
            racers.go()
            await racers.hear("told")
        assert await shared_sums(server.url) == (spent, spent)


async def test_three_processes_race_for_a_dollar_and_redis_is_killed_in_the_middle() -> None:
    with valkey() as server:
        async with Racers(server.url) as racers:
            racers.go()
            await asyncio.sleep(0.2)
            server.kill()
            spent, granted = await racers.spent()
            assert spent <= DOLLAR
            assert granted > CALLS // 10
            server.start()
            racers.go()
            await racers.hear("told")
        total, _ = await shared_sums(server.url)
        # The books were begun anew, from what each remembers: all but what others had told in the last moment.
        assert spent * 0.9 <= total <= spent * 1.1


async def test_a_dollar_in_a_redis_that_freezes_in_the_middle_is_not_overspent_and_every_cent_is_told() -> None:
    with valkey() as server:
        async with Racers(server.url) as racers:
            racers.go()
            await asyncio.sleep(0.2)
            with server.frozen():
                await asyncio.sleep(2.0)
            spent, _ = await racers.spent()
            assert spent <= DOLLAR
            racers.go()
            await racers.hear("told")
        assert await shared_sums(server.url) == (spent, spent)


def test_the_clock_of_the_tests_is_noon() -> None:
    assert moment(NOON).hour == "2026-11-21T12"
