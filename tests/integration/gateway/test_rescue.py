"""Answers that break off, and who goes on with them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ai_dashboard.core.records import Stage
from tests.integration.gateway.scene import (
    DONE,
    HELLO,
    ROLE,
    STOP,
    WORLD,
    House,
    Play,
    Script,
    cut,
    frame,
    hanging,
    house,
    reply,
    stream,
)

CONTINUE: Mapping[str, Any] = {"stream": {"on_cut": "continue"}}
VLLM = {"second": {"type": "vllm"}}
REST = ROLE + WORLD + STOP + DONE


def text_of(content: bytes) -> str:
    events = [json.loads(line[6:]) for line in content.split(b"\n\n") if line.startswith(b"data: {")]
    return "".join(choice["delta"].get("content") or "" for event in events for choice in event.get("choices", ()))


async def check_cut(home: House, content: bytes) -> None:
    assert b"upstream_truncated" in content
    assert b"[DONE]" not in content
    assert (await home.record()).stage is Stage.CUT
    assert home.nothing_in_flight()


THOUGHT = frame({"reasoning_content": "Hm. "})


def thoughts_of(content: bytes) -> str:
    events = [json.loads(line[6:]) for line in content.split(b"\n\n") if line.startswith(b"data: {")]
    deltas = [choice["delta"] for event in events for choice in event.get("choices", ())]
    return "".join(delta.get("reasoning_content") or "" for delta in deltas)


@pytest.mark.parametrize("on_cut", ["restart", "continue"])
async def test_an_answer_that_breaks_off_before_it_has_begun_is_asked_for_anew(on_cut: str) -> None:
    second = Play(stream(ROLE, frame({"reasoning_content": "Well. "}), HELLO, STOP, DONE))
    settings = {"stream": {"on_cut": on_cut}}
    async with house({"first": Play(cut(ROLE, THOUGHT)), "second": second}, settings=settings) as home:
        response = await home.chat()
        assert (thoughts_of(response.content), text_of(response.content)) == ("Hm. ", "Hello")
        assert response.content.count(b'"role"') == response.content.count(b"[DONE]") == 1
        assert b": continued by second/m\n\n" in response.content
        assert second.asked[0]["messages"] == [{"role": "user", "content": "Hi"}]
        record = await home.record()
        assert (record.stage, record.provider, record.fallback_from) == (Stage.DONE, "second", "first")
        assert [(it.kind, it.error) for it in record.attempts] == [("first", "upstream_truncated"), ("fallback", None)]
        assert home.nothing_in_flight()


async def test_an_answer_that_is_empty_in_the_second_place_is_none() -> None:
    plays = {"first": Play(cut(ROLE, THOUGHT)), "second": Play(stream(ROLE, STOP, DONE)), "third": Play(stream(REST))}
    async with house(plays, settings={"stream": {"on_cut": "restart"}}) as home:
        response = await home.chat()
        assert text_of(response.content) == " wörld \u2028"
        kinds = [(it.kind, it.error) for it in (await home.record()).attempts]
        assert kinds == [("first", "upstream_truncated"), ("fallback", "upstream_invalid_reply"), ("fallback", None)]


async def test_nobody_is_asked_anew_unless_that_is_wanted() -> None:
    second = Play(stream(REST))
    async with house({"first": Play(cut(ROLE, THOUGHT)), "second": second}) as home:
        response = await home.chat()
        assert not second.asked
        await check_cut(home, response.content)


@pytest.mark.parametrize("on_cut", ["error", "restart"])
async def test_nobody_goes_on_unless_that_is_wanted(on_cut: str) -> None:
    second = Play(stream(REST))
    settings = {"stream": {"on_cut": on_cut}}
    async with house({"first": Play(cut(ROLE, HELLO)), "second": second}, entries=VLLM, settings=settings) as home:
        response = await home.chat()
        assert not second.asked
        await check_cut(home, response.content)


@pytest.mark.parametrize("first", [cut(ROLE, HELLO), stream(ROLE, HELLO)], ids=["reset", "ended"])
async def test_the_next_provider_goes_on_where_the_first_broke_off(first: Script) -> None:
    second = Play(stream(REST))
    async with house({"first": Play(first), "second": second}, entries=VLLM, settings=CONTINUE) as home:
        response = await home.chat(x_extra=1)
        assert text_of(response.content) == "Hello wörld \u2028"
        assert response.content.count(b'"role"') == response.content.count(b"[DONE]") == 1
        assert b": continued by second/m\n\n" in response.content
        asked = second.asked[0]
        assert asked["messages"][-1] == {"role": "assistant", "content": "Hello"}
        assert (asked["continue_final_message"], asked["add_generation_prompt"], asked["x_extra"]) == (True, False, 1)
        record = await home.record()
        assert (record.stage, record.provider, record.fallback_from) == (Stage.DONE, "second", "first")
        assert [(it.kind, it.error) for it in record.attempts] == [
            ("first", "upstream_truncated"),
            ("continue", None),
        ]
        assert home.gateway.runtime.provider("first").track.errors == 1
        assert home.nothing_in_flight()


async def test_callers_of_other_dialects_are_gone_on_with_too() -> None:
    second = Play(stream(REST))
    async with house({"first": Play(cut(ROLE, HELLO)), "second": second}, entries=VLLM, settings=CONTINUE) as home:
        body = {"model": "m", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
        response = await home.http.post("/v1/messages", json=body)
        assert response.content.count(b"message_start") == 2  # the name of the event, and the type in it
        assert response.content.count(b"event: message_stop") == 1
        deltas = [json.loads(line[6:]) for line in response.content.split(b"\n") if b"text_delta" in line]
        assert "".join(delta["delta"]["text"] for delta in deltas) == "Hello wörld \u2028"
        assert second.asked[0]["continue_final_message"] is True


async def test_a_provider_that_would_answer_instead_of_going_on_is_not_asked() -> None:
    second, third = Play(stream(REST)), Play(stream(REST))
    entries = {"third": {"type": "vllm"}}
    plays = {"first": Play(cut(ROLE, HELLO)), "second": second, "third": third}
    async with house(plays, entries=entries, settings=CONTINUE) as home:
        await home.chat()
        assert (len(second.asked), len(third.asked)) == (0, 1)


@pytest.mark.parametrize(
    "second",
    [
        reply(500, b"boom"),
        cut(ROLE),
        stream(ROLE, HELLO, WORLD, STOP, DONE),
        reply(200, b"<html>", content_type=b"text/html"),
    ],
    ids=["refused", "cut again", "begins anew", "a page"],
)
async def test_when_nobody_can_go_on_the_caller_reads_that_it_was_cut(second: Script) -> None:
    settings = {"routes": {"m": {"on_cut": "continue"}}}
    async with house(
        {"first": Play(cut(ROLE, HELLO)), "second": Play(second)}, entries=VLLM, settings=settings
    ) as home:
        response = await home.chat()
        assert text_of(response.content) == "Hello"
        assert b'"error"' in response.content
        assert b"[DONE]" not in response.content
        assert (await home.record()).stage is Stage.CUT
        assert home.nothing_in_flight()


async def test_a_call_that_broke_off_is_not_gone_on_with() -> None:
    call = frame({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{"}}]})
    second = Play(stream(REST))
    async with house({"first": Play(cut(ROLE, call)), "second": second}, entries=VLLM, settings=CONTINUE) as home:
        response = await home.chat()
        assert not second.asked
        await check_cut(home, response.content)


async def test_a_stall_is_gone_on_with_and_a_second_cut_too() -> None:
    plays = {
        "first": Play(hanging(ROLE, HELLO)),
        "second": Play(cut(ROLE, frame({"content": " there,"}))),
        "third": Play(stream(REST)),
    }
    entries: dict[str, dict[str, Any]] = {
        "first": {"timeouts": {"idle_s": 0.05}},
        "second": {"type": "vllm"},
        "third": {"type": "vllm"},
    }
    async with house(plays, entries=entries, settings=CONTINUE) as home:
        response = await home.chat()
        assert text_of(response.content) == "Hello there, wörld \u2028"
        assert [it.error for it in (await home.record()).attempts] == ["upstream_timeout", "upstream_truncated", None]
