"""Streams on their way to the caller: every byte in its order, nobody woken for one, and nothing is left of those who
leave."""

import asyncio
import gc

import httpx
import pytest

from ai_dashboard.core.records import Stage
from ai_dashboard.gateway.passing import Passing
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.transport.client.connection import Outcome, UpstreamConnection
from ai_dashboard.transport.http1 import Exchange
from ai_dashboard.transport.http1.protocol import Connection
from tests.integration.gateway.scene import (
    DONE,
    HELLO,
    ROLE,
    STOP,
    WORLD,
    Gate,
    Play,
    Script,
    frame,
    house,
    stream,
    until,
)

ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}


class Paced:
    """A stream of which each piece is said when somebody asks for it."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces
        self._allowed = asyncio.Semaphore(0)

    def say(self) -> None:
        self._allowed.release()

    async def __call__(self, exchange: Exchange) -> None:
        exchange.start(200, [(b"content-type", b"text/event-stream")], first=ROLE + HELLO)
        for piece in self._pieces:
            await self._allowed.acquire()
            exchange.write(piece)
        exchange.finish()


async def test_pieces_leave_one_by_one_without_waking_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request's own coroutine sleeps from the first piece to the last."""
    pieces = [frame({"content": f"piece {number}"}) for number in range(20)]
    paced = Paced(*pieces, STOP + DONE)
    told: list[object] = []
    wake = UpstreamConnection._wake

    def noted(connection: UpstreamConnection, outcome: Outcome) -> None:
        told.append(outcome)
        wake(connection, outcome)

    monkeypatch.setattr(UpstreamConnection, "_wake", noted)
    async with (
        house({"first": Play(paced)}) as home,
        asyncio.timeout(5),
        home.http.stream("POST", "/v1/chat/completions", json=ASK) as response,
    ):
        got = b""
        async for data in response.aiter_raw():
            got += data
            if got == ROLE + HELLO:
                told.clear()  # of checks, and of the reply's head
            paced.say()
    assert got == ROLE + HELLO + b"".join(pieces) + STOP + DONE
    assert len(told) == 1


async def test_what_the_provider_says_in_error_is_told_after_what_came_before() -> None:
    noise = b"data: <html>oh no</html>\n\n"
    async with house({"first": Play(stream(ROLE + HELLO, WORLD, noise, STOP + DONE))}) as home:
        answer = (await home.chat()).content
        assert answer.startswith(ROLE + HELLO + WORLD)
        assert b"no JSON object" in answer[len(ROLE + HELLO + WORLD) :]
        assert (await home.record()).stage is Stage.CUT


@pytest.mark.parametrize("held", [True, False])
async def test_who_leaves_leaves_nothing_for_the_garbage_collector(held: bool) -> None:
    """Thousands may leave before it comes by, each with kilobytes of its stream."""
    gate = Gate(ROLE + HELLO + WORLD) if held else Paced(*[frame({"content": "x"})] * 50)
    async with house({"first": Play(gate)}) as home:
        await home.http.get("/health/liveliness")
        gc.collect()
        gc.disable()
        try:
            for number in range(1, 4):
                async with (
                    httpx.AsyncClient(base_url=home.url, trust_env=False) as leaving,
                    leaving.stream("POST", "/v1/chat/completions", json=ASK),
                ):
                    if isinstance(gate, Paced):
                        gate.say()
                assert (await home.record(number)).stage is Stage.GONE
            await until(lambda: not [it for it in gc.get_objects() if isinstance(it, Passing)])
            assert len([it for it in gc.get_objects() if isinstance(it, Trip)]) == 3  # their records
        finally:
            gc.enable()


def in_one_piece(said: bytes) -> Script:
    """A stream of which head, events and end come in one read."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"

    async def answer(exchange: Exchange) -> None:
        exchange._connection.write(head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(said), said))
        await asyncio.Event().wait()

    return answer


async def test_a_stream_that_came_in_one_piece_leaves_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    write = Connection.write

    def noted(connection: Connection, data: bytes) -> None:
        written.append(data)
        write(connection, data)

    said = ROLE + HELLO + STOP + DONE
    async with house({"first": Play(in_one_piece(said))}) as home:
        monkeypatch.setattr(Connection, "write", noted)
        assert (await home.chat()).content == said
    ours = [data for data in written if b"x-provider: first" in data]
    assert len(ours) == 1
    assert ours[0].endswith(b"\r\n0\r\n\r\n")


async def test_a_stream_that_came_in_one_piece_and_is_not_whole_is_told_to_be_cut() -> None:
    async with house({"first": Play(in_one_piece(ROLE + HELLO))}) as home:
        answer = (await home.chat()).content
        assert answer.startswith(ROLE + HELLO)
        assert b"upstream_truncated" in answer
        assert (await home.record()).stage is Stage.CUT


async def test_nothing_is_held_back_while_somebody_else_goes_on() -> None:
    gate = Gate(ROLE, WORLD + STOP + DONE)
    plays = {"first": Play(in_one_piece(ROLE + HELLO)), "second": Play(gate)}
    settings, entries = {"stream": {"on_cut": "continue"}}, {"second": {"type": "vllm"}}
    async with (
        house(plays, settings=settings, entries=entries) as home,
        asyncio.timeout(5),
        home.http.stream("POST", "/v1/chat/completions", json=ASK) as response,
    ):
        got = b""
        async for data in response.aiter_raw():
            got += data
            if b"Hello" in got:
                gate.open()
    assert b"rld" in got
    assert got.endswith(DONE)
