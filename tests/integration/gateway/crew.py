"""Several gateways in front of the same providers, on one Redis."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from ai_dashboard.core.snapshot import BreakerState
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import JSON_TYPE, WHOLE, House, Play, house, playing, until

LEARNT_WITHIN_S = 2.0
"""Half a second is what it takes; a machine that is busy with other tests takes longer."""


@asynccontextmanager
async def crew(
    plays: Mapping[str, Play | str],
    redis: str,
    *,
    count: int = 3,
    settings: Mapping[str, Any] | None = None,
    entries: Mapping[str, Mapping[str, Any]] | None = None,
) -> AsyncIterator[list[House]]:
    """So many gateways. `plays` listen once, for all of them."""
    async with AsyncExitStack() as stack:
        addresses = {
            name: play if isinstance(play, str) else (await stack.enter_async_context(playing(play))).address
            for name, play in plays.items()
        }
        own = {"redis": {"url": redis}} | dict(settings or {})
        gateways = [
            await stack.enter_async_context(house(addresses, settings=own, entries=entries)) for _ in range(count)
        ]
        yield gateways


async def all_know_of_all(gateways: list[House]) -> None:
    """Wait until each has heard of each."""
    await until(lambda: all(gateways_seen(it) == len(gateways) for it in gateways))


def gateways_seen(home: House) -> int:
    """How many gateways this one knows of, itself included; 0 while Redis is away."""
    shared = home.gateway.sharing
    assert shared is not None
    return shared.view.gateways if shared.view.up else 0


def breaker(home: House, provider: str) -> BreakerState:
    """How the breaker of its model `m` stands."""
    target = home.gateway.runtime.provider(provider).targets.get("m")
    home.gateway.runtime.look()
    return target.breaker if target is not None else BreakerState.CLOSED


def when(true: Callable[[], bool], otherwise: bytes = WHOLE, status: int = 500) -> Callable[[Exchange], Any]:
    """A provider that fails while `true()`."""

    async def answer(exchange: Exchange) -> None:
        if true():
            exchange.reply(status, [JSON_TYPE], json.dumps({"error": {"message": "out of order"}}).encode())
        else:
            exchange.reply(200, [JSON_TYPE], otherwise)

    return answer


class Busy:
    """A provider that takes its time, and counts how many it had to serve at one time."""

    def __init__(self, seconds: float) -> None:
        self.most = 0
        self.served = 0
        self._now = 0
        self._seconds = seconds

    async def __call__(self, exchange: Exchange) -> None:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            await asyncio.sleep(self._seconds)
        finally:
            self._now -= 1
        self.served += 1
        exchange.reply(200, [JSON_TYPE], WHOLE)
