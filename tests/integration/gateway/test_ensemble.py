"""Several models answer one request: on real sockets, in the caller's form, with everything on one record."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from ai_dashboard.core.events import Usage
from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.gateway.hedge import OUTRUN
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import (
    ANSWER,
    DONE,
    JSON_TYPE,
    ROLE,
    STOP,
    WHOLE,
    House,
    Play,
    Script,
    cut,
    error_of,
    frame,
    hanging,
    house,
    reply,
    stream,
    truncated,
    until,
)


def says(text: str, *, prompt: int = 3, completion: int = 7, calls: list[dict[str, Any]] | None = None) -> Script:
    """A whole answer of this text."""
    message = {"role": "assistant", "content": text} | ({"tool_calls": calls} if calls else {})
    finish = "tool_calls" if calls else "stop"
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    body = {"id": "up-1", "choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage}
    return reply(200, json.dumps(body).encode())


def either(text: str) -> Script:
    """This text, whole or as a stream, as it is asked for."""

    async def answer(exchange: Exchange) -> None:
        streams = exchange.header(b"accept") == b"text/event-stream"
        script = stream(ROLE, frame({"content": text}), STOP, DONE) if streams else says(text)
        await script(exchange)

    return answer


def text_of(body: Mapping[str, Any]) -> str:
    text = body["choices"][0]["message"]["content"]
    assert isinstance(text, str)
    return text


async def asked(home: House, merge: str, *, stream: bool = False, models: object = 3, **more: object) -> RequestRecord:
    """The record of the one request of a test."""
    response = await home.chat(stream=stream, ensemble={"models": models, "merge": merge, **more})
    assert response.status_code == 200, response.text
    return await home.record()


async def test_a_vote_is_won_by_what_most_say() -> None:
    plays = {"a": Play(says("Rome.")), "b": Play(says("Paris", prompt=4)), "c": Play(says("**paris**!", prompt=5))}
    async with house(plays) as home:
        response = await home.chat(stream=False, ensemble={"models": 3, "merge": "vote"})
        assert (text_of(response.json()), response.headers["x-provider"]) == ("Paris", "b")
        assert (response.headers["x-attempts"], response.headers.get("x-fallback-from")) == ("3", None)
        record = await home.record()
        assert [(it.provider, it.kind, it.error) for it in record.attempts] == [
            ("a", "ensemble", None),
            ("b", "ensemble", None),
            ("c", "ensemble", None),
        ]
        assert (record.provider, record.usage, record.fallback_from) == ("b", Usage(4, 7), None)
        assert [it.usage for it in record.attempts] == [Usage(3, 7), None, Usage(5, 7)]
        assert record.spent == Usage(12, 21)
        assert record.plan is not None
        assert record.plan.notes[-1] == "ensemble, vote: b/m answers, 2 of 3 agree"
        assert home.gateway.runtime.fallbacks == 0
        assert home.nothing_in_flight()
        for play in plays.values():
            assert "ensemble" not in play.asked[0]


async def test_the_longest_answer_is_taken() -> None:
    async with house({"a": Play(says("Yes")), "b": Play(says("Yes, and at length"))}) as home:
        record = await asked(home, "longest")
        assert (record.provider, record.stage) == ("b", Stage.DONE)


async def test_a_judge_picks_and_is_paid_for() -> None:
    judge = Play(says("Number 2 is best", prompt=50, completion=4), models=("wise",))
    plays = {"a": Play(says("one")), "b": Play(says("two")), "court": judge}
    entries = {"court": {"models": ["wise"]}}
    async with house(plays, entries=entries) as home:
        record = await asked(home, "judge", models=2, judge="wise")
        assert (record.provider, record.spent) == ("b", Usage(56, 18))
        assert [(it.provider, it.kind) for it in record.attempts] == [
            ("a", "ensemble"), ("b", "ensemble"), ("court", "judge"),
        ]  # fmt: skip
        (question,) = judge.asked
        assert "Answer 1:\none" in question["messages"][1]["content"]
        assert "user: Hi" in question["messages"][1]["content"]
        assert record.plan is not None
        assert record.plan.notes[-1].endswith("wise found it best")


@pytest.mark.parametrize(
    ("judge", "said"),
    [
        (Play(says("I cannot decide"), models=("wise",)), "wise named none"),
        (Play(reply(500, b"{}"), models=("wise",)), "wise could not judge"),
    ],
)
async def test_a_judge_that_is_no_use_costs_nobody_the_answer(judge: Play, said: str) -> None:
    plays = {"a": Play(says("one")), "b": Play(says("two")), "court": judge}
    async with house(plays, entries={"court": {"models": ["wise"]}}) as home:
        record = await asked(home, "judge", models=2, judge="wise")
        assert (record.provider, record.status) == ("a", 200)
        assert record.plan is not None
        assert said in record.plan.notes[-1]


async def test_a_judge_has_to_keep_the_callers_rules() -> None:
    """The members are good enough for what is required. The judge is not, and no byte reaches it."""
    judge = Play(says("2"), models=("wise",))
    plays = {"a": Play(says("one")), "b": Play(says("two")), "court": judge}
    large, small = [{"name": "m", "size": "70B"}], [{"name": "wise", "size": "1B"}]
    async with house(
        plays, entries={"a": {"models": large}, "b": {"models": large}, "court": {"models": small}}
    ) as home:
        headers = {"x-requirements": "min_quality=high"}
        wish = {"models": 2, "merge": "judge", "judge": "wise"}
        assert (await home.chat(stream=False, headers=headers, ensemble=wish)).status_code == 200
        record = await home.record()
        assert (record.provider, judge.asked) == ("a", [])
        assert record.plan is not None
        assert "min_quality: low, below high" in record.plan.notes[-1]


async def test_one_that_fails_is_missed_by_nobody() -> None:
    plays = {"a": Play(truncated(WHOLE)), "b": Play(reply(500, b"{}")), "c": Play(says("here"))}
    async with house(plays) as home:
        record = await asked(home, "vote")
        assert (record.provider, record.status, record.error) == ("c", 200, None)
        assert [it.error for it in record.attempts] == ["upstream_truncated", "upstream_error", None]
        assert home.gateway.runtime.failures == 0


@pytest.mark.parametrize("merge", ["first", "vote"])
async def test_when_all_fail_the_next_steps_in(merge: str) -> None:
    plays = {"a": Play(reply(500, b"{}")), "b": Play(reply(500, b"{}")), "c": Play(either("after all"))}
    async with house(plays) as home:
        record = await asked(home, merge, models=2)
        assert [(it.provider, it.kind) for it in record.attempts] == [
            ("a", "ensemble"), ("b", "ensemble"), ("c", "fallback"),
        ]  # fmt: skip
        assert (record.provider, record.fallback_from, record.usage) == ("c", "a", Usage(3, 7))


async def test_when_everybody_fails_the_caller_is_told_of_all() -> None:
    plays = {"a": Play(reply(500, b"{}")), "b": Play(reply(500, b"{}"))}
    async with house(plays) as home:
        response = await home.chat(stream=False, ensemble={"models": 2, "merge": "vote"})
        assert response.status_code == 502
        assert "all 2 candidates failed" in error_of(response)["message"]


async def test_the_first_of_a_stream_is_passed_on_and_the_others_are_left() -> None:
    slow = Play(hanging(ROLE))
    async with house({"slow": slow, "quick": Play(stream(ANSWER))}) as home:
        response = await home.chat(ensemble={"models": 2, "merge": "first"})
        assert (response.content, response.headers["x-provider"]) == (ANSWER, "quick")
        record = await home.record()
        assert [(it.kind, it.error) for it in record.attempts] == [("ensemble", OUTRUN), ("ensemble", None)]
        assert record.attempts[0].usage is not None
        await until(lambda: slow.left_at is not None)
        assert home.nothing_in_flight()


async def test_a_merged_stream_is_one_piece_and_whole() -> None:
    one, two = frame({"content": "Par"}), frame({"content": "is"})
    plays = {"a": Play(either("Rome")), "b": Play(stream(ROLE, one, two, STOP, DONE)), "c": Play(either("Paris"))}
    async with house(plays) as home:
        response = await home.chat(ensemble={"models": 3, "merge": "vote"})
        pieces = [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: {")]
        texts = [it["choices"][0]["delta"].get("content") for it in pieces if it["choices"]]
        assert [text for text in texts if text] == ["Paris"]
        assert response.text.rstrip().endswith("data: [DONE]")
        record = await home.record()
        assert (record.provider, record.stage, record.stream) == ("b", Stage.DONE, True)
        assert record.ttft_s is not None
        assert max(it.ended_s for it in record.attempts) <= record.ttft_s


async def test_a_member_whose_stream_breaks_off_does_not_vote() -> None:
    plays = {"a": Play(cut(ROLE, frame({"content": "Rome"}))), "b": Play(either("Paris"))}
    async with house(plays) as home:
        record = await asked(home, "vote", stream=True, models=2)
        assert (record.provider, record.attempts[0].error) == ("b", "upstream_truncated")


async def test_other_dialects_get_it_in_their_own() -> None:
    async with house({"a": Play(either("Rome")), "b": Play(either("Rome"))}) as home:
        body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
        wish = {"ensemble": {"models": 2, "merge": "vote"}}
        anthropic = (await home.http.post("/v1/messages", json=body | wish)).json()
        assert (anthropic["type"], anthropic["content"][0]["text"]) == ("message", "Rome")
        ollama = (await home.http.post("/api/chat", json=body | wish | {"stream": False})).json()
        assert (ollama["message"]["content"], ollama["done"]) == ("Rome", True)
        header = {"x-strategy": "ensemble"}
        told = (await home.http.post("/v1/responses", json={"model": "m", "input": "Hi"}, headers=header)).json()
        assert told["output"][0]["content"][0]["text"] == "Rome"
        assert len((await home.record(3)).attempts) == 2


async def test_the_configuration_can_ask_for_it() -> None:
    plays = {"a": Play(says("Rome")), "b": Play(says("Paris")), "c": Play(says("Paris")), "spare": Play(says("Oslo"))}
    mappings = {
        "capabilities": {"careful": {"preferred_models": ["a", "b", "c"], "strategy": "ensemble"}},
        "ensembles": {"careful": {"merge": "vote"}},
        "fallback_chains": {"careful": ["spare"]},
    }
    async with house(plays, mappings=mappings) as home:
        response = await home.chat(stream=False, model="careful")
        assert text_of(response.json()) == "Paris"
        record = await home.record()
        assert [it.provider for it in record.attempts] == ["a", "b", "c"]  # and not who steps in
        assert not plays["spare"].asked


async def test_models_by_name_are_planned_like_any_request() -> None:
    plays = {"a": Play(says("one")), "b": Play(says("two, longer")), "off": Play(says("never, though the longest"))}
    entries: dict[str, dict[str, Any]] = {
        "a": {"models": ["m"]},
        "b": {"models": ["n"]},
        "off": {"models": ["o"], "status": "disabled"},
    }
    async with house(plays, entries=entries) as home:
        record = await asked(home, "longest", models=["m", "n", "o"])
        assert (record.provider, record.model, plays["off"].asked) == ("b", "n", [])
        assert record.plan is not None
        assert [(it.provider, it.reason) for it in record.plan.excluded] == [("off", "disabled")]
        response = await home.chat(stream=False, ensemble={"models": ["m", "nobody"], "merge": "vote"})
        assert response.status_code == 404


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (3, "not an object"),
        ({"merge": "best"}, "none of first, longest, vote, judge"),
        ({"merge": "judge"}, "go together"),
        ({"models": 1}, "neither a number from 2 to 8"),
        ({"mods": 2}, "has no 'mods'"),
    ],
)
async def test_a_wish_that_makes_no_sense_is_told(wish: object, said: str) -> None:
    async with house({"a": Play(says("one"))}) as home:
        response = await home.chat(stream=False, ensemble=wish)
        assert response.status_code == 400
        assert said in error_of(response)["message"]


async def test_embeddings_cannot_be_merged() -> None:
    async with house({"a": Play(reply(200, b"{}", JSON_TYPE))}) as home:
        body = {"model": "m", "input": "Hi", "ensemble": {"merge": "vote"}}
        response = await home.http.post("/v1/embeddings", json=body)
        assert response.status_code == 400


async def test_a_caller_that_leaves_calls_all_of_them_off() -> None:
    plays = {"a": Play(hanging()), "b": Play(hanging(ROLE))}
    async with house(plays) as home:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(home.chat(ensemble={"models": 2, "merge": "vote"}))
            await until(lambda: all(play.asked for play in plays.values()))
            task.cancel()
        record = await home.record()
        assert record.stage is Stage.GONE
        await until(lambda: all(play.left_at is not None for play in plays.values()))
        assert home.nothing_in_flight()
