"""Places at one provider that several gateways share, taken and given up by many at one time, on a real Valkey."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from ai_dashboard.config.schema import RateLimits
from ai_dashboard.core.plan import Candidate
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.shared_places import SharedPlaces
from ai_dashboard.gateway.targets import ProviderState
from ai_dashboard.gateway.trip import Attempt
from ai_dashboard.queueing.slots import SharedSlots
from ai_dashboard.state.link import Link
from tests.integration.gateway.scene import until
from tests.valkey import Valkey, valkey

LEASE_S = 0.6


@pytest.fixture(scope="module")
def server() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


class Taker:
    """One gateway, as far as it takes places at the provider `p`."""

    def __init__(self, name: str, link: Link) -> None:
        self.runtime = Runtime(clock=SystemClock(), new_id=lambda: name, chance=random.Random(name))
        self.link = link
        self.places = self.runtime.places = SharedPlaces(
            link,
            SharedSlots(link, name, LEASE_S),
            self.runtime.waiting,
            self.runtime.others_have,
            clock=self.runtime.clock,
            chance=self.runtime.chance,
        )
        self.limit(2)

    @property
    def state(self) -> ProviderState:
        return self.runtime.provider("p")

    def limit(self, places: int | None) -> None:
        self.state.limits = RateLimits(max_concurrent=places)

    async def begin(self, within_s: float = 0.0) -> Attempt | None:
        """A try, once there is a place for it."""
        if await self.places.take(self.state, within_s) is None:
            return None
        attempt = Attempt(Candidate("p", "m", "listing", 1.0), self.runtime.clock.monotonic())
        self.runtime.attempt_begins(attempt)
        return attempt

    def end(self, attempt: Attempt | None) -> None:
        assert attempt is not None
        self.runtime.attempt_left(attempt)


@asynccontextmanager
async def takers(server: Valkey, count: int = 2) -> AsyncIterator[list[Taker]]:
    async with AsyncExitStack() as stack:
        made: list[Taker] = []
        for number in range(count):
            link = Link(server.url, clock=SystemClock(), chance=random.Random(number), call_s=2.0)
            stack.push_async_callback(link.close)
            assert await link.connect()
            await link.call("FLUSHALL")
            made.append(Taker(f"g{number}", link))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        tasks = [group.create_task(taker.places.run()) for taker in made]
        await asyncio.sleep(0)
        yield made
        for task in tasks:
            task.cancel()


async def test_a_place_is_had_refused_and_had_again(server: Valkey) -> None:
    async with takers(server) as (one, other):
        first, second = await one.begin(), await other.begin()
        assert first is not None
        assert second is not None
        assert await other.begin() is None
        assert await one.begin() is None
        one.end(first)
        assert await other.begin(within_s=5.0) is not None
        assert (other.state.begun, other.state.elsewhere) == (2, 0)


async def test_who_waits_in_vain_is_told_so_and_leaves_nothing_behind(server: Valkey) -> None:
    async with takers(server) as (one, other):
        held = [await one.begin(), await one.begin()]
        assert await other.begin(within_s=0.05) is None
        assert other.state.in_flight == other.state.elsewhere
        for attempt in held:
            one.end(attempt)
        again = [await one.begin(within_s=5.0), await one.begin(within_s=5.0)]
        assert None not in again


async def test_callers_who_leave_while_they_wait_take_no_place_with_them(server: Valkey) -> None:
    async with takers(server) as (one, other):
        for number in range(30):
            waiting = [asyncio.get_running_loop().create_task(it.begin(5.0)) for it in (one, other, other)]
            for _ in range(number):
                await asyncio.sleep(0)
            for task in waiting:
                task.cancel()
            for task in waiting:
                try:
                    one_of = await task
                except asyncio.CancelledError:
                    continue
                (one if one_of is not None and one_of.target in one.state.targets.values() else other).end(one_of)
        for taker in (one, other):
            assert taker.state.begun == 0
            assert taker.state.in_flight == taker.state.elsewhere
        both = [await one.begin(within_s=5.0), await other.begin(within_s=5.0)]
        assert None not in both


async def test_many_tries_of_three_gateways_never_have_more_places_than_there_are(server: Valkey) -> None:
    async with takers(server, 3) as gateways:
        most = now = 0

        async def work(taker: Taker) -> None:
            nonlocal most, now
            for _ in range(10):
                attempt = await taker.begin(within_s=30.0)
                now += 1
                most = max(most, now)
                await asyncio.sleep(0.001)
                now -= 1
                taker.end(attempt)

        async with asyncio.TaskGroup() as group:
            for taker in gateways:
                for _ in range(3):
                    group.create_task(work(taker))
        assert most == 2


async def test_what_is_in_use_is_said_again_before_it_is_forgotten(server: Valkey) -> None:
    async with takers(server) as (one, other):
        attempts = [await one.begin(), await one.begin()]
        loop = asyncio.get_running_loop()
        until_s = loop.time() + 3 * LEASE_S
        while loop.time() < until_s:
            one.places.look(one.runtime.providers)
            assert await other.begin() is None
            await asyncio.sleep(0.01)
        for attempt in attempts:
            one.end(attempt)


async def test_a_provider_whose_limit_is_lifted_has_a_place_for_everybody(server: Valkey) -> None:
    async with takers(server) as (one, other):
        held = [await one.begin(), await one.begin()]
        waiting = asyncio.get_running_loop().create_task(other.begin(30.0))
        await until(lambda: other.state.elsewhere == 2)
        other.limit(None)
        assert await waiting is not None
        assert await other.begin() is not None
        assert len(held) == 2


async def test_without_redis_everybody_has_a_place_at_once() -> None:
    with valkey() as server:
        async with takers(server) as (one, other):
            held = [await one.begin(), await one.begin()]
            waiting = asyncio.get_running_loop().create_task(other.begin(30.0))
            await until(lambda: other.state.elsewhere == 2)
            await asyncio.to_thread(server.kill)
            assert await waiting is not None
            assert await other.begin() is not None
            assert len(held) == 2


async def test_a_provider_that_was_made_anew_begins_anew(server: Valkey) -> None:
    async with takers(server) as (one, _):
        one.end(await one.begin())
        del one.runtime.providers["p"]
        one.limit(1)
        attempt = await one.begin(within_s=5.0)
        assert attempt is not None
        assert one.state.begun == 1
        assert await one.begin() is None


async def test_when_the_gateway_ends_nobody_is_kept_waiting(server: Valkey) -> None:
    async with takers(server) as (one, other):
        held = [await one.begin(), await one.begin()]
        running = asyncio.get_running_loop().create_task(other.places.run())
        await asyncio.sleep(0)
        waiting = asyncio.get_running_loop().create_task(other.begin(30.0))
        await until(lambda: other.state.elsewhere == 2)
        running.cancel()
        assert await waiting is not None
        assert await other.begin() is not None
        assert len(held) == 2
