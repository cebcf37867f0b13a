"""Many clients that mean no good, and what the others notice of them: nothing."""

import asyncio
import random
import time

import psutil
import pytest

from ai_dashboard.transport.http1 import Exchange, Limits, Server
from tests.integration.transport.serving import CHUNKED, Client, Running, echo, serving

ASK = b"GET /still HTTP/1.1\r\nHost: a\r\n\r\n"


async def p99(client: Client, asks: int = 300) -> float:
    """Of one request after the other, in seconds."""
    times = []
    for _ in range(asks):
        began = time.perf_counter()
        client.send(ASK)
        await client.until(b"GET /still||")
        times.append(time.perf_counter() - began)
    return sorted(times)[int(len(times) * 0.99)]


async def never_ends(running: Running) -> int:
    """Send a body without end for as long as it is taken; returns how much was."""
    sent = 0
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    async with running.client() as client:
        client.send(CHUNKED)
        try:
            while sent < 1 << 30:
                client.send(chunk)
                await client.writer.drain()
                sent += 65_536
        except ConnectionError:
            pass
    return sent


async def test_slow_heads_and_an_endless_body_cost_the_others_nothing() -> None:
    limits = Limits(max_body_bytes=16 << 20, linger_s=0.2)
    async with serving(limits=limits) as running, running.client() as honest:
        quiet = await p99(honest)
        before = psutil.Process().memory_info().rss
        slow = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(300)]
        try:
            for _, writer in slow:
                writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
            async with asyncio.TaskGroup() as tasks:
                endless = tasks.create_task(never_ends(running))
                loaded = await p99(honest)
            grown = psutil.Process().memory_info().rss - before
        finally:
            for _, writer in slow:
                writer.transport.abort()
    assert endless.result() < 1 << 30
    assert grown < 64 << 20
    # Its own sender shares this loop, so an absolute allowance stands beside the ratio.
    assert loaded < 2 * quiet + 0.02


async def test_a_great_many_pipelined_requests_take_bounded_memory() -> None:
    """Answered as they are read, and read as they are answered."""
    count, at_once = 20_000, 5_000
    most = 0

    async def tiny(exchange: Exchange) -> None:
        nonlocal most
        most = max(most, len(exchange._connection._waiting))
        exchange.reply(204, [], b"")

    async with serving(tiny) as running, running.client() as client:

        async def pour() -> None:
            for _ in range(count // at_once):
                client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * at_once)
                await client.writer.drain()

        async with asyncio.TaskGroup() as tasks, asyncio.timeout(10):
            tasks.create_task(pour())
            await client.reader.readexactly(count * len(b"HTTP/1.1 204 No Content\r\n\r\n"))
    assert most <= 65_536 // 27 + Limits().pipeline_depth


async def test_random_disconnects_leave_nothing_behind() -> None:
    chance = random.Random(7)
    request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n" + b"x" * 40

    async def slow(exchange: Exchange) -> None:
        await exchange.body()
        exchange.start(200, [])
        for _ in range(3):
            exchange.write(b"piece")
            await asyncio.sleep(0)
        exchange.finish()

    async def leaves(running: Running) -> None:
        async with running.client() as client:
            client.send(request[: chance.randint(0, len(request))])
            for _ in range(chance.randint(0, 6)):
                await asyncio.sleep(0)
            if chance.random() < 0.3:
                client.writer.write_eof()
                await asyncio.sleep(0)

    async def rounds(running: Running, count: int) -> tuple[int, int]:
        """Tasks that work and files that are open when all clients have left."""
        for _ in range(count):
            await asyncio.gather(*(leaves(running) for _ in range(25)))
        async with asyncio.timeout(5):
            while running.server._connections:  # noqa: ASYNC110 - the server sets no event for a test
                await asyncio.sleep(0)
        for _ in range(20):  # the clients' own sockets
            await asyncio.sleep(0)
        resting = len(running.server._workers._resting)
        return len(asyncio.all_tasks()) - resting, psutil.Process().num_fds()

    async with serving(slow) as running:
        at_first = await rounds(running, 1)
        assert await rounds(running, 40) == at_first
    assert running.crashes == []
    assert not running.server._workers._tasks


async def test_a_client_is_seen_leaving_while_it_is_not_read_from() -> None:
    entered, freed = asyncio.Event(), asyncio.Event()

    async def never_asks(exchange: Exchange) -> None:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            freed.set()

    async with serving(never_asks, Limits(read_ahead=1000)) as running, running.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n" + b"x" * 200_000)
        await entered.wait()
        (connection,) = running.server._connections
        async with asyncio.timeout(5):
            while not connection._reading_paused:  # noqa: ASYNC110 - the server sets no event for a test
                await asyncio.sleep(0)
        client.writer.close()
        async with asyncio.timeout(2):
            await freed.wait()
    assert running.crashes == []


async def test_a_pause_that_ends_leaves_the_client_alone() -> None:
    async def late(exchange: Exchange) -> None:
        while not exchange._connection._reading_paused:  # noqa: ASYNC110 - the server sets no event for a test
            await asyncio.sleep(0)
        await echo(exchange)

    async with serving(late, Limits(read_ahead=1000)) as running, running.client() as client:
        client.send(
            b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000
        )
        assert (await client.to_end()).endswith(b"|" + b"x" * 200_000)


@pytest.mark.parametrize("turns", range(6))
async def test_a_connection_accepted_at_the_very_end_is_closed(turns: int) -> None:
    async with Server(echo) as server:
        _, port = await server.listen("127.0.0.1", 0)
        connecting = [asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        clients = asyncio.gather(*connecting, return_exceptions=True)
        for _ in range(turns):
            await asyncio.sleep(0)
    assert not server._connections
    for client in await clients:
        if not isinstance(client, BaseException):
            client[1].transport.abort()


async def test_workers_are_used_again_and_end_with_the_server() -> None:
    seen: list[asyncio.Task[None] | None] = []

    async def note(exchange: Exchange) -> None:
        seen.append(asyncio.current_task())
        await echo(exchange)

    async with serving(note) as running, running.client() as client:
        for _ in range(3):
            client.send(ASK)
            await client.until(b"GET /still||")
    assert len(set(seen)) == 1
    assert seen[0] is not None
    assert seen[0].done()
