"""A second provider beside a slow first one: who answers, what becomes of the other, and what the record says."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from ai_dashboard.core.records import Stage
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import (
    ANSWER,
    HELLO,
    ROLE,
    WHOLE,
    Gate,
    Play,
    cut,
    hanging,
    house,
    reply,
    stream,
    until,
)

SOON: Mapping[str, Any] = {"hedge": {"after": 0.03}}
BOOM = reply(500, b'{"error":{"message":"boom"}}')


async def test_nobody_is_asked_twice_unless_that_is_wanted() -> None:
    gate = Gate(before=ROLE)
    second = Play(stream(ANSWER))
    async with house({"first": Play(gate), "second": second}) as home:
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(home.chat())
            await asyncio.sleep(0.1)
            gate.open()
        assert asking.result().headers["x-provider"] == "first"
        assert not second.asked


@pytest.mark.parametrize("streamed", [True, False])
async def test_whoever_is_faster_answers_and_the_other_is_called_off(streamed: bool) -> None:
    first, second = Play(hanging()), Play(stream(ANSWER) if streamed else reply(200, WHOLE))
    async with house({"first": first, "second": second}, settings=SOON) as home:
        response = await home.chat(stream=streamed)
        assert (response.status_code, response.headers["x-provider"]) == (200, "second")
        assert response.headers["x-fallback-from"] == "first"
        await until(lambda: first.left_at is not None)
        record = await home.record()
        assert (record.provider, record.stage) == ("second", Stage.DONE)
        lost, won = record.attempts
        assert (lost.error, lost.kind, won.error, won.kind) == ("hedge_lost", "first", None, "hedge")
        assert lost.usage is not None
        assert (lost.usage.estimated, lost.usage.prompt_tokens > 0) == (True, True)
        assert home.gateway.runtime.provider("first").track.errors == 0
        assert home.nothing_in_flight()


async def test_a_first_that_answers_in_the_end_has_not_fallen_back() -> None:
    gate, second = Gate(before=ROLE), Play(hanging())
    async with house({"first": Play(gate), "second": second}, settings=SOON) as home:
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(home.chat())
            await until(lambda: len(second.asked) == 1)
            gate.open()
        response = asking.result()
        assert (response.headers["x-provider"], response.headers.get("x-fallback-from")) == ("first", None)
        await until(lambda: second.left_at is not None)
        record = await home.record()
        assert (record.provider, record.fallback_from) == ("first", None)
        assert [it.error for it in record.attempts] == [None, "hedge_lost"]
        assert home.gateway.runtime.fallbacks == 0


async def test_when_one_of_them_fails_the_other_is_waited_for() -> None:
    gate, second = Gate(before=ROLE), Play(BOOM)
    async with house({"first": Play(gate), "second": second}, settings=SOON) as home:
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(home.chat())
            await until(lambda: home.gateway.runtime.provider("second").track.errors == 1)
            gate.open()
        assert asking.result().headers["x-provider"] == "first"
        assert [it.error for it in (await home.record()).attempts] == [None, "upstream_error"]


async def test_when_both_fail_the_third_is_asked() -> None:
    async def late_boom(exchange: Exchange) -> None:
        await asyncio.sleep(0.1)
        await BOOM(exchange)

    plays = {"first": Play(late_boom), "second": Play(cut(ROLE)), "third": Play(stream(ANSWER))}
    async with house(plays, settings=SOON) as home:
        response = await home.chat()
        assert (response.status_code, response.headers["x-provider"]) == (200, "third")
        assert [it.kind for it in (await home.record()).attempts] == ["first", "hedge", "fallback"]


async def test_a_first_that_fails_at_once_is_followed_in_the_usual_way() -> None:
    async with house({"first": Play(BOOM), "second": Play(stream(ANSWER))}, settings=SOON) as home:
        await home.chat()
        assert [it.kind for it in (await home.record()).attempts] == ["first", "fallback"]
        assert home.gateway.runtime.hedges == 0


async def test_a_caller_who_leaves_calls_both_off() -> None:
    first, second = Play(hanging(ROLE)), Play(hanging(ROLE))
    async with house({"first": first, "second": second}, settings=SOON) as home:
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(home.chat())
            await until(lambda: len(second.asked) == 1)
            asking.cancel()
        await until(home.nothing_in_flight)
        await until(lambda: first.left_at is not None and second.left_at is not None)
        assert (await home.record()).stage is Stage.GONE


async def test_the_95th_percentile_is_waited_for_once_it_is_known() -> None:
    first, second = Play(stream(ANSWER)), Play(stream(ANSWER))
    async with house({"first": first, "second": second}, settings={"hedge": {"after": "p95"}}) as home:
        for _ in range(3):
            assert (await home.chat()).headers["x-provider"] == "first"
        home.picture()
        first.script = hanging(ROLE)
        assert (await home.chat()).headers["x-provider"] == "second"
        assert len(first.asked) == 4


async def test_without_a_budget_nobody_is_asked_twice() -> None:
    gate, second = Gate(before=ROLE, after=HELLO + ANSWER), Play(stream(ANSWER))
    settings = {"hedge": {"after": 0.01, "budget_ratio": 0}}
    async with house({"first": Play(gate), "second": second}, settings=settings) as home:
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(home.chat())
            await asyncio.sleep(0.05)
            gate.open()
        assert asking.result().headers["x-provider"] == "first"
        assert not second.asked
