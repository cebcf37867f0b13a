"""Redis is killed, freezes, gets slow, refuses us or comes back empty, while three gateways serve: nobody notices."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from itertools import count

import pytest

from ai_dashboard.config.schema import RateLimits
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.gateway.generation import build_generation
from ai_dashboard.state.link import Link
from tests.integration.gateway.crew import Busy, all_know_of_all, crew, gateways_seen
from tests.integration.gateway.scene import WHOLE, House, Play, reply, until
from tests.valkey import Valkey, valkey

RATE = 200
"""Requests a second, all gateways together."""

CALM_S, TROUBLED_S = 0.5, 1.0
LIMITED = {"gpu": {"rate_limits": {"max_concurrent": 64}}}
"""So that every request asks Redis for a place."""


SLOW_S = 0.5
"""What an answer takes on a line that is slow."""

BACK_WITHIN_S = 10.0


@pytest.fixture
def redis() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


# ── what happens to Redis ────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def killed(redis: Valkey) -> AsyncIterator[None]:
    await asyncio.to_thread(redis.kill)
    yield
    await asyncio.to_thread(redis.start)  # empty


@asynccontextmanager
async def frozen(redis: Valkey) -> AsyncIterator[None]:
    with redis.frozen():
        yield


@asynccontextmanager
async def with_another_password(redis: Valkey) -> AsyncIterator[None]:
    async with operator(redis, "") as link:
        await link.call("CONFIG", "SET", "requirepass", "changed")
        await link.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    yield
    async with operator(redis, "changed") as link:
        await link.call("CONFIG", "SET", "requirepass", "")


@asynccontextmanager
async def operator(redis: Valkey, password: str) -> AsyncIterator[Link]:
    """Somebody with the password of the moment."""
    url = redis.url.replace("://", f"://:{password}@") if password else redis.url
    link = Link(url, clock=SystemClock(), chance=random.Random(1), call_s=2.0)
    assert await link.connect()
    yield link
    await link.close()


class Line:
    """Between the gateways and Redis; as long as it is slow every answer comes late."""

    def __init__(self, redis: Valkey) -> None:
        self._redis = redis
        self._path = redis.socket.with_name("line.sock")
        self._slow = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """The address at its other end."""
        tasks: list[asyncio.Task[None]] = []
        async with asyncio.TaskGroup() as group:
            server = await asyncio.start_unix_server(
                lambda reader, writer: tasks.append(group.create_task(self._carry(reader, writer))), self._path
            )
            try:
                yield f"unix://{self._path}"
            finally:
                server.close()
                for task in tasks:
                    task.cancel()

    @asynccontextmanager
    async def slow(self, redis: Valkey) -> AsyncIterator[None]:
        self._slow = True
        yield
        self._slow = False

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_unix_connection(self._redis.socket)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(reader, forth, late=False))
                group.create_task(self._pass_on(back, writer, late=True))
        finally:
            writer.close()
            forth.close()

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, late: bool) -> None:
        try:
            while data := await source.read(65536):
                if late and self._slow:
                    await asyncio.sleep(SLOW_S)
                sink.write(data)
                await sink.drain()
        except OSError:
            pass  # who hung up has hung up
        sink.close()


# ── what callers notice ──────────────────────────────────────────────────────────────────────────────────────────────


class Load:
    """Requests at a steady rate. `failed` says what went wrong, `late_s` by how much the machine was too busy to send
    one when it was due."""

    def __init__(self, gateways: list[House]) -> None:
        self.failed: list[str] = []
        self.late_s = 0.0
        self._gateways = gateways

    async def run(self, seconds: float) -> list[float]:
        """The seconds that each of them took, the shortest first."""
        took: list[float] = []
        loop = asyncio.get_running_loop()
        began = loop.time()

        async def one(home: House) -> None:
            sent = loop.time()
            answer = await home.chat(stream=False)
            took.append(loop.time() - sent)
            if answer.status_code != 200:
                self.failed.append(f"{answer.status_code} {answer.text}")

        async with asyncio.TaskGroup() as group:
            for number in count():
                if (due := number / RATE) >= seconds:
                    break
                await asyncio.sleep(max(0.0, began + due - loop.time()))
                self.late_s = max(self.late_s, loop.time() - began - due)
                group.create_task(one(self._gateways[number % len(self._gateways)]))
        return sorted(took)


def p99(took: list[float]) -> float:
    return took[int(len(took) * 0.99)]


def said(gateways: list[House], event: str) -> list[str]:
    """What all of them have told of Redis under this name."""
    told = [it for home in gateways for it in home.gateway.logs(0, 9999).events]
    return [it.message for it in told if it.event == event]


def alerts(home: House) -> set[str]:
    return {alert.key for alert in home.gateway.snapshot().alerts}


async def nobody_notices(gateways: list[House], trouble: AbstractAsyncContextManager[None]) -> None:
    """Requests go on as if nothing had happened, before, meanwhile and after; each gateway tells of it once."""
    await all_know_of_all(gateways)
    load = Load(gateways)
    before = await load.run(CALM_S)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(load.run(TROUBLED_S))
        async with trouble:
            during = await running
            assert load.failed == []
            # 50 ms is what Redis is given; the rest is for a machine that is busy with other tests.
            assert p99(during) < p99(before) + 0.1 + 2 * load.late_s
            assert [gateways_seen(it) for it in gateways] == [0, 0, 0]
            await until(lambda: len(said(gateways, "redis_down")) >= len(gateways))
            assert len(said(gateways, "redis_down")) == len(gateways), said(gateways, "redis_down")
            assert all("goes on by itself" in line for line in said(gateways, "redis_down"))
            for home in gateways:
                health = await home.http.get("/health")
                assert (health.status_code, health.json()["status"]) == (200, "degraded")
                assert health.json()["redis"] == "down"
                assert "redis:down" in alerts(home)
    async with asyncio.TaskGroup() as group:
        group.create_task(load.run(CALM_S))
        await until(lambda: all(gateways_seen(it) == len(gateways) for it in gateways), within_s=BACK_WITHIN_S)
    assert load.failed == []
    await until(lambda: len(said(gateways, "redis_up")) >= len(gateways))
    for event in ("redis_down", "redis_up"):
        assert len(said(gateways, event)) == len(gateways), said(gateways, event)
    assert all("answers again" in line for line in said(gateways, "redis_up"))
    for home in gateways:
        await until(lambda home=home: "redis:down" not in alerts(home))  # type: ignore[misc]
        assert (await home.http.get("/health")).json()["redis"] == "up"


@pytest.mark.parametrize("fault", [killed, frozen, with_another_password])
async def test_no_request_fails_because_of_redis(
    redis: Valkey, fault: Callable[[Valkey], AbstractAsyncContextManager[None]]
) -> None:
    async with crew({"gpu": Play(reply(200, WHOLE))}, redis.url, entries=LIMITED) as gateways:
        await nobody_notices(gateways, fault(redis))


async def test_no_request_waits_for_a_redis_that_is_slow(redis: Valkey) -> None:
    line = Line(redis)
    async with line.open() as url, crew({"gpu": Play(reply(200, WHOLE))}, url, entries=LIMITED) as gateways:
        await nobody_notices(gateways, line.slow(redis))


async def test_a_redis_that_is_not_there_at_the_start_keeps_nobody_waiting() -> None:
    nowhere = "unix://:very-secret@/nowhere/at/all.sock"
    async with crew({"gpu": Play(reply(200, WHOLE))}, nowhere, count=1, entries=LIMITED) as (home,):
        assert (await home.chat(stream=False)).status_code == 200
        await until(lambda: "redis:down" in alerts(home))
        await until(lambda: len(said([home], "redis_down")) == 1)
        (alert,) = [it for it in home.gateway.snapshot().alerts if it.key == "redis:down"]
        health = await home.http.get("/health?details=true")
        for text in (*said([home], "redis_down"), alert.text, health.text, repr(home.gateway.snapshot())):
            assert "very-secret" not in text
        assert "unix:///nowhere/at/all.sock" in alert.text


async def test_without_redis_each_keeps_to_its_share_of_the_places(redis: Valkey) -> None:
    busy = Busy(0.05)
    entries = {"gpu": {"rate_limits": {"max_concurrent": 6}}}
    async with crew({"gpu": Play(busy)}, redis.url, entries=entries) as gateways:
        await all_know_of_all(gateways)
        await asyncio.to_thread(redis.kill)
        await until(lambda: [gateways_seen(it) for it in gateways] == [0, 0, 0])
        answers = await asyncio.gather(*(gateways[number % 3].chat(stream=False) for number in range(60)))
        assert {answer.status_code for answer in answers} == {200}
        assert busy.most == 6
        home = gateways[0].gateway
        provider = home.generation.config.providers["gpu"]
        narrower = provider.model_copy(update={"rate_limits": RateLimits(max_concurrent=3)})
        config = replace(home.generation.config, providers={"gpu": narrower})
        home.adopt(build_generation(2, config))
        assert home.runtime.provider("gpu").elsewhere == 2
        assert (await gateways[0].chat(stream=False)).status_code == 200
