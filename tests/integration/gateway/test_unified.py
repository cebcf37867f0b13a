"""Chats asked for in nobody's dialect: who is asked follows the caller's wishes, and the reply says who it was."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.core.snapshot import Health
from ai_dashboard.gateway.unified import read
from tests.integration.gateway.scene import (
    ANSWER,
    HELLO,
    ROLE,
    WHOLE,
    House,
    Play,
    Script,
    closed_port,
    error_of,
    frame,
    hanging,
    house,
    reply,
    stream,
    until,
)

CANCELLED_WITHIN_S = 0.1
HI = {"messages": [{"role": "user", "content": "Hi"}]}
BOOM = reply(500, b'{"error":{"message":"boom"}}')


def says(text: str, **more: object) -> Script:
    """A whole answer of this text, without usage unless `more` has it."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return reply(200, json.dumps({"id": "up-1", "object": "chat.completion", "choices": [choice], **more}).encode())


async def chat(home: House, path: str = "/api/ai/chat", **body: object) -> httpx.Response:
    return await home.http.post(path, json=({} if "prompt" in body else HI) | body)


def three(**scripts: Script) -> dict[str, Play]:
    """Three providers with a model of their own each, and `m` at all of them."""
    return {name: Play(scripts.get(name, says(name))) for name in ("first", "second", "third")}


MODELS: dict[str, Any] = {name: {"models": ["m", f"{name}-own"]} for name in ("first", "second", "third")}


async def attempted(home: House, number: int = 1) -> tuple[RequestRecord, list[str]]:
    """A record, and its plan's candidates."""
    record = await home.record(number)
    assert record.plan is not None
    return record, [f"{it.provider}/{it.model}" for it in record.plan.attempts]


# ── what is answered ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_whole_reply_is_openais_and_says_who_answered() -> None:
    plays = three(first=BOOM, second=reply(200, WHOLE))
    async with house(plays) as home:
        response = await chat(home, model="m")
        assert response.json() == json.loads(WHOLE) | {"provider": "second", "model": "m", "attempts": 2}
        assert response.headers["x-provider"] == "second"
        assert response.headers["x-fallback-from"] == "first"
        record = await home.record()
        assert response.headers["x-request-id"] == record.id
        assert (record.stage, record.asked, record.dialect, record.stream) == (Stage.DONE, "m", "openai", False)
        assert record.usage is not None
        assert record.usage.completion_tokens == 7


async def test_numbers_keep_their_digits() -> None:
    first = Play(says("Hi", x_count=12345678901234567890123))
    async with house({"first": first}) as home:
        body = b'{"model":"m","prompt":"Hi","seed":12345678901234567890123}'
        response = await home.http.post("/api/ai/chat", content=body, headers={"content-type": "application/json"})
        assert b"12345678901234567890123" in response.content
        assert first.asked[0]["seed"] == 12345678901234567890123


async def test_a_stream_is_openais() -> None:
    async with house({"first": Play(stream(ANSWER))}) as home:
        for path in ("/api/ai/chat", "/api/ai/generate"):
            response = await chat(home, path, model="m", stream=True)
            assert response.content == ANSWER
            assert response.headers["content-type"] == "text/event-stream"
            assert (response.headers["x-provider"], response.headers["x-model"]) == ("first", "m")
        assert (await home.record()).stream


async def test_generate_answers_with_little_more_than_the_text() -> None:
    async with house({"first": Play(reply(200, WHOLE))}) as home:
        response = await chat(home, "/api/ai/generate", model="m", prompt="Hi")
        assert response.json() == {
            "text": "Hello",
            "provider": "first",
            "model": "m",
            "usage": {"prompt_tokens": 3, "completion_tokens": 7, "total_tokens": 10},
            "finish_reason": "stop",
        }


async def test_generate_estimates_what_the_provider_does_not_count_and_has_no_words_for_calls() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    choice = {"index": 0, "message": {"content": None, "tool_calls": [call]}, "finish_reason": "tool_calls"}
    async with house({"first": Play(reply(200, json.dumps({"choices": [choice]}).encode()))}) as home:
        told = (await chat(home, "/api/ai/generate", model="m", prompt="Hi")).json()
        assert (told["text"], told["finish_reason"]) == ("", "tool_calls")
        usage = (await home.record()).usage
        assert usage is not None
        assert usage.estimated
        assert told["usage"]["completion_tokens"] == usage.completion_tokens > 0


async def test_any_dialect_answers() -> None:
    lines = [
        {"model": "m", "message": {"role": "assistant", "content": "Hello"}, "done": False},
        {"model": "m", "message": {}, "done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 2},
    ]
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    play = Play(reply(200, body, content_type=b"application/x-ndjson"))
    async with house({"home": play}, entries={"home": {"type": "ollama"}}) as home:
        told = (await chat(home, "/api/ai/generate", model="m", prompt="Hi", temperature=0.5)).json()
        assert (told["text"], told["provider"], told["usage"]["total_tokens"]) == ("Hello", "home", 5)
        assert play.asked[0]["messages"] == [{"role": "user", "content": "Hi"}]
        assert play.asked[0]["options"]["temperature"] == 0.5


async def test_a_provider_reads_the_chat_and_none_of_the_wishes() -> None:
    first = Play(says("Hi"))
    async with house({"first": first}, mappings=TASKS) as home:
        wishes: dict[str, Any] = {
            "provider": "first",
            "fallback": False,
            "requirements": {"tools": True},
            "task": "code",
        }
        await chat(home, model="m", prompt="Hi", **wishes, temperature=0.5, x_extra={"kept": 1})
        assert first.asked == [{"model": "m", "temperature": 0.5, "x_extra": {"kept": 1}} | HI]


# ── who answers ──────────────────────────────────────────────────────────────────────────────────────────────────────

TASKS: dict[str, Any] = {"capabilities": {"code": {"preferred_models": ["second-own", "third-own"]}}}


@pytest.mark.parametrize(
    ("wishes", "candidates"),
    [
        ({}, ["first/m", "second/m", "third/m"]),
        ({"provider": "auto"}, ["first/m", "second/m", "third/m"]),
        ({"fallback": True}, ["first/m", "second/m", "third/m"]),
        ({"fallback": False}, ["first/m"]),
        ({"fallback": []}, ["first/m"]),
        ({"provider": "second"}, ["second/m"]),
        ({"provider": "second", "fallback": False}, ["second/m"]),
        ({"provider": "second", "fallback": ["first", "third"]}, ["second/m", "first/m", "third/m"]),
        ({"fallback": ["third", "second-own", "first"]}, ["first/m", "third/m", "second/second-own"]),
        ({"fallback": ["third/third-own"]}, ["first/m", "third/third-own"]),
        ({"model": "first-own", "fallback": ["second"]}, ["first/first-own", "second/m"]),
        ({"model": "first-own", "provider": "third"}, ["third/first-own"]),
        ({"model": "alias", "provider": "second"}, ["second/second-own"]),
        ({"model": None, "task": "code"}, ["second/second-own", "third/third-own"]),
        ({"model": None, "capability": "code"}, ["second/second-own", "third/third-own"]),
        ({"model": None, "provider": "third"}, ["third/m"]),
        ({"model": None, "provider": "third", "task": "code"}, ["third/third-own"]),
        ({"model": None}, ["second/m", "first/m", "third/m"]),
        ({"model": None, "fallback": False}, ["second/m"]),
    ],
)
async def test_the_plan_follows_the_wishes(wishes: dict[str, Any], candidates: list[str]) -> None:
    mappings = TASKS | {
        "exact_matches": {"alias": {"provider": "second", "backend_model": "second-own"}},
        "routing_rules": {"default_provider": "second"} if wishes.get("model", "") is None else {},
    }
    async with house(three(), entries=MODELS, mappings=mappings) as home:
        response = await chat(home, **{"model": "m"} | wishes)
        assert response.status_code == 200
        record, planned = await attempted(home)
        assert planned == candidates
        assert response.json()["provider"] == candidates[0].partition("/")[0]
        assert record.plan is not None
        scores = [it.score for it in record.plan.attempts]
        assert scores == sorted(scores, reverse=True)
        named = {f"{it.provider}/{it.model}" for it in record.plan.excluded}
        assert named.isdisjoint(planned)


async def test_fallbacks_are_tried_in_the_callers_order() -> None:
    plays = three(first=BOOM, third=BOOM)
    async with house(plays, entries=MODELS) as home:
        response = await chat(home, model="m", fallback=["third", "second-own"])
        told = response.json()
        assert (told["provider"], told["model"], told["attempts"]) == ("second", "second-own", 3)
        record = await home.record()
        assert [attempt.provider for attempt in record.attempts] == ["first", "third", "second"]
        assert record.attempts[1].why == "fallback named by the caller"


@pytest.mark.parametrize("wishes", [{"fallback": False}, {"provider": "first"}])
async def test_nobody_steps_in_where_nobody_is_wanted(wishes: dict[str, Any]) -> None:
    plays = three(first=BOOM)
    async with house(plays) as home:
        response = await chat(home, model="m", **wishes)
        assert (response.status_code, error_of(response)["code"]) == (502, "upstream_error")
        assert not plays["second"].asked
        record, planned = await attempted(home)
        assert planned == ["first/m"]
        assert record.plan is not None
        assert {(it.provider, it.reason) for it in record.plan.excluded} == {
            ("second", "not wanted by the caller"),
            ("third", "not wanted by the caller"),
        }


@pytest.mark.parametrize("fallback", [True, False])
async def test_nobody_stands_in_for_a_wanted_provider_that_is_left_out(fallback: bool) -> None:
    plays = three()
    mappings = {
        "exact_matches": {"m": {"provider": "first", "backend_model": "m", "fallback": None}},
        "fallback_chains": {"m": {"chain": ["second-own", "third-own"]}},
    }
    async with house(plays, entries=MODELS, mappings=mappings) as home:
        home.gateway.operate("first", "drain")
        response = await chat(home, model="m", provider="first", fallback=fallback)
        assert response.status_code == 503, response.text
        assert not any(play.asked for play in plays.values())


async def test_a_provider_that_is_down_is_asked_when_the_caller_insists() -> None:
    with closed_port() as nobody:
        async with house({"first": nobody, "second": Play(says("Hi"))}) as home:
            await home.gateway.refresh()
            assert (await chat(home, model="m")).json()["provider"] == "second"
            response = await chat(home, model="m", provider="first")
            assert response.status_code == 502
            assert "connection refused" in error_of(response)["message"]
            record, planned = await attempted(home, 2)
            assert (record.asked, planned) == ("m", ["first/m"])


async def test_a_provider_that_may_not_be_used_is_not_asked() -> None:
    first = Play(says("Hi"))
    async with house({"first": first}, entries={"first": {"requires_api_key": True}}) as home:
        for body in ({"model": "m", "provider": "first"}, {"provider": "first"}):
            response = await chat(home, **body)
            assert (response.status_code, error_of(response)["code"]) == (503, "no_provider_available")
            assert "no API key" in error_of(response)["message"]
        nobody = await chat(home)
        assert (nobody.status_code, "`model` is missing" in error_of(nobody)["message"]) == (400, True)
        assert not first.asked


async def test_left_to_us_those_that_are_down_come_last() -> None:
    async with house(three(), entries=MODELS) as home:
        await home.gateway.refresh()
        home.gateway.runtime.provider("first").become(Health.UNAVAILABLE, "connection refused", 0.0)
        assert (await chat(home)).json()["provider"] == "second"
        record, planned = await attempted(home)
        assert (record.asked, planned) == ("auto", ["second/m", "third/m", "first/m"])


async def test_a_window_that_is_insisted_on_leaves_out_smaller_ones() -> None:
    small = {"models": [{"name": "m", "context_length": 8192}]}
    large = {"models": [{"name": "m", "context_length": 32_768}]}
    async with house(three(), entries={"first": small, "second": large}) as home:
        response = await chat(home, model="m", requirements={"min_context": 16_000, "vision": False, "json": True})
        assert response.json()["provider"] == "second"
        plan = (await home.record()).plan
        assert plan is not None
        assert [(it.provider, it.reason) for it in plan.excluded] == [("first", "context 16000 > 8192")]


def test_requirements_and_wishes_as_they_are_read() -> None:
    body, wishes = read(
        b'{"prompt":"Hi","requirements":{"vision":true,"tools":true,"json":false,"thinking":true,"min_context":9},'
        b'"provider":"auto","fallback":["a","b/c"],"task":"code","model":" m"}'
    )
    assert body == {"model": " m"} | HI
    assert (wishes.model, wishes.provider, wishes.fallback) == (" m", None, ("a", "b/c"))
    assert wishes.needs == frozenset({"vision", "tools", "thinking"})
    assert (wishes.min_context, wishes.capability) == (9, "code")


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"model": "m", "messages": None}, "`messages` is missing"),
        ({"model": "m", "messages": []}, "`messages`"),
        ({"model": "m", "prompt": ["Hi"]}, "`prompt` is not a string"),
        ({"model": "m", "prompt": "Hi", "messages": [{"role": "user", "content": "Hi"}]}, "`prompt` and `messages`"),
        ({"model": 7}, "`model`"),
        ({"model": ""}, "`model`"),
        ({"model": "m", "stream": "yes"}, "`stream`"),
        ({"model": "m", "provider": 7}, "`provider`"),
        ({"model": "m", "provider": "nobody"}, "there is no provider 'nobody'. there are first"),
        ({"provider": "nobody"}, "there is no provider 'nobody'. there are first"),
        ({"model": "m", "fallback": "first"}, "`fallback`"),
        ({"model": "m", "fallback": ["first", 7]}, "`fallback`"),
        ({"model": "m", "fallback": ["x"] * 33}, "`fallback`"),
        ({"model": "m", "requirements": ["vision"]}, "`requirements` is not an object"),
        (
            {"model": "m", "requirements": {"vison": True}},
            "known are vision, tools, json, thinking, min_context, max_cost",
        ),
        ({"model": "m", "requirements": {"vision": "yes"}}, "`requirements.vision` is neither true nor false"),
        ({"model": "m", "requirements": {"min_context": -1}}, "`requirements.min_context`"),
        ({"model": "m", "requirements": {"min_context": True}}, "`requirements.min_context`"),
        ({"model": "m", "task": 7}, "`task` is not a string"),
        ({"model": "m", "task": "poetry"}, "there is no task 'poetry'. known are code"),
    ],
)
async def test_a_bad_wish_is_a_400_that_names_it(body: dict[str, Any], said: str) -> None:
    first = Play(says("Hi"))
    async with house({"first": first}, mappings=TASKS) as home:
        response = await chat(home, **body)
        assert (response.status_code, error_of(response)["code"]) == (400, "invalid_request")
        assert said in error_of(response)["message"]
        assert (await home.record()).stage is Stage.FAILED
        assert not first.asked
        assert home.nothing_in_flight()


async def test_unknown_models_are_a_404_also_among_the_fallbacks() -> None:
    async with house(three(), entries=MODELS) as home:
        for body in ({"model": "first-onw"}, {"model": "m", "fallback": ["first-onw"]}):
            response = await chat(home, **body)
            assert (response.status_code, error_of(response)["code"]) == (404, "model_not_found")
            assert "did you mean first-own" in error_of(response)["message"]


async def test_the_body_has_to_call_itself_json() -> None:
    async with house(three()) as home:
        for path in ("/api/ai/chat", "/api/ai/generate"):
            response = await home.http.post(path, content=json.dumps(HI), headers={"content-type": "text/plain"})
            assert (response.status_code, error_of(response)["code"]) == (415, "unsupported_media_type")


async def test_what_a_provider_refuses_goes_back_as_it_came() -> None:
    body = b'{"error": {"message":"temperature is too high"}}'
    async with house(three(first=reply(400, body))) as home:
        response = await chat(home, model="m")
        assert (response.status_code, response.content) == (400, body)


async def test_more_in_flight_than_the_limit_is_a_503() -> None:
    one = {"limits": {"max_in_flight": 1}}
    ask = HI | {"model": "m", "stream": True}
    async with (
        house({"first": Play(hanging(ROLE, HELLO))}, settings=one) as home,
        home.http.stream("POST", "/api/ai/chat", json=ask),
    ):
        refused = await chat(home, model="m")
        assert (refused.status_code, error_of(refused)["code"]) == (503, "overloaded")


@pytest.mark.parametrize("path", ["/api/ai/chat", "/api/ai/generate"])
@pytest.mark.parametrize(("script", "streamed"), [(hanging(), False), (hanging(ROLE, HELLO), True)])
async def test_a_caller_who_leaves_is_forgotten_at_once(path: str, script: Script, streamed: bool) -> None:
    plays = three(first=script)
    async with house(plays) as home:
        _, writer = await asyncio.open_connection(*home.gateway.address)
        body = json.dumps(HI | {"model": "m", "stream": streamed}).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        first, runtime = plays["first"], home.gateway.runtime
        await until(lambda: bool(first.asked))
        if streamed:
            await until(lambda: any(trip.status for trip in runtime.running.values()))
        left_at = asyncio.get_running_loop().time()
        writer.transport.abort()
        await until(lambda: first.left_at is not None)
        assert first.left_at is not None
        assert first.left_at - left_at < CANCELLED_WITHIN_S
        record = await home.record()
        assert (record.stage, record.error) == (Stage.GONE, "client_gone")
        assert not plays["second"].asked
        assert home.nothing_in_flight()


async def test_a_stream_that_breaks_off_ends_with_an_error() -> None:
    soon = {"first": {"timeouts": {"idle_s": 0.05}}}
    async with house({"first": Play(hanging(ROLE, frame({"content": "Hel"})))}, entries=soon) as home:
        response = await chat(home, model="m", stream=True)
        assert json.loads(response.content.rpartition(b"data: ")[2])["error"]["code"] == "upstream_timeout"
        assert (await home.record()).stage is Stage.CUT
