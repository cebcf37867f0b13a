"""What follows a failure: pauses and budgets, breakers and cooldowns, larger windows, and the time that is left."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from ai_dashboard.core.records import AttemptRecord, Stage
from ai_dashboard.core.snapshot import BreakerState, Health
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import (
    ANSWER,
    ROLE,
    House,
    Play,
    Script,
    closed_port,
    error_of,
    house,
    reply,
    stream,
    until,
)

QUICK: Mapping[str, Any] = {"retries": {"base_delay_s": 0.02}}
BOOM = reply(500, b'{"error":{"message":"boom"}}')
BUSY = reply(503, b'{"error":{"message":"busy"}}')
TOO_LONG = reply(400, b'{"error":{"message":"too long","code":"context_length_exceeded"}}')


def limited(*headers: tuple[bytes, bytes]) -> Script:
    return reply(429, b'{"error":{"message":"slow down"}}', *headers)


def in_turn(*scripts: Script) -> Script:
    """Each script once, the last one for ever."""
    left = list(scripts)

    async def answer(exchange: Exchange) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(exchange)

    return answer


async def attempts(home: House, number: int = 1) -> tuple[AttemptRecord, ...]:
    return (await home.record(number)).attempts


# ── the same provider again ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("failing", [BUSY, limited(), limited((b"retry-after-ms", b"20"))], ids=["503", "429", "wait"])
async def test_who_is_only_busy_is_asked_again_when_nobody_else_is_left(failing: Script) -> None:
    play = Play(in_turn(failing, failing, stream(ANSWER)))
    async with house({"only": play}, settings=QUICK) as home:
        response = await home.chat()
        assert (response.status_code, response.content, response.headers["x-attempts"]) == (200, ANSWER, "3")
        first, second, third = await attempts(home)
        assert [it.kind for it in (first, second, third)] == ["first", "retry", "retry"]
        assert (first.paused_s, third.error) == (0.0, None)
        for before, it in ((first, second), (second, third)):
            # The loop's timers count whole milliseconds.
            assert it.started_s >= before.ended_s + it.paused_s - 0.002
        assert home.gateway.runtime.retries == 2
        assert home.nothing_in_flight()


async def test_a_closed_port_is_knocked_at_again_until_it_is_known_that_nobody_is_there() -> None:
    undecided = {"health": {"attempts": 50, "interval_s": 3600}, "retries": {"base_delay_s": 0.01, "max": 3}}
    with closed_port() as nobody:
        async with house({"only": nobody}, settings=undecided) as home:
            response = await home.chat()
            assert (response.status_code, response.headers["x-attempts"]) == (502, "3")
            assert (await home.chat()).headers["x-attempts"] == "1"


async def test_somebody_else_is_asked_before_anybody_is_asked_again() -> None:
    first, second = Play(in_turn(BUSY, stream(ANSWER))), Play(in_turn(BOOM, stream(ANSWER)))
    async with house({"first": first, "second": second}, settings=QUICK) as home:
        response = await home.chat()
        assert (response.status_code, response.headers["x-provider"]) == (200, "first")
        assert [(it.provider, it.kind) for it in await attempts(home)] == [
            ("first", "first"),
            ("second", "fallback"),
            ("first", "retry"),
        ]


@pytest.mark.parametrize(
    "failing",
    [
        BOOM,
        limited((b"retry-after", b"61")),
        limited((b"retry-after", b"-3")),
        limited((b"retry-after", b"in a while")),
        reply(404, b"{}"),
        reply(401, b"{}"),
        stream(ROLE),
    ],
    ids=["500", "wait too long", "wait for the past", "wait for nonsense", "404", "401", "cut"],
)
async def test_nobody_is_asked_again_where_it_would_not_help(failing: Script) -> None:
    play = Play(in_turn(failing, stream(ANSWER)))
    async with house({"only": play}, settings=QUICK) as home:
        response = await home.chat()
        assert response.status_code >= 400
        assert len(play.asked) == 1


async def test_a_caller_who_leaves_during_a_pause_is_the_end_of_it() -> None:
    play = Play(BUSY)
    async with house({"only": play}, settings={"retries": {"base_delay_s": 60, "max_wait_s": 60}}) as home:
        asking = asyncio.ensure_future(home.chat())  # noqa: TID251 - the caller that leaves
        await until(
            lambda: len(play.asked) == 1 and not any(s.in_flight for s in home.gateway.runtime.providers.values())
        )
        asking.cancel()
        await until(home.nothing_in_flight)
        record = await home.record()
        assert (record.stage, len(record.attempts), len(play.asked)) == (Stage.GONE, 1, 1)


async def test_the_budget_of_all_requests_together_is_an_end_too() -> None:
    plays = {"only": Play(BUSY)}
    settings = {"retries": {"base_delay_s": 0, "budget_ratio": 0, "budget_min_per_s": 0.1}, "breaker": {"failures": 99}}
    async with house(plays, settings=settings) as home:
        for _ in range(5):
            await home.chat()
        assert len(plays["only"].asked) == 6


async def test_with_everything_down_there_are_hardly_more_attempts_than_requests() -> None:
    first, second = Play(BUSY), Play(BUSY)
    settings = {"retries": {"base_delay_s": 0.001, "budget_min_per_s": 0}}
    async with house({"first": first, "second": second}, settings=settings) as home:
        requests = 60
        for _ in range(requests // 10):
            await asyncio.gather(*(home.chat() for _ in range(10)))
        assert len(first.asked) + len(second.asked) <= 1.2 * 2 * requests
        assert home.nothing_in_flight()


# ── cooldowns ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_rate_limited_provider_is_left_alone_and_its_other_models_too() -> None:
    first, second = Play(limited((b"retry-after", b"30"))), Play(stream(ANSWER))
    entries = {"first": {"models": ["m", "n"]}, "second": {"models": ["m", "n"]}}
    async with house({"first": first, "second": second}, entries=entries) as home:
        assert (await home.chat()).headers["x-provider"] == "second"
        assert (await home.chat(model="n")).headers["x-attempts"] == "1"
        assert len(first.asked) == 1
        view = home.provider("first")
        assert (view.health, view.targets[0].breaker) == (Health.COOLDOWN, BreakerState.CLOSED)
        assert 29 <= view.cooldown_s <= 36


async def test_when_all_are_rate_limited_the_caller_reads_when_to_come_back() -> None:
    plays = {"first": Play(limited((b"retry-after", b"40"))), "second": Play(limited((b"retry-after", b"20")))}
    async with house(plays) as home:
        tried = await home.chat()
        assert (tried.status_code, tried.headers["retry-after"]) == (429, "20")
        planned = await home.chat()
        assert planned.status_code == 429
        assert planned.headers["x-attempts"] == "0"
        assert 19 <= int(planned.headers["retry-after"]) <= 24


# ── breakers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_broken_model_is_left_out_tried_once_and_taken_back_step_by_step() -> None:
    first, second = Play(BOOM), Play(stream(ANSWER))
    settings = {"breaker": {"cooldown_s": 0.1, "ramp_step_s": 0.05}}
    async with house({"first": first, "second": second}, settings=settings) as home:
        for _ in range(3):
            await home.chat()
        assert len(first.asked) == 3
        assert home.provider("first").targets[0].breaker is BreakerState.OPEN
        response = await home.chat()
        assert (response.headers["x-provider"], response.headers["x-attempts"]) == ("second", "1")
        first.script = stream(ANSWER)
        runtime = home.gateway.runtime
        target = runtime.provider("first").targets["m"]

        def moved_to(state: BreakerState) -> bool:
            runtime.look()
            return target.breaker is state

        await until(lambda: moved_to(BreakerState.PROBING))
        assert (await home.chat()).headers["x-provider"] == "first"
        await until(lambda: moved_to(BreakerState.CLOSED))
        assert (await home.chat()).headers["x-provider"] == "first"


async def test_a_single_provider_is_asked_all_the_same_and_is_back_with_its_first_answer() -> None:
    play = Play(BOOM)
    async with house({"only": play}) as home:
        for _ in range(4):
            assert (await home.chat()).status_code == 502
        assert len(play.asked) == 4
        play.script = stream(ANSWER)
        assert (await home.chat()).status_code == 200
        target = home.gateway.runtime.provider("only").targets["m"]
        assert target.breaker is not BreakerState.OPEN


@pytest.mark.parametrize("status", [400, 404, 413, 422])
async def test_what_the_ask_is_to_blame_for_opens_nothing(status: int) -> None:
    play = Play(reply(status, b'{"error":{"message":"no","code":"content_filter"}}'))
    async with house({"only": play}) as home:
        for _ in range(5):
            await home.chat()
        view = home.provider("only")
        assert view.targets[0].breaker is BreakerState.CLOSED
        assert view.error_ratio is None


# ── windows ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def window(tokens: int | None) -> dict[str, Any]:
    return {"models": [{"name": "m"} | ({"context_length": tokens} if tokens else {})]}


async def test_what_is_too_long_goes_on_to_larger_windows_only() -> None:
    plays = {name: Play(TOO_LONG) for name in ("first", "same", "unknown")} | {"larger": Play(stream(ANSWER))}
    windows = {"first": 8000, "same": 8000, "unknown": None, "larger": 32000}
    async with house(plays, entries={name: window(tokens) for name, tokens in windows.items()}) as home:
        response = await home.chat()
        assert (response.status_code, response.headers["x-provider"]) == (200, "larger")
        assert [it.error for it in await attempts(home)] == ["context_length_exceeded", None]
        assert home.gateway.runtime.provider("first").track.errors == 0


async def test_where_there_is_no_larger_window_the_providers_words_go_back_as_they_came() -> None:
    plays = {"first": Play(TOO_LONG), "same": Play(stream(ANSWER))}
    async with house(plays, entries={"first": window(8000), "same": window(8000)}) as home:
        response = await home.chat()
        assert (response.status_code, error_of(response)["code"]) == (400, "context_length_exceeded")
        assert not plays["same"].asked
