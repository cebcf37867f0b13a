"""The client against scripted providers on real sockets: whatever they do becomes one member of the error tree."""

import asyncio
import ssl
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_dashboard.core.chat import HttpRequest
from ai_dashboard.core.errors import (
    UpstreamError,
    UpstreamInvalid,
    UpstreamTimeout,
    UpstreamTruncated,
    UpstreamUnreachable,
)
from ai_dashboard.transport.client import Endpoint, PoolLimits, Timeouts, UpstreamClient
from tests.integration.transport.provider import (
    ASK,
    HEAD_5,
    HEAD_CHUNKED,
    OK,
    SOON,
    SWITCH,
    Peer,
    Provider,
    Script,
    collect,
    everything,
    keeps_answering,
    says,
    until,
)

# ── what is right ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_request_and_reply() -> None:
    seen: list[bytes] = []

    async def script(peer: Peer) -> None:
        seen.append(await peer.request())
        peer.send(b"HTTP/1.1 207 Odd\r\nContent-Length: 2\r\nX-A: 1 \r\nx-a: 2\r\n\r\nok")

    provider = Provider(script)
    async with provider.running() as client:
        reply = await client.send(provider.endpoint, ASK)
        assert (reply.status, reply.ends_at_eof) == (207, False)
        assert reply.headers == (("content-length", "2"), ("x-a", "1"), ("x-a", "2"))
        assert (reply.header("x-a"), reply.header("x-b")) == ("1", None)
        assert reply.connected_s is not None
        assert await reply.read(100) == b"ok"
        assert await reply.chunk() == b""
    assert seen == [
        b"POST /v1/x HTTP/1.1\r\ncontent-type: application/json\r\n"
        b"host: 127.0.0.1:%d\r\ncontent-length: 2\r\n\r\n{}" % provider.endpoint.port
    ]


@pytest.mark.parametrize(
    ("sent", "body", "at_eof"),
    [
        ((HEAD_CHUNKED + b"3\r\nabc\r\n", b"2;x\r\nde\r\n0\r\nT: u\r\n\r\n"), b"abcde", False),
        ((b"HTTP/1.1 200 OK\r\n\r\nab", b"cde"), b"abcde", True),
        ((b"HTTP/1.0 200 OK\r\n\r\nabcde",), b"abcde", True),
        ((b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", OK), b"ok", False),
        ((b"HTTP/1.1 204 No Content\r\n\r\n",), b"", False),
        ((b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",), b"", False),
        ((HEAD_5, b"abcde"), b"abcde", False),
    ],
)
async def test_bodies_of_every_framing(sent: tuple[bytes, ...], body: bytes, at_eof: bool) -> None:
    provider = Provider(says(*sent))
    async with provider.running() as client:
        reply = await client.send(provider.endpoint, ASK)
        assert reply.ends_at_eof == at_eof
        assert await everything(reply) == body


async def test_what_is_here_of_a_body_is_taken_without_waiting() -> None:
    asked_for = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(HEAD_5)
        await asked_for.wait()
        peer.send(b"abcde")

    provider = Provider(script)
    async with provider.running() as client:
        reply = await client.send(provider.endpoint, ASK)
        assert reply.at_once() is None
        asked_for.set()
        assert await reply.chunk() == b"abcde"
        assert reply.at_once() == b""


async def test_a_body_is_poured_piece_by_piece_until_it_is_enough() -> None:
    went_on = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(HEAD_5)
        for letter in (b"a", b"b", b"c"):
            peer.send(letter)
            await peer.flush()
            await asyncio.sleep(0.01)
        await went_on.wait()
        peer.send(b"de")

    provider = Provider(script)
    async with provider.running() as client:
        reply = await client.send(provider.endpoint, ASK)
        got: list[bytes] = []

        def take(data: bytes) -> bool:
            got.append(data)
            return b"".join(got) not in (b"abc", b"abcde")

        assert await reply.pour(take) is False
        assert b"".join(got) == b"abc"
        went_on.set()
        assert await reply.pour(take) is False
        assert await reply.pour(take) is True
        assert b"".join(got) == b"abcde"


async def test_what_goes_wrong_with_a_piece_is_raised_where_it_is_poured() -> None:
    """The connection is not to blame for what its reader makes of it."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(HEAD_5)
        await asyncio.sleep(0.01)
        peer.send(b"ab")
        await peer.until_closed()

    def take(_data: bytes) -> bool:
        raise UpstreamInvalid("that is no answer")

    provider = Provider(script)
    async with provider.running() as client:
        reply = await client.send(provider.endpoint, ASK)
        with pytest.raises(UpstreamInvalid, match="that is no answer"):
            await reply.pour(take)
        reply.close()


async def test_pieces_that_are_poured_keep_the_idle_deadline_away() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        for _ in range(8):
            await asyncio.sleep(0.05)
            peer.send(b"x")
            await peer.flush()
        await peer.until_closed()

    provider = Provider(script)
    async with provider.running() as client:
        reply = await client.send(provider.endpoint, ASK, Timeouts(idle_s=0.25))
        got = bytearray()

        def take(data: bytes) -> bool:
            got.extend(data)
            return True

        with pytest.raises(UpstreamTimeout, match="sent nothing more"):
            await reply.pour(take)
        assert got == b"x" * 8


async def test_head_has_no_body() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        await peer.until_closed()

    provider = Provider(script)
    async with provider.running() as client:
        reply = await client.send(provider.endpoint, HttpRequest("HEAD", "/", (), b""))
        assert await reply.chunk() == b""


STREAM = (
    b"HTTP/1.1 100 Continue\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"9\r\ndata: 1\n\n\r\nb;e=f\r\ndata: \xe2\x82\xac\n\n\r\n0\r\nT: u\r\n\r\n"
)


@settings(max_examples=30, deadline=None)
@given(cuts=st.sets(st.integers(1, len(STREAM) - 1), max_size=20))
def test_bytes_may_be_split_anywhere(cuts: set[int]) -> None:
    at = sorted(cuts)
    parts = [STREAM[start:end] for start, end in zip([0, *at], [*at, len(STREAM)], strict=True)]

    async def ask() -> tuple[int, bytes]:
        provider = Provider(says(*parts))
        async with provider.running() as client:
            reply = await client.send(provider.endpoint, ASK)
            return reply.status, await everything(reply)

    assert asyncio.run(ask()) == (200, b"data: 1\n\ndata: \xe2\x82\xac\n\n")


async def test_a_large_body_goes_out_whole() -> None:
    async def script(peer: Peer) -> None:
        whole = await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n%07d" % whole.count(b"x"))

    provider = Provider(script)
    async with provider.running() as client:
        reply = await client.send(provider.endpoint, HttpRequest("POST", "/", (), b"x" * 3_000_000))
        assert await reply.read(100) == b"3000000"


# ── the pool ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_connections_are_used_again() -> None:
    provider = Provider(keeps_answering)
    async with provider.running() as client:
        for turn in range(100):
            reply = await client.send(provider.endpoint, ASK)
            assert (reply.connected_s is None) == (turn > 0)
            assert await reply.read(100) == b"ok"
    assert provider.connections == 1


async def test_every_concurrent_request_has_its_own() -> None:
    async def script(peer: Peer) -> None:
        while True:
            request = await peer.request()
            number = request.partition(b"/")[2].partition(b" ")[0]
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(number), number))

    async def ask(client: UpstreamClient, number: int) -> None:
        reply = await client.send(provider.endpoint, HttpRequest("GET", f"/{number}", (), b""))
        assert await reply.read(100) == str(number).encode()

    provider = Provider(script)
    async with provider.running() as client:
        for _ in range(5):
            async with asyncio.TaskGroup() as tasks:
                for number in range(40):
                    tasks.create_task(ask(client, number))
    assert provider.connections <= 40


@pytest.mark.parametrize(
    "last_words",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=1\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
        OK + b"garbage",
    ],
)
async def test_connections_that_are_not_used_again(last_words: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(last_words)
        await peer.until_closed()

    provider = Provider(script)
    async with provider.running() as client:
        for _ in range(2):
            reply = await client.send(provider.endpoint, ASK)
            assert await reply.read(100) == b"ok"
            assert reply.connected_s is not None


@pytest.mark.parametrize("how", ["closed while idle", "closed on use", "reset on use"])
async def test_a_stale_connection_is_replaced_once(how: str) -> None:
    gone = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(OK)
        if peer.number == 1 and how != "closed while idle":
            await peer.request()
            if how == "reset on use":
                peer.reset()
        gone.set()

    provider = Provider(script)
    async with provider.running() as client:
        assert await (await client.send(provider.endpoint, ASK)).read(100) == b"ok"
        if how == "closed while idle":
            await gone.wait()
        assert await (await client.send(provider.endpoint, ASK)).read(100) == b"ok"
    assert provider.connections == 2


async def test_nothing_is_sent_twice_after_a_byte_of_the_reply() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(OK)
        await peer.request()
        peer.send(b"HTTP/1.1 2")

    provider = Provider(script)
    async with provider.running() as client:
        assert await (await client.send(provider.endpoint, ASK)).read(100) == b"ok"
        with pytest.raises(UpstreamTruncated):
            await client.send(provider.endpoint, ASK)
    assert provider.connections == 1


async def test_surplus_idle_connections_are_closed() -> None:
    provider = Provider(keeps_answering)
    async with provider.running():
        client = UpstreamClient(PoolLimits(max_idle=1))
        replies = [client.send(provider.endpoint, ASK) for _ in range(3)]
        for reply in await asyncio.gather(*replies):
            await reply.read(100)
        await until(lambda: provider.closed == 2)
        await client.aclose()


# ── what goes wrong ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("script", "error", "before"),
    [
        pytest.param(says(), UpstreamTruncated, b"", id="closes without a word"),
        pytest.param(says(then=Peer.reset), UpstreamTruncated, b"", id="resets without a word"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nCont"), UpstreamTruncated, b"", id="half a head"),
        pytest.param(says(b"SSH-2.0-OpenSSH_9.6\r\n"), UpstreamInvalid, b"", id="not HTTP"),
        pytest.param(says(SWITCH), UpstreamInvalid, b"", id="101"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000), UpstreamInvalid, b"", id="endless head"),
        pytest.param(
            says(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 300 + b"\r\n"), UpstreamInvalid, b"", id="300 headers"
        ),
        pytest.param(
            says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx"), UpstreamInvalid, b"", id="gzip coding"
        ),
        pytest.param(
            says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"),
            UpstreamInvalid,
            b"",
            id="both lengths",
        ),
        pytest.param(says(HEAD_5 + b"abc"), UpstreamTruncated, b"abc", id="short body"),
        pytest.param(says(HEAD_5 + b"abc", then=Peer.reset), UpstreamTruncated, b"abc", id="reset in the body"),
        pytest.param(says(HEAD_CHUNKED + b"3\r\nabc\r\n"), UpstreamTruncated, b"abc", id="no last chunk"),
        pytest.param(says(HEAD_CHUNKED + b"3\r\nab"), UpstreamTruncated, b"ab", id="half a chunk"),
        pytest.param(says(HEAD_CHUNKED + b"3\r\nabc\r\n", b"zz\r\n"), UpstreamInvalid, b"abc", id="bad chunk size"),
    ],
)
async def test_failures(script: Script, error: type[UpstreamError], before: bytes) -> None:
    provider = Provider(script)
    async with provider.running() as client:
        received: list[bytes] = []
        with pytest.raises(error) as failure:
            await collect(await client.send(provider.endpoint, ASK), received)
        assert b"".join(received) == before
        assert str(provider.endpoint) in failure.value.message


async def hold(peer: Peer) -> None:
    await peer.request()
    await peer.until_closed()


def stalls_after(*parts: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await peer.request()
        for part in parts:
            peer.send(part)
        await peer.until_closed()

    return script


@pytest.mark.parametrize(
    ("script", "timeouts", "message"),
    [
        (hold, SOON, "did not begin to answer within 0.05 s"),
        (stalls_after(b"HTTP/1.1 200"), SOON, "did not begin to answer within 0.05 s"),
        (stalls_after(HEAD_5, b"abc"), SOON, "sent nothing more within 0.05 s"),
        (stalls_after(HEAD_5, b"abc"), Timeouts(total_s=0.05), "was not whole within 0.05 s"),
        (hold, Timeouts(total_s=0.05), "was not whole within 0.05 s"),
    ],
)
async def test_deadlines(script: Script, timeouts: Timeouts, message: str) -> None:
    provider = Provider(script)
    async with provider.running() as client:
        with pytest.raises(UpstreamTimeout, match=message):
            await everything(await client.send(provider.endpoint, ASK, timeouts))
        await until(lambda: provider.closed == provider.connections)  # the provider saw us go


async def test_a_pooled_connection_that_is_silent_is_not_tried_again() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(OK)
        await hold(peer)

    provider = Provider(script)
    async with provider.running() as client:
        assert await (await client.send(provider.endpoint, ASK)).read(100) == b"ok"
        with pytest.raises(UpstreamTimeout):
            await client.send(provider.endpoint, ASK, SOON)
    assert provider.connections == 1


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        (Endpoint("http", "127.0.0.1", 1), "127.0.0.1:1: connection refused"),
        (Endpoint("http", "no-such-host.invalid", 80), "no-such-host.invalid cannot be resolved"),
    ],
)
async def test_unreachable(endpoint: Endpoint, message: str) -> None:
    client = UpstreamClient()
    with pytest.raises(UpstreamUnreachable, match=message):
        await client.send(endpoint, ASK)
    await client.aclose()


async def test_a_key_with_a_line_break_is_not_sent() -> None:
    provider = Provider(keeps_answering)
    async with provider.running() as client:
        ask = HttpRequest("GET", "/", (("authorization", "Bearer secret\n"),), b"")
        with pytest.raises(UpstreamUnreachable, match="'authorization'") as failure:
            await client.send(provider.endpoint, ask)
        assert "secret" not in failure.value.message
    assert provider.connections == 0


async def test_a_body_over_the_readers_limit() -> None:
    provider = Provider(stalls_after(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1000))
    async with provider.running() as client:
        reply = await client.send(provider.endpoint, ASK)
        with pytest.raises(UpstreamInvalid, match="999"):
            await reply.read(999)


# ── leaving ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("script", [hold, stalls_after(HEAD_CHUNKED, b"1\r\na\r\n")])
async def test_cancelling_closes_the_socket(script: Script) -> None:
    provider = Provider(script)
    async with provider.running() as client:

        async def ask() -> None:
            await everything(await client.send(provider.endpoint, ASK))

        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(ask())
            await until(lambda: provider.connections == 1)
            for _ in range(20):  # let it wait for the head, or the body
                await asyncio.sleep(0)
            task.cancel()
        await until(lambda: provider.closed == 1)


async def test_closing_a_reply_closes_the_socket() -> None:
    provider = Provider(stalls_after(HEAD_CHUNKED, b"1\r\na\r\n"))
    async with provider.running() as client:
        reply = await client.send(provider.endpoint, ASK)
        reply.close()
        reply.close()
        await until(lambda: provider.closed == 1)
        with pytest.raises(RuntimeError, match="closed"):
            await reply.chunk()


async def test_a_closed_client_sends_nothing() -> None:
    provider = Provider(hold)
    async with provider.running() as client:
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(fails(client, provider))
            await until(lambda: provider.connections == 1)
            for _ in range(20):
                await asyncio.sleep(0)
            client.close()
        assert isinstance(waiting.result(), UpstreamTruncated)
        with pytest.raises(UpstreamUnreachable, match="shutting down"):
            await client.send(provider.endpoint, ASK)


async def fails(client: UpstreamClient, provider: Provider) -> UpstreamError | None:
    try:
        await client.send(provider.endpoint, ASK)
    except UpstreamError as error:
        return error
    return None


async def test_a_slow_reader_slows_its_provider() -> None:
    size = 40 << 20
    sent = 0

    async def script(peer: Peer) -> None:
        nonlocal sent
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        while sent < size:
            peer.send(b"x" * 65_536)
            await peer.flush()
            sent += 65_536

    provider = Provider(script)
    async with provider.running() as client:
        reply = await client.send(provider.endpoint, ASK)
        previous = -1
        while sent != previous:  # until the kernel's buffers are full
            previous = sent
            for _ in range(50):
                await asyncio.sleep(0)
        assert sent < size
        assert reply.buffered < 1 << 20
        assert len(await everything(reply)) == size


# ── TLS ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_tls_with_a_known_authority(
    certificate: Path, server_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    provider = Provider(keeps_answering, "https")
    async with provider.running(server_context) as client:
        for _ in range(2):
            assert await (await client.send(provider.endpoint, ASK)).read(100) == b"ok"
    assert provider.connections == 1


async def test_tls_that_nobody_vouches_for(server_context: ssl.SSLContext) -> None:
    provider = Provider(keeps_answering, "https")
    async with provider.running(server_context) as client:
        with pytest.raises(UpstreamUnreachable, match=r"not trusted.*self-signed"):
            await client.send(provider.endpoint, ASK)


async def test_tls_towards_a_plain_port() -> None:
    async def script(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    provider = Provider(script, "https")
    async with provider.running() as client:
        with pytest.raises(UpstreamUnreachable, match="TLS failed"):
            await client.send(provider.endpoint, ASK)
