"""Traffic against a recording server: the visits of the seed arrive, and nothing that comes back stops them."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any

import orjson
import pytest

from ai_dashboard.demo.traffic import AT_ONCE, PER_SECOND, USER_AGENT, send_traffic
from ai_dashboard.demo.visits import visits
from ai_dashboard.transport.http1 import Exchange, Server

SEED = 5
LOOPBACK = "127.0.0.1"

Answer = Callable[[Exchange], Awaitable[None]]


class Gate:
    """The traffic's sense of time: pauses take none while the gate is open, and do not end while it is closed."""

    def __init__(self) -> None:
        self.let_in = 0
        self.open = asyncio.Event()
        self.open.set()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        await self.open.wait()
        self.let_in += 1


class Recorder:
    """Keeps what arrives and answers by `answer`; `enough` is set when `count` requests are there."""

    def __init__(self, answer: Answer, count: int) -> None:
        self.bodies: list[Any] = []
        self.agents: set[bytes | None] = set()
        self.inside = 0
        self.most_inside = 0
        self.enough = asyncio.Event()
        self._answer = answer
        self._count = count

    async def handle(self, exchange: Exchange) -> None:
        self.inside += 1
        self.most_inside = max(self.inside, self.most_inside)
        try:
            assert (exchange.method, exchange.path) == ("POST", "/v1/chat/completions")
            self.agents.add(exchange.header(b"user-agent"))
            self.bodies.append(orjson.loads(await exchange.body()))
            if len(self.bodies) >= self._count:
                self.enough.set()
            await self._answer(exchange)
        finally:
            self.inside -= 1


async def until(condition: Callable[[], bool]) -> None:
    """Let everybody else go on until `condition` holds."""
    while not condition():  # noqa: ASYNC110 - it looks at counters that several tasks move
        await asyncio.sleep(0)


async def send_until(enough: asyncio.Event, recorder: Recorder, address: str) -> None:
    """Send traffic until `enough`, then call it off; every visitor who set out has arrived by then, and left."""
    gate = Gate()
    async with asyncio.TaskGroup() as group:
        traffic = group.create_task(send_traffic(address, SEED, sleep=gate.sleep))
        await enough.wait()
        gate.open.clear()
        await until(lambda: len(recorder.bodies) == gate.let_in or recorder.inside == AT_ONCE)
        traffic.cancel()
    await until(lambda: recorder.inside == 0)


async def visited(answer: Answer, count: int) -> Recorder:
    """A recorder after `count` visits."""
    recorder = Recorder(answer, count)
    async with asyncio.timeout(10), Server(recorder.handle) as server:
        host, port = await server.listen(LOOPBACK, 0)
        await send_until(recorder.enough, recorder, f"http://{host}:{port}")
    return recorder


async def ok(exchange: Exchange) -> None:
    exchange.reply(200, [(b"content-type", b"application/json")], b"{}")


async def no_service(exchange: Exchange) -> None:
    exchange.reply(503, [], b"<html>")


async def cut_off(exchange: Exchange) -> None:
    exchange.start(200, [(b"content-type", b"text/event-stream")])
    exchange.write(b"data: {")
    exchange.abort()


async def nothing(exchange: Exchange) -> None:
    exchange.abort()


async def test_the_visits_of_the_seed_arrive() -> None:
    recorder = await visited(ok, 40)
    planned = [visit.body for visit in islice(visits(SEED, PER_SECOND), len(recorder.bodies) + AT_ONCE)]
    assert all(body in planned for body in recorder.bodies)
    assert recorder.agents == {USER_AGENT.encode()}


@pytest.mark.parametrize("answer", [no_service, cut_off, nothing])
async def test_no_answer_is_too_bad_to_go_on(answer: Answer) -> None:
    recorder = await visited(answer, 40)
    assert len(recorder.bodies) >= 40


async def test_no_more_than_the_door_lets_in() -> None:
    released = asyncio.Event()

    async def when_released(exchange: Exchange) -> None:
        if recorder.inside == AT_ONCE:
            released.set()
        await released.wait()
        await ok(exchange)

    recorder = Recorder(when_released, 3 * AT_ONCE)
    async with asyncio.timeout(10), Server(recorder.handle) as server:
        host, port = await server.listen(LOOPBACK, 0)
        await send_until(recorder.enough, recorder, f"http://{host}:{port}")
    assert recorder.most_inside == AT_ONCE


async def test_calling_it_off_hangs_up_at_once() -> None:
    async def silence(exchange: Exchange) -> None:
        await asyncio.Event().wait()

    recorder = await visited(silence, AT_ONCE)
    assert len(recorder.bodies) == AT_ONCE


async def test_a_gateway_that_restarts_is_visited_again() -> None:
    gate = Gate()
    before, after = Recorder(ok, 5), Recorder(ok, 5)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        async with Server(before.handle) as server:
            host, port = await server.listen(LOOPBACK, 0)
            traffic = group.create_task(send_traffic(f"http://{host}:{port}", SEED, sleep=gate.sleep))
            await before.enough.wait()
            gate.open.clear()
            await until(lambda: len(before.bodies) == gate.let_in)
        gate.open.set()
        await until(lambda: gate.let_in > len(before.bodies) + 2 * AT_ONCE)
        gate.open.clear()
        async with Server(after.handle) as server:
            await server.listen(host, port)
            gate.open.set()
            await after.enough.wait()
            gate.open.clear()
            await until(lambda: after.inside == 0)
            traffic.cancel()


async def test_some_visitors_leave_before_the_answer_is_whole() -> None:
    left = asyncio.Event()

    async def talk_on(exchange: Exchange) -> None:
        exchange.start(200, [(b"content-type", b"text/event-stream")])
        try:
            for _ in range(100):
                exchange.write(b"data: {}\n\n")
                await exchange.drain()
                await asyncio.sleep(0)
            exchange.finish()
        except asyncio.CancelledError:
            left.set()
            raise

    recorder = Recorder(talk_on, count=1)
    async with asyncio.timeout(10), Server(recorder.handle) as server:
        host, port = await server.listen(LOOPBACK, 0)
        await send_until(left, recorder, f"http://{host}:{port}")
    assert left.is_set()
