"""Time that passes when somebody waits for it, and a stage on free ports that lives in that time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import httpx
import pytest

from ai_dashboard.core.clock import Clock
from ai_dashboard.demo.catalogue import PROVIDERS, FaultRates, SimulatedProvider
from ai_dashboard.demo.server import Sleep
from ai_dashboard.demo.stage import DemoStage

FLAWLESS = FaultRates()


class PassingTime:
    """A clock that sleeping moves, and the sleeps that moved it."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._now = 1000.0

    def monotonic(self) -> float:
        return self._now

    def wall(self) -> float:
        return 1_700_000_000.0 + self._now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def time() -> PassingTime:
    return PassingTime()


@pytest.fixture
def clock(time: PassingTime) -> Clock:
    return time


@pytest.fixture
def sleep(time: PassingTime) -> Sleep:
    return time.sleep


@pytest.fixture
def slept(time: PassingTime) -> Sequence[float]:
    """Every wait so far, in seconds."""
    return time.slept


@pytest.fixture
def staged(time: PassingTime) -> Callable[..., AbstractAsyncContextManager[DemoStage]]:
    """A stage whose providers all have the `faults` given: none, unless said otherwise."""

    def stage(faults: FaultRates = FLAWLESS) -> DemoStage:
        cast: list[SimulatedProvider] = [replace(provider, faults=faults) for provider in PROVIDERS]
        return DemoStage(1, providers=cast, clock=time, sleep=time.sleep)

    return stage


@pytest.fixture
def collect() -> Callable[[AbstractAsyncContextManager[httpx.Response]], Awaitable[tuple[bytes, bool]]]:
    """Reads a reply as far as it goes: its bytes, and whether it came to its end."""

    async def read(asking: AbstractAsyncContextManager[httpx.Response]) -> tuple[bytes, bool]:
        got = b""
        try:
            async with asking as reply:
                async for piece in reply.aiter_raw():
                    got += piece
        except httpx.RemoteProtocolError:
            return got, False
        return got, True

    return read
