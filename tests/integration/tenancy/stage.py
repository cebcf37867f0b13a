"""A clock that stands still until it is turned, and homes of limits beside one another."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.state.link import Link
from ai_dashboard.tenancy.memory_limits import MemoryLimits
from ai_dashboard.tenancy.redis_limits import RedisLimits

NOON = 1_790_000_000.0


class StillClock:
    """Both times move together, and only by `turn`."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.jumped = 0.0

    def monotonic(self) -> float:
        return 5000.0 + self.passed

    def wall(self) -> float:
        return NOON + self.passed + self.jumped

    def turn(self, seconds: float) -> None:
        self.passed += seconds


@asynccontextmanager
async def link_to(url: str) -> AsyncIterator[Link]:
    link = Link(url, clock=SystemClock(), chance=random.Random(1), call_s=2.0)
    assert await link.connect()
    try:
        yield link
    finally:
        await link.close()


def redis_limits(link: Link, clock: StillClock, name: str = "a") -> RedisLimits:
    """The home of one gateway, by the test's time."""
    numbers = count()
    home = RedisLimits(
        link,
        MemoryLimits(clock),
        wall=clock.wall,
        new_lease=lambda: f"{name}{next(numbers)}",
        log=name,
        time=lambda: round(clock.wall() * 1_000_000),
    )
    link.on_back.append(home.reconcile)
    return home
