"""Who answers: up to the first content another candidate may still do so, and the reply says how it came to that."""

import json
from typing import Any

import pytest

from ai_dashboard.core.records import Stage
from ai_dashboard.core.snapshot import Health
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import (
    ANSWER,
    DONE,
    HELLO,
    ROLE,
    STOP,
    WHOLE,
    Play,
    Script,
    closed_port,
    cut,
    error_of,
    hanging,
    house,
    reply,
    stream,
    truncated,
    until,
)

SOON: dict[str, Any] = {"timeouts": {"connect_s": 1, "first_token_s": 0.05, "idle_s": 0.05}}

FAILING_STREAMS: dict[str, tuple[Script, str]] = {
    "500": (reply(500, b'{"error":{"message":"boom"}}'), "upstream_error"),
    "429": (reply(429, b'{"error":{"message":"slow down"}}', (b"retry-after", b"7")), "upstream_rate_limited"),
    "404": (reply(404, b'{"error":{"message":"no such model"}}'), "upstream_model_not_found"),
    "401": (reply(401, b'{"error":{"message":"who?"}}'), "upstream_auth_failed"),
    "302": (reply(302, b"", (b"location", b"http://127.0.0.1:1/")), "upstream_invalid_reply"),
    "silence": (hanging(), "upstream_timeout"),
    "silence after the role": (hanging(ROLE), "upstream_timeout"),
    "HTML": (reply(200, b"<!doctype html><p>Sign in", content_type=b"text/html"), "upstream_invalid_reply"),
    "a JSON error under 200": (reply(200, b'{"error":{"message":"boom"}}'), "upstream_invalid_reply"),
    "an error event": (stream(ROLE, b'data: {"error":{"message":"boom"}}\n\n'), "upstream_invalid_reply"),
    "an empty answer": (stream(ROLE, STOP, DONE), "upstream_invalid_reply"),
    "no answer at all": (stream(DONE), "upstream_invalid_reply"),
    "broken JSON": (stream(b"data: {nope\n\n"), "upstream_invalid_reply"),
    "cut before the first content": (cut(ROLE), "upstream_truncated"),
    "ended before the first content": (stream(ROLE), "upstream_truncated"),
}

FAILING_WHOLES: dict[str, tuple[Script, str]] = {
    "500": (reply(500, b"boom"), "upstream_error"),
    "silence": (hanging(), "upstream_timeout"),
    "HTML": (reply(200, b"<html>Sign in</html>", content_type=b"text/html"), "upstream_invalid_reply"),
    "a JSON error under 200": (reply(200, b'{"error":"boom"}'), "upstream_invalid_reply"),
    "no choices": (reply(200, b'{"choices":[]}'), "upstream_invalid_reply"),
    "a list": (reply(200, b"[]"), "upstream_invalid_reply"),
    "cut": (truncated(WHOLE), "upstream_truncated"),
}


@pytest.mark.parametrize(("script", "code"), FAILING_STREAMS.values(), ids=FAILING_STREAMS.keys())
async def test_a_stream_that_fails_before_its_first_content_is_answered_by_the_next_candidate(
    script: Script, code: str
) -> None:
    async with house({"first": Play(script), "second": Play(stream(ANSWER))}, entries={"first": SOON}) as home:
        response = await home.chat()
        assert (response.status_code, response.content) == (200, ANSWER)
        assert response.headers["x-provider"] == "second"
        assert response.headers["x-attempts"] == "2"
        assert response.headers["x-fallback-from"] == "first"
        record = await home.record()
        assert (record.stage, record.error, record.fallback_from) == (Stage.DONE, None, "first")
        assert [attempt.error for attempt in record.attempts] == [code, None]
        assert home.nothing_in_flight()
        assert home.gateway.runtime.fallbacks == 1


@pytest.mark.parametrize(("script", "code"), FAILING_WHOLES.values(), ids=FAILING_WHOLES.keys())
async def test_a_whole_reply_that_is_none_is_answered_by_the_next_candidate(script: Script, code: str) -> None:
    async with house({"first": Play(script), "second": Play(reply(200, WHOLE))}, entries={"first": SOON}) as home:
        response = await home.chat(stream=False)
        assert (response.status_code, response.content) == (200, WHOLE)
        assert response.headers["x-fallback-from"] == "first"
        record = await home.record()
        assert [attempt.error for attempt in record.attempts] == [code, None]
        assert home.nothing_in_flight()


async def test_a_closed_port_is_answered_by_the_next_candidate() -> None:
    with closed_port() as nobody:
        async with house({"first": nobody, "second": Play(stream(ANSWER))}) as home:
            response = await home.chat()
            assert response.content == ANSWER
            assert response.headers["x-provider"] == "second"


async def test_a_provider_that_is_known_to_be_down_is_not_asked_again() -> None:
    with closed_port() as nobody:
        async with house({"first": nobody, "second": Play(stream(ANSWER))}) as home:
            await home.gateway.refresh()
            response = await home.chat()
            assert response.headers["x-attempts"] == "1"
            plan = (await home.record()).plan
            assert plan is not None
            assert [(it.provider, it.reason.partition(":")[0]) for it in plan.excluded] == [("first", "unavailable")]


async def test_a_failing_last_resort_stays_unavailable() -> None:
    with closed_port() as nobody:
        async with house({"only": nobody}) as home:
            await home.gateway.refresh()
            assert (await home.chat()).status_code == 502
            assert home.gateway.runtime.provider("only").health is Health.UNAVAILABLE


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_refusal_of_the_ask_itself_goes_back_as_it_came(status: int) -> None:
    body = b'{"error": {"message":"temperature is too high",  "code":"bad_temperature"}}'
    first, second = Play(reply(status, body)), Play(stream(ANSWER))
    async with house({"first": first, "second": second}) as home:
        response = await home.chat()
        assert (response.status_code, response.content) == (status, body)
        assert response.headers["content-type"] == "application/json"
        assert response.headers["x-attempts"] == "1"
        assert not second.asked
        record = await home.record()
        assert (record.stage, record.status, record.error) == (Stage.FAILED, status, "upstream_rejected")
        assert home.gateway.runtime.provider("first").track.errors == 0


async def test_a_refused_key_is_said_of_the_provider() -> None:
    refused = reply(401, b'{"error":{"message":"Incorrect API key"}}')
    async with house({"first": Play(refused), "second": Play(stream(ANSWER))}) as home:
        await home.gateway.refresh()
        assert (await home.chat()).status_code == 200
        state = home.gateway.runtime.provider("first")
        assert state.health is Health.AUTH_FAILED
        assert "Incorrect API key" in state.reason


async def test_when_all_fail_one_error_names_them_all() -> None:
    plays = {
        "first": Play(reply(500, b'{"error":{"message":"boom"}}')),
        "second": Play(reply(429, b'{"error":{"message":"slow down"}}', (b"retry-after", b"7"))),
    }
    async with house(plays) as home:
        response = await home.chat()
        assert (response.status_code, response.headers["retry-after"]) == (429, "7")
        error = error_of(response)
        assert error["code"] == "upstream_rate_limited"
        assert "all 2 candidates failed" in error["message"]
        assert "first/m: HTTP 500: boom; second/m: HTTP 429: slow down" in error["message"]
        assert error["request_id"] == response.headers["x-request-id"] == (await home.record()).id
        assert home.nothing_in_flight()


async def test_the_only_candidate_fails_in_plain_words_and_without_its_address() -> None:
    with closed_port() as nobody:
        async with house({"vllm": nobody}) as home:
            response = await home.chat(stream=False)
            assert response.status_code == 502
            message = error_of(response)["message"]
            assert message.startswith("vllm/m: connection refused. Check that it is running")
            assert "127.0.0.1" not in response.text


async def test_nobody_left_to_ask_is_a_503_that_says_why() -> None:
    play = Play(stream(ANSWER))
    async with house({"first": play}, entries={"first": {"requires_api_key": True}}) as home:
        response = await home.chat()
        assert response.status_code == 503
        assert error_of(response)["code"] == "no_provider_available"
        assert "first/m: no API key" in error_of(response)["message"]
        assert not play.asked


async def test_a_provider_is_asked_by_its_own_name_for_the_model_and_with_its_own_key() -> None:
    play = Play(reply(200, WHOLE), models=("real-name",))
    async with house(
        {"first": play},
        entries={"first": {"api_key": "sk-upstream-0001", "headers": {"X-Team": "blue"}}},
        mappings={"exact_matches": {"alias": {"provider": "first", "backend_model": "real-name"}}},
    ) as home:
        headers = {"authorization": "Bearer what-the-caller-sends", "x-team": "red"}
        response = await home.chat(stream=False, model="alias", headers=headers, x_extra={"kept": 1})
        assert response.headers["x-model"] == "real-name"
        assert play.asked[0]["model"] == "real-name"
        assert play.asked[0]["x_extra"] == {"kept": 1}
        assert play.headers[0]["authorization"] == "Bearer sk-upstream-0001"
        assert play.headers[0]["x-team"] == "blue"


async def test_a_pooled_connection_that_went_stale_costs_no_attempt() -> None:
    play = Play(reply(200, WHOLE))
    async with house({"first": play}) as home:
        await home.chat(stream=False)

        async def last_answer(exchange: Exchange) -> None:
            exchange.keep_alive = False
            exchange.reply(200, [(b"content-type", b"application/json")], WHOLE)

        play.script = last_answer
        await home.chat(stream=False)
        response = await home.chat(stream=False)
        assert (response.status_code, response.headers["x-attempts"]) == (200, "1")
        await until(home.nothing_in_flight)


async def test_an_ollama_provider_answers_an_openai_caller() -> None:
    lines = [
        {"model": "m", "message": {"role": "assistant", "content": "Hel"}, "done": False},
        {"model": "m", "message": {"role": "assistant", "content": "lo"}, "done": False},
        {"model": "m", "message": {}, "done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 2},
    ]
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    play = Play(reply(200, body, content_type=b"application/x-ndjson"))
    async with house({"ollama": play}, entries={"ollama": {"type": "ollama"}}) as home:
        response = await home.chat()
        assert response.content.endswith(DONE)
        events = [json.loads(line[6:]) for line in response.content.split(b"\n\n") if line and line != DONE.strip()]
        text = "".join(event["choices"][0]["delta"].get("content", "") for event in events if event["choices"])
        assert text == "Hello"
        usage = (await home.record()).usage
        assert usage is not None
        assert (usage.prompt_tokens, usage.completion_tokens) == (3, 2)


async def test_what_a_provider_says_of_its_limits_reaches_the_caller() -> None:
    limits = ((b"x-ratelimit-remaining-requests", b"41"), (b"x-secret-of-the-house", b"1"))
    async with house({"first": Play(reply(200, WHOLE, *limits))}) as home:
        response = await home.chat(stream=False)
        assert response.headers["x-ratelimit-remaining-requests"] == "41"
        assert "x-secret-of-the-house" not in response.headers


async def test_hello_is_not_said_twice() -> None:
    """The content of a candidate that failed is never spliced with that of another."""
    first = Play(cut(ROLE, HELLO))
    second = Play(stream(ANSWER))
    async with house({"first": first, "second": second}) as home:
        response = await home.chat()
        assert response.content.count(b"Hello") == 1
        assert not second.asked
