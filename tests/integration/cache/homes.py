"""Caches as gateways have them: with memory alone, or with a Redis that several of them share."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from ai_dashboard.cache.exact import ExactCache
from ai_dashboard.cache.memory import MemoryHome
from ai_dashboard.cache.shared import SharedHome
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.state.link import Link
from tests.valkey import Valkey

WAIT_S = 5.0
PATIENT_S = 2.0
"""What a call may take where no test is about that: the machine may have other things to do."""


class Turned:
    """The real clock, moved on by hand."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._clock = SystemClock()

    def monotonic(self) -> float:
        return self._clock.monotonic() + self.ahead

    def wall(self) -> float:
        return self._clock.wall() + self.ahead


@asynccontextmanager
async def linked(
    server: Valkey, *, seed: int = 1, watch: bool = False, call_s: float = PATIENT_S
) -> AsyncIterator[Link]:
    """A link that is up."""
    link = Link(server.url, clock=SystemClock(), chance=random.Random(seed), call_s=call_s)
    async with asyncio.timeout(10.0):
        while not await link.connect():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    watching = asyncio.get_running_loop().create_task(link.watch()) if watch else None
    try:
        yield link
    finally:
        if watching is not None:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
        await link.close()


def gateway(link: Link | None, name: str = "g", clock: Turned | None = None) -> ExactCache:
    """One gateway's exact cache."""
    memory, clock = MemoryHome(1 << 20), clock or Turned()
    shared = SharedHome(link, memory, clock, name=name, compress_above=1024) if link is not None else None
    if link is not None and shared is not None:
        link.on_back.append(shared.reconcile)
    return ExactCache(memory, clock, wait_s=WAIT_S, max_joined=1000, shared=shared)


@asynccontextmanager
async def gateways(
    server: Valkey, many: int, clock: Turned | None = None, *, watch: bool = False, call_s: float = PATIENT_S
) -> AsyncIterator[list[ExactCache]]:
    """Several gateways on one emptied Redis, each with a link of its own."""
    async with AsyncExitStack() as stack:
        links = [
            await stack.enter_async_context(linked(server, seed=seed, watch=watch, call_s=call_s))
            for seed in range(many)
        ]
        await links[0].call("FLUSHALL")
        yield [gateway(link, f"g{number}", clock) for number, link in enumerate(links)]


async def until(condition: object, seconds: float = 5.0) -> None:
    """Wait until something is so."""
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
