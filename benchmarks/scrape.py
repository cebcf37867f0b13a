"""What a scrape of `/metrics` takes where many models were asked, and what counting takes of a request.

    python -m benchmarks.scrape [PROVIDERS] [MODELS]

A gateway in this process, asked over a socket. The first scrape writes everything, later ones what has changed since.
What matters to requests is how long the loop is away at most (in processor time, so that other work on the machine does
not count): a scrape may keep it for 20 ms.
"""

import asyncio
import random
import sys
import time
from types import MappingProxyType

import httpx
import uvloop

from ai_dashboard.config.load import Config, Loaded
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Candidate
from ai_dashboard.core.records import Stage
from ai_dashboard.core.snapshot import HostView
from ai_dashboard.gateway.gateway import Gateway, Options
from ai_dashboard.gateway.memory import keep_house
from ai_dashboard.gateway.trip import Trip

WANTED_MS = 20.0
SCRAPES = 10
BUSY = 0.1
"""The share of models that are asked between two scrapes."""


def main(arguments: list[str]) -> int:
    """Measure with as many models as figures of their own have room for by default, and with room for all."""
    providers, models = (int(it) for it in (*arguments, *("20", "200")[len(arguments) :]))
    worst = max(uvloop.run(measure(providers, models, most)) for most in (1000, providers * models))
    return 0 if worst <= WANTED_MS else 1


async def measure(providers: int, models: int, most: int) -> float:
    """The longest that the loop was away, in milliseconds."""
    chance = random.Random(1)
    entries = {
        f"provider-{number}": {
            "type": "openai_compatible",
            "base_url": "http://127.0.0.1:9",
            "models": [f"model-{model}" for model in range(models)],
        }
        for number in range(providers)
    }
    settings = {"metrics": {"max_models": most}, "health": {"interval_s": 3600, "attempts": 1, "timeout_s": 1}}
    config = Config(
        MappingProxyType(ProvidersFile.model_validate({"providers": entries}).providers),
        Mappings(),
        GatewaySettings.model_validate(settings),
        "a benchmark",
    )
    asked = [Candidate(name, f"model-{model}", "", 1.0) for name in entries for model in range(models)]
    async with (
        Gateway(Loaded(config, (), None), Options(port=0), read_host=HostView, chance=chance) as gateway,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.address[1]}", trust_env=False, timeout=60) as http,
    ):
        keep_house()
        trips = [trip_of(candidate, chance) for candidate in asked * 3]
        began = time.perf_counter()
        gateway.runtime.meter.add(trips)
        us = (time.perf_counter() - began) / len(trips) * 1e6
        print(f"{providers} x {models} models, {most} with figures of their own; {us:.1f} us to count a request")
        await asyncio.sleep(2)  # health checks fail meanwhile
        away, times = [], []
        for number in range(SCRAPES):
            if number:
                gateway.runtime.meter.add([trip_of(it, chance) for it in chance.sample(asked, int(len(asked) * BUSY))])
            took, longest, size = await scrape(http)
            away.append(longest)
            times.append(took)
            if number == 0:
                print(f"  first scrape {took:.0f} ms, {size / 1e6:.1f} MB, loop away {longest:.1f} ms")
        print(f"  later ones {sorted(times)[SCRAPES // 2]:.0f} ms, loop away {max(away[1:]):.1f} ms at most")
    return max(away)


async def scrape(http: httpx.AsyncClient) -> tuple[float, float, int]:
    """Milliseconds that it took, those that the loop was away at most, and bytes."""
    longest, over = 0.0, asyncio.Event()

    async def watch() -> None:
        nonlocal longest
        last = time.thread_time()
        while not over.is_set():
            await asyncio.sleep(0)
            now = time.thread_time()
            longest, last = max(longest, now - last), now

    async with asyncio.TaskGroup() as group:
        group.create_task(watch())
        began, size = time.thread_time(), 0
        async with http.stream("GET", "/metrics") as reply:
            async for piece in reply.aiter_raw():
                size += len(piece)
        took = time.thread_time() - began
        over.set()
    return took * 1e3, longest * 1e3, size


def trip_of(candidate: Candidate, chance: random.Random) -> Trip:
    """A request that this one has answered."""
    trip = Trip("id", "openai", 1e9, 100.0, stage=Stage.DONE, status=200, usage=Usage(200, 100))
    attempt = trip.attempt(candidate, 100.001)
    attempt.first_token = trip.first_token = 100.001 + chance.expovariate(2)
    attempt.ended = trip.ended = attempt.first_token + chance.expovariate(1)
    attempt.tokens, attempt.cost, trip.overhead_s = 100, 1000, 0.0004
    return trip


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
