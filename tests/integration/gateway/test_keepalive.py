"""A silent stream says now and then that it is alive, and never in the middle of an event."""

import asyncio

from tests.integration.gateway.scene import DONE, HELLO, ROLE, STOP, Gate, Play, house, stream

ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
OFTEN = {"stream": {"keepalive_s": 0.02}}
HALF = HELLO[:20]

PING = b": keep-alive\n\n"


async def test_silence_is_filled_with_comments_at_event_boundaries() -> None:
    gate = Gate(ROLE + HELLO + HALF, HELLO[20:] + STOP + DONE)
    async with house({"first": Play(gate)}, settings=OFTEN) as home:
        got = b""
        async with asyncio.timeout(5), home.http.stream("POST", "/v1/chat/completions", json=ASK) as response:
            async for piece in response.aiter_raw():
                got += piece
                if got.count(PING) == 2:
                    gate.open()
    assert got.count(PING) >= 2
    assert got.replace(PING, b"") == ROLE + HELLO + HELLO + STOP + DONE


async def test_a_stream_that_flows_has_no_comments() -> None:
    async with house({"first": Play(stream(ROLE, HELLO, STOP, DONE))}) as home:
        assert PING not in (await home.chat()).content


async def test_nothing_is_said_before_the_first_content() -> None:
    """Another provider may still answer, so there is no reply yet that could hold a comment."""
    gate = Gate(ROLE, HELLO + STOP + DONE)
    play = Play(gate)
    soon = {"first": {"timeouts": {"first_token_s": 0.1, "idle_s": 0.1}}}
    async with house({"first": play, "second": Play(stream(HELLO, DONE))}, settings=OFTEN, entries=soon) as home:
        response = await home.chat()
        assert response.content == HELLO + DONE
        assert response.headers["x-provider"] == "second"
