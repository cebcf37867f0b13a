"""One try at one provider: how long it may take, how long its first word is held back, and what its reply tells."""

import asyncio
import time

import pytest

from ai_dashboard.core.records import AttemptRecord, Stage
from ai_dashboard.core.snapshot import BreakerState
from ai_dashboard.transport.client.connection import Outcome, UpstreamConnection
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import (
    ANSWER,
    HELLO,
    JSON_TYPE,
    ROLE,
    WHOLE,
    House,
    Play,
    error_of,
    hanging,
    house,
    reply,
    stream,
)


async def attempts(home: House, number: int = 1) -> tuple[AttemptRecord, ...]:
    return (await home.record(number)).attempts


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_caller_may_say_how_long_it_waits_and_nobody_is_blamed_for_that() -> None:
    first, second = Play(hanging()), Play(stream(ANSWER))
    async with house({"first": first, "second": second}) as home:
        began = time.monotonic()
        response = await home.chat(headers={"x-timeout": "0.1"})
        assert time.monotonic() - began < 2
        assert (response.status_code, error_of(response)["code"]) == (504, "deadline_exceeded")
        assert not second.asked
        state = home.gateway.runtime.provider("first")
        assert (state.track.errors, state.target("m").breaker) == (0, BreakerState.CLOSED)
        assert (await home.chat(headers={"x-timeout": "soon"})).status_code == 400


async def test_the_time_of_a_request_is_that_of_all_its_attempts() -> None:
    first, second = Play(hanging()), Play(hanging())
    settings = {"routes": {"m": {"timeouts": {"total_s": 0.3, "first_token_s": 0.2}}}}
    async with house({"first": first, "second": second}, settings=settings) as home:
        response = await home.chat()
        assert response.status_code == 504
        record = await home.record()
        assert [it.error for it in record.attempts] == ["upstream_timeout", "deadline_exceeded"]
        assert 0.25 <= record.total_s <= 1


async def test_a_stream_is_cut_when_its_time_is_over() -> None:
    async with house({"only": Play(hanging(ROLE, HELLO))}) as home:
        response = await home.chat(headers={"x-timeout": "0.15"})
        assert response.status_code == 200
        assert b"deadline_exceeded" in response.content
        assert b"[DONE]" not in response.content
        assert (await home.record()).stage is Stage.CUT


# ── holding back ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def dying_at_once(exchange: Exchange) -> None:
    exchange.start(200, [(b"content-type", b"text/event-stream")])
    exchange.write(ROLE + HELLO)
    await asyncio.sleep(0.01)
    exchange.abort()


async def test_who_dies_right_after_its_first_word_is_replaced_when_that_is_held_back() -> None:
    plays = {"first": Play(dying_at_once), "second": Play(stream(ANSWER))}
    async with house(plays, settings={"stream": {"holdback_ms": 150}}) as home:
        response = await home.chat()
        assert (response.content, response.headers["x-provider"]) == (ANSWER, "second")
        assert [it.error for it in await attempts(home)] == ["upstream_truncated", None]


async def test_an_answer_that_is_whole_within_the_moment_leaves_as_it_came() -> None:
    async with house({"only": Play(stream(ANSWER))}, settings={"routes": {"m": {"holdback_ms": 60}}}) as home:
        response = await home.chat()
        assert response.content == ANSWER
        assert (await home.record()).stage is Stage.DONE


# ── limits of providers ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_replies_say_of_limits_is_remembered() -> None:
    left = ((b"x-ratelimit-limit-requests", b"100"), (b"x-ratelimit-remaining-requests", b"25"))
    async with house({"only": Play(reply(200, WHOLE, *left))}) as home:
        await home.chat(stream=False)
        assert home.provider("only").headroom == 0.25


async def test_when_the_list_says_nothing_is_left_others_are_asked_first() -> None:
    left = ((b"x-ratelimit-limit-requests", b"100"), (b"x-ratelimit-remaining-requests", b"0"))
    plays = {"first": Play(reply(200, WHOLE, *left)), "second": Play(reply(200, WHOLE, JSON_TYPE))}
    async with house(plays) as home:
        assert (await home.chat(stream=False)).headers["x-provider"] == "first"
        home.picture()
        assert (await home.chat(stream=False)).headers["x-provider"] == "second"


async def test_nobody_is_woken_for_a_part_of_a_reply_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[object] = []
    wake = UpstreamConnection._wake

    def noted(connection: UpstreamConnection, outcome: Outcome) -> None:
        woken.append(outcome)
        wake(connection, outcome)

    async def in_parts(exchange: Exchange) -> None:
        exchange.start(200, [JSON_TYPE], length=len(WHOLE))
        woken.clear()  # of checks
        for start in range(0, len(WHOLE), 10):
            exchange.write(WHOLE[start : start + 10])
            await asyncio.sleep(0.005)  # each arrives by itself
        exchange.finish()

    monkeypatch.setattr(UpstreamConnection, "_wake", noted)
    async with house({"first": Play(in_parts)}) as home:
        response = await home.chat(stream=False)
        assert (response.status_code, response.content) == (200, WHOLE)
        assert len(WHOLE) > 100
        assert len(woken) <= 2  # for its head, and for its end
        (attempt,) = await attempts(home)
        assert attempt.first_token_s is not None
        assert attempt.first_token_s < attempt.ended_s
