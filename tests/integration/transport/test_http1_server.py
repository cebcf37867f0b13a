"""The server over real sockets: transcripts in, transcripts out, and what happens when clients misbehave."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_dashboard.core.errors import Overloaded
from ai_dashboard.transport.http1 import Exchange, Handler, Limits, Server
from tests.integration.transport.serving import CHUNKED, HOST, echo, serving

# ── what is right ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        (b"GET /a?b HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", b"GET /a|b|"),
        (b"\r\n\r\nGET / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", b"GET /||"),
        (b"GET http://h/x HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", b"GET /x||"),
        (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", b"OPTIONS *||"),
        (b"GET /0 HTTP/1.0\r\n\r\n", b"GET /0||"),
        (b"POST / HTTP/1.1\r\n" + HOST + b"Connection: close\r\nContent-Length: 3 \r\n\r\nabc", b"POST /||abc"),
        (
            CHUNKED.replace(b"Tr", b"Connection: close\r\nTr") + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
            b"POST /||abcde",
        ),
        (CHUNKED.replace(b"Tr", b"Connection: close\r\nTr") + b"1\r\na\r\n0\r\nHost: b\r\nX: c\r\n\r\n", b"POST /||a"),
    ],
)
async def test_good_requests(request_: bytes, body: bytes) -> None:
    async with serving() as running:
        reply = await running.ask(request_)
    head, _, content = reply.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection: close" in head
    assert content == body


async def test_reply_is_exact() -> None:
    async with serving() as running, running.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        reply = await client.until(b"GET /||")
    assert reply == b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 7\r\n\r\nGET /||"


async def test_head_has_no_body_but_its_length() -> None:
    async with serving() as running:
        reply = await running.ask(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert b"content-length: 8\r\n" in reply
    assert reply.endswith(b"\r\n\r\n")


async def test_http10_keeps_alive_only_when_asked() -> None:
    async with serving() as running, running.client() as client:
        client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert b"connection: keep-alive\r\n" in await client.until(b"GET /||")
        client.send(b"GET /2 HTTP/1.0\r\n\r\n")
        assert (await client.to_end()).endswith(b"connection: close\r\n\r\nGET /2||")


@pytest.mark.parametrize(
    ("version", "status", "expected"),
    [
        (b"1.1", 200, b"transfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
        (b"1.0", 200, b"connection: close\r\n\r\nabc"),
        (b"1.1", 204, b"HTTP/1.1 204 No Content\r\n\r\n"),
    ],
)
async def test_streams_are_framed_for_their_reader(version: bytes, status: int, expected: bytes) -> None:
    async def stream(exchange: Exchange) -> None:
        exchange.start(status, [])
        for piece in (b"ab", b"", b"c"):
            exchange.write(piece)
            await exchange.drain()
        exchange.finish()

    async with serving(stream) as running, running.client() as client:
        client.send(b"GET / HTTP/%b\r\nHost: a\r\n\r\n" % version)
        assert (await client.until(expected[-6:])).endswith(expected)


async def test_continue_is_said_only_when_the_body_is_wanted() -> None:
    async def picky(exchange: Exchange) -> None:
        if exchange.path == "/no":
            exchange.reply(403, [], b"")
        else:
            await echo(exchange)

    head = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    async with serving(picky) as running:
        async with running.client() as client:
            client.send(head % b"/")
            assert await client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            client.send(b"ab")
            assert (await client.until(b"|ab")).startswith(b"HTTP/1.1 200 OK\r\n")
        refused = await running.ask(head % b"/no")
    assert refused == b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "body", [b"Content-Length: 3\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"]
)
async def test_an_upgrade_is_passed_over(body: bytes) -> None:
    request = b"POST /u HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" + body
    async with serving() as running:
        whole = await running.ask(request + b"GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        async with running.client() as client:
            for byte in request:
                client.send(bytes([byte]))
                await asyncio.sleep(0)
            await client.until(b"POST /u||abc")
    assert b"POST /u||abc" in whole
    assert whole.endswith(b"GET /2||")


PIPELINE = (
    b"GET /1?x=y HTTP/1.1\r\nHost: a\r\n\r\n"
    b"POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    b"POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nworld\r\n1;e=f\r\n!\r\n0\r\nT: u\r\n\r\n"
    b"HEAD /4 HTTP/1.1\r\nHost: a\r\n\r\n"
    b"GET /5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.sets(st.integers(1, len(PIPELINE) - 1), max_size=25))
def test_bytes_may_be_split_anywhere(cuts: set[int]) -> None:
    async def pieces(at: list[int]) -> bytes:
        async with serving() as running, running.client() as client:
            for start, end in zip([0, *at], [*at, len(PIPELINE)], strict=True):
                client.send(PIPELINE[start:end])
                for _ in range(3):  # enough turns for the server to read this piece by itself
                    await asyncio.sleep(0)
            return await client.to_end()

    assert asyncio.run(pieces(sorted(cuts))) == asyncio.run(pieces([]))


async def test_a_thousand_requests_on_one_connection() -> None:
    async with serving() as running, running.client() as client:
        for number in range(1000):
            client.send(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number)
            await client.until(b"GET /%d||" % number)


async def test_a_flood_of_pipelined_requests_is_answered_in_order() -> None:
    count = 5_000
    flood = b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(count))
    async with serving(limits=Limits(pipeline_depth=4)) as running, running.client() as client:
        client.send(flood)
        for number in range(count):
            await client.until(b"GET /%d||" % number)


async def test_small_packets_leave_at_once() -> None:
    seen: list[int] = []

    async def look(exchange: Exchange) -> None:
        raw = exchange._connection._transport.get_extra_info("socket")
        seen.append(raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        await echo(exchange)

    async with serving(look) as running:
        await running.ask(b"GET / HTTP/1.0\r\n\r\n")
    assert seen[0] != 0


# ── what is wrong ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        pytest.param(b"GET / HTTP/1.1\nHost: a\n\n", 400, id="bare LF"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400, id="one bare LF"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400, id="bare CR"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400, id="obs-fold"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400, id="NUL"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n", 400, id="control character"),
        pytest.param(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, id="space before colon"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400, id="empty name"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 400, id="no colon"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", 400, id="no Host"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, id="two Hosts"),
        pytest.param(b"GET /\r\n\r\n", 400, id="HTTP/0.9"),
        pytest.param(b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400, id="HTTP/2.0"),
        pytest.param(b"GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400, id="HTTP/1.10"),
        pytest.param(b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="control in target"),
        pytest.param(b"GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="fragment"),
        pytest.param(b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405, id="CONNECT"),
        pytest.param(b"DESCRIBE / RTSP/1.0\r\nHost: a\r\n\r\n", 405, id="RTSP"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, id="HTTP/2 preface"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 400, id="TLS"),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            id="both lengths",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
            400,
            id="both lengths, other way round",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400, id="two lengths"
        ),
        pytest.param(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", 400, id="signed length"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3,3\r\n\r\nabc", 400, id="list of lengths"),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, id="gzip coding"
        ),
        pytest.param(
            b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, id="chunked in 1.0"
        ),
        pytest.param(CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n", 400, id="chunk 0x"),
        pytest.param(CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n", 400, id="chunk +"),
        pytest.param(CHUNKED + b"0_3\r\nabc\r\n0\r\n\r\n", 400, id="chunk _"),
        pytest.param(CHUNKED + b"fffffffffffffffff\r\nabc", 400, id="chunk overflow"),
        pytest.param(CHUNKED + b"3\nabc\r\n0\r\n\r\n", 400, id="chunk LF"),
        pytest.param(CHUNKED + b"2\r\nabc\r\n0\r\n\r\n", 400, id="chunk too long"),
        pytest.param(CHUNKED + b"3;" + b"x" * 400_000, 400, id="endless extension"),
        pytest.param(CHUNKED + b"0\r\n" + b"x: y\r\n" * 80_000, 400, id="endless trailers"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 40_000 + b"\r\n\r\n", 431, id="long header"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * (1 << 20), 431, id="endless header"),
        pytest.param(b"GET /" + b"y" * (1 << 20), 431, id="endless target"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"x: y\r\n" * 100 + b"\r\n", 431, id="101 headers"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000001\r\n\r\n", 413, id="announced too much"),
        pytest.param(CHUNKED + b"f4241\r\n" + b"x" * 1_000_001, 413, id="sent too much"),
    ],
)
async def test_bad_requests(request_: bytes, status: int) -> None:
    async with serving(limits=Limits(max_body_bytes=1_000_000)) as running, running.client() as bystander:
        reply = await running.ask(request_)
        bystander.send(b"GET /still HTTP/1.1\r\nHost: a\r\n\r\n")
        await bystander.until(b"GET /still||")
    assert reply.startswith(b"HTTP/1.1 %d " % status)
    assert reply.count(b"connection: close\r\n") == 1


async def test_what_was_understood_is_answered_before_the_refusal() -> None:
    async with serving() as running:
        reply = await running.ask(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost : b\r\n\r\n")
    first, _, second = reply.partition(b"GET /1||")
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert second.startswith(b"HTTP/1.1 400 Bad Request\r\n")


async def test_nothing_follows_a_request_that_was_the_last() -> None:
    async with serving() as running:
        reply = await running.ask(
            b"GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
        )
    assert reply.endswith(b"GET /1||")


@pytest.mark.parametrize(
    ("sent", "limits", "status"),
    [
        (b"GET / HT", Limits(header_read_s=0.05), b"408"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX", Limits(header_read_s=0.05), b"408"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab", Limits(body_idle_s=0.05), b"408"),
        (CHUNKED + b"2\r\nab\r\n", Limits(body_idle_s=0.05), b"408"),
    ],
)
async def test_half_a_request_is_waited_for_only_so_long(sent: bytes, limits: Limits, status: bytes) -> None:
    async with serving(limits=limits) as running:
        reply = await running.ask(sent)
    assert reply.startswith(b"HTTP/1.1 " + status)


async def test_no_deadline_runs_while_the_handler_works() -> None:
    async def slow(exchange: Exchange) -> None:
        body = await exchange.body()
        await asyncio.sleep(0.15)
        exchange.reply(200, [], body)

    limits = Limits(body_idle_s=0.05, header_read_s=0.05, keep_alive_s=0.05)
    async with serving(slow, limits) as running, running.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
        await asyncio.sleep(0.01)
        client.send(b"cd")
        assert (await client.until(b"abcd")).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_large_body_leaves_turns_to_others() -> None:
    """While 24 MiB come as fast as they are read, somebody else's small requests are answered in between."""
    seen: list[int] = []

    async def small(exchange: Exchange) -> None:
        body = await exchange.body()
        seen.append(len(body))
        exchange.reply(200, [], b"ok")

    async with serving(small, Limits(max_body_bytes=64 << 20)) as running, running.client() as large:
        async with running.client() as other:
            large.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (24 << 20) + b"x" * (24 << 20))
            for _ in range(10):
                other.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\ny")
                await other.until(b"ok")
        assert (await large.until(b"ok")).startswith(b"HTTP/1.1 200 OK\r\n")
    assert seen == [*[1] * 10, 24 << 20]


async def test_a_reply_that_nobody_reads_is_given_up() -> None:
    async def pour(exchange: Exchange) -> None:
        exchange.reply(200, [], b"x" * (32 << 20))

    async with serving(pour, Limits(keep_alive_s=0.05)) as running, running.client() as client:
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        async with asyncio.timeout(5):
            while not running.server._connections:  # noqa: ASYNC110 - the server sets no event for a test
                await asyncio.sleep(0)
            while running.server._connections:  # noqa: ASYNC110
                await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("sent", "limits"),
    [(b"", Limits(header_read_s=0.05)), (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", Limits(keep_alive_s=0.05))],
)
async def test_a_silent_connection_is_closed_without_a_word(sent: bytes, limits: Limits) -> None:
    async with serving(limits=limits) as running:
        reply = await running.ask(sent)
    assert reply.endswith(b"GET /||" if sent else b"")
    assert reply.count(b"HTTP/1.1 ") == bool(sent)


async def test_one_connection_too_many_is_told_so() -> None:
    async with serving(limits=Limits(max_connections=1)) as running, running.client() as first:
        first.send(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
        await first.until(b"GET /1||")
        assert (await running.ask(b"")).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        first.send(b"GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
        await first.until(b"GET /2||")


# ── handlers that fail ───────────────────────────────────────────────────────────────────────────────────────────────


async def raises(_: Exchange) -> None:
    raise KeyError("secret")


async def returns_early(_: Exchange) -> None:
    return


async def is_overloaded(_: Exchange) -> None:
    raise Overloaded("Too much is in flight.")


@pytest.mark.parametrize(
    ("handler", "status", "crashes"), [(raises, b"500", 1), (returns_early, b"500", 1), (is_overloaded, b"503", 0)]
)
async def test_a_handler_that_fails_before_its_reply(handler: Handler, status: bytes, crashes: int) -> None:
    async with serving(handler) as running, running.client() as client:
        for _ in range(2):  # the connection is none the worse for it
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            reply = await client.until(b"}}")
            assert reply.startswith(b"HTTP/1.1 " + status)
            assert b"secret" not in reply
    assert len(running.crashes) == 2 * crashes


def starts_then(fail: Callable[[Exchange], None], length: int | None) -> Handler:
    async def handler(exchange: Exchange) -> None:
        exchange.start(200, [], length)
        exchange.write(b"abc")
        fail(exchange)

    return handler


def crash(_: Exchange) -> None:
    raise KeyError("x")


@pytest.mark.parametrize(
    ("fail", "length", "crashes"),
    [
        (crash, None, 1),
        (lambda exchange: exchange.abort(), None, 0),
        (lambda _: None, None, 1),
        (lambda exchange: exchange.finish(), 5, 1),
        (lambda exchange: exchange.write(b"def"), 5, 1),
    ],
)
async def test_a_reply_that_breaks_off_looks_broken(
    fail: Callable[[Exchange], None], length: int | None, crashes: int
) -> None:
    async with serving(starts_then(fail, length)) as running:
        reply = await running.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert reply.endswith(b"3\r\nabc\r\n" if length is None else b"\r\n\r\nabc")
    assert len(running.crashes) == crashes


async def test_a_broken_reply_without_framing_is_reset() -> None:
    async with serving(starts_then(crash, None)) as running:
        with pytest.raises(ConnectionResetError):
            await running.ask(b"GET / HTTP/1.0\r\n\r\n")


# ── clients that leave, or are slow ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["close", "reset", "half-close"])
@pytest.mark.parametrize("streaming", [False, True])
async def test_a_client_that_leaves_ends_the_handler(how: str, streaming: bool) -> None:
    entered, freed = asyncio.Event(), asyncio.Event()

    async def hold(exchange: Exchange) -> None:
        if streaming:
            exchange.start(200, [])
            exchange.write(b"first")
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            freed.set()

    async with serving(hold) as running, running.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await entered.wait()
        match how:
            case "close":
                client.writer.close()
            case "reset":
                client.writer.transport.abort()
            case _:
                client.writer.write_eof()
        async with asyncio.timeout(2):
            await freed.wait()
    assert running.crashes == []


async def test_a_handler_may_say_why_after_its_client_left() -> None:
    entered, done = asyncio.Event(), asyncio.Event()

    async def explain(exchange: Exchange) -> None:
        exchange.start(200, [])
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            exchange.write(b"sorry")
            exchange.abort()
            done.set()

    async with serving(explain) as running, running.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await entered.wait()
        client.writer.transport.abort()
        await done.wait()
    assert running.crashes == []


async def test_work_after_the_reply_outlives_the_client() -> None:
    go, done = asyncio.Event(), asyncio.Event()

    async def account(exchange: Exchange) -> None:
        await echo(exchange)
        await go.wait()
        done.set()

    async with serving(account) as running:
        await running.ask(b"GET / HTTP/1.0\r\n\r\n")
        go.set()
        async with asyncio.timeout(2):
            await done.wait()


async def test_a_slow_reader_holds_its_own_stream_only() -> None:
    sent = 0
    piece = b"x" * 65_536

    async def pour(exchange: Exchange) -> None:
        nonlocal sent
        if exchange.path == "/quick":
            await echo(exchange)
            return
        exchange.start(200, [], len(piece) * 400)
        for _ in range(400):
            exchange.write(piece)
            sent += len(piece)
            await exchange.drain()
        exchange.finish()

    async with serving(pour) as running, running.client() as slow, running.client() as quick:
        slow.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await slow.until(b"\r\n\r\n")
        previous = -1
        while sent != previous:  # until the kernel's buffers are full and drain() holds
            previous = sent
            quick.send(b"GET /quick HTTP/1.1\r\nHost: a\r\n\r\n")
            await quick.until(b"GET /quick||")
        assert sent < len(piece) * 400
        async with asyncio.timeout(5):
            received = await slow.reader.readexactly(len(piece) * 400)
    assert received.count(b"x") == len(piece) * 400


# ── start and end ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_localhost_is_one_port_on_every_address() -> None:
    async with Server(echo) as server:
        _, port = await server.listen("localhost", 0)
        infos = await asyncio.get_running_loop().getaddrinfo("localhost", port, type=socket.SOCK_STREAM)
        for address in {str(info[4][0]) for info in infos}:
            reader, writer = await asyncio.open_connection(address, port)
            writer.write(b"GET / HTTP/1.0\r\n\r\n")
            assert (await reader.read()).endswith(b"GET /||")
            writer.close()


async def test_a_taken_port_is_an_os_error() -> None:
    async with Server(echo) as first, Server(echo) as second:
        host, port = await first.listen("127.0.0.1", 0)
        with pytest.raises(OSError, match="in use"):
            await second.listen(host, port)


async def test_unix_socket(tmp_path: Path) -> None:
    peers: list[str] = []

    async def note(exchange: Exchange) -> None:
        peers.append(exchange.peer)
        await echo(exchange)

    async with Server(note) as server:
        await server.listen_unix(tmp_path / "s")
        reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        assert (await reader.read()).endswith(b"GET /||")
        writer.close()
    assert peers == ["unix"]


async def test_drain_lets_the_last_replies_out() -> None:
    go, entered = asyncio.Event(), asyncio.Event()

    async def wait(exchange: Exchange) -> None:
        if exchange.path == "/wait":
            entered.set()
            await go.wait()
        await echo(exchange)

    async with serving(wait) as running, running.client() as idle, running.client() as busy:
        idle.send(b"GET /idle HTTP/1.1\r\nHost: a\r\n\r\n")
        await idle.until(b"GET /idle||")
        busy.send(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
        await entered.wait()
        async with asyncio.TaskGroup() as tasks:
            draining = tasks.create_task(running.server.drain(5))
            assert await idle.to_end() == b""
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", running.port)
            assert not draining.done()
            go.set()
            reply = await busy.to_end()
    assert b"connection: close\r\n" in reply
    assert reply.endswith(b"GET /wait||")


async def test_drain_cancels_what_takes_too_long() -> None:
    both = asyncio.Barrier(3)

    async def stay(exchange: Exchange) -> None:
        if exchange.path == "/stream":
            exchange.start(200, [])
        await both.wait()
        await asyncio.Event().wait()

    async with serving(stay) as running, running.client() as plain, running.client() as stream:
        plain.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        stream.send(b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        await both.wait()
        await running.server.drain(0.01)
        assert (await plain.to_end()).startswith(b"HTTP/1.1 503 ")
        assert not (await stream.to_end()).endswith(b"0\r\n\r\n")


async def test_sockets_that_are_handed_on_lose_nobody() -> None:
    """Who is being answered gets the whole answer from the old server, who waits to be accepted is from the new one."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(exchange: Exchange) -> None:
        begun.set()
        await go_on.wait()
        exchange.reply(200, [(b"content-type", b"text/plain")], b"old")

    async def quick(exchange: Exchange) -> None:
        exchange.reply(200, [(b"content-type", b"text/plain")], b"new")

    ask = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    async with Server(slow) as old, Server(quick) as new, asyncio.TaskGroup() as group, asyncio.timeout(5):
        address = await old.listen("127.0.0.1", 0)
        handed_on = [copy.detach() for copy in old.copies()]
        first_reader, first_writer = await asyncio.open_connection(*address)
        first_writer.write(ask)
        await begun.wait()
        draining = group.create_task(old.drain(5))
        await asyncio.sleep(0)  # from here on the old one accepts nobody
        second_reader, second_writer = await asyncio.open_connection(*address)
        second_writer.write(ask)
        assert await new.listen("", 0, inherited=handed_on) == address
        assert (await second_reader.read()).endswith(b"new")
        go_on.set()
        assert (await first_reader.read()).endswith(b"old")
        await draining
        for writer in (first_writer, second_writer):
            writer.close()
