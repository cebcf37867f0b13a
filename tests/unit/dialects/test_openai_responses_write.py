"""What a provider that speaks the Responses API is sent: the caller's bytes, or as little changed as can be."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from ai_dashboard.core.chat import Ask, JsonObject, Target
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.dialects.openai.responses_read import ResponsesAsk, going_on, read
from ai_dashboard.dialects.openai.responses_write import no_decoder, write

HELLO = {"model": "gpt-5", "input": "Hello", "unknown": {"kept": 1.0}}
TARGET = Target("openai", "openai", "gpt-5", base_path="/proxy", api_key="key")
OWN = {"type": "reasoning", "id": "rs_9", "summary": [], "encrypted_content": "ai-dashboard/thinking/sig"}
THEIRS = {"type": "reasoning", "id": "rs_8", "summary": [], "encrypted_content": "gAAAA"}


def asked(**more: object) -> ResponsesAsk:
    return read(Call(orjson.dumps(HELLO | more, option=orjson.OPT_INDENT_2)))


def body(ask: ResponsesAsk, target: Target = TARGET) -> dict[str, Any]:
    written = write(ask, target, KINDS["openai"])
    assert written.warnings == ()
    sent: dict[str, Any] = orjson.loads(written.request.body)
    return sent


@pytest.mark.parametrize("more", [{}, {"stream": True}, {"previous_response_id": "resp_1"}, {"input": [THEIRS]}])
def test_the_callers_bytes_are_passed_on(more: dict[str, object]) -> None:
    ask = asked(**more)
    assert write(ask, TARGET, KINDS["openai"]).request.body is ask.raw


def test_path_and_headers() -> None:
    ask = replace(asked(stream=True), headers=(("openai-beta", "b"),))
    request = write(ask, replace(TARGET, headers=(("x-own", "1"),)), KINDS["openai"]).request
    assert (request.method, request.path) == ("POST", "/proxy/v1/responses")
    assert request.headers == (
        ("content-type", "application/json"),
        ("accept", "text/event-stream"),
        ("authorization", "Bearer key"),
        ("openai-beta", "b"),
        ("x-own", "1"),
    )


def test_another_name_for_the_model_is_all_that_changes() -> None:
    assert body(asked(), replace(TARGET, model="gpt-5-mini")) == HELLO | {"model": "gpt-5-mini"}


def test_numbers_stay_as_they_were_written() -> None:
    raw = b'{"model":"gpt-5","input":"Hello","metadata":null,"big":12345678901234567890123,"capability":"x"}'
    sent = write(read(Call(raw)), TARGET, KINDS["openai"]).request.body
    assert sent == b'{"model":"gpt-5","input":"Hello","metadata":null,"big":12345678901234567890123}'


def test_what_speaks_to_the_gateway_stays_here() -> None:
    assert body(asked(capability="code", strict=True)) == HELLO


def test_thinking_of_other_providers_is_left_out() -> None:
    say = {"role": "user", "content": "Hi"}
    assert body(asked(input=[OWN, THEIRS, say])) == HELLO | {"input": [THEIRS, say]}


def test_text_that_speaks_of_the_seal_changes_nothing() -> None:
    ask = asked(input="ai-dashboard/ is what it begins with")
    assert write(ask, TARGET, KINDS["openai"]).request.body is ask.raw


PAST: list[JsonObject] = [
    {"type": "message", "id": "msg_1", "role": "assistant", "content": "That."},
    {"type": "reasoning", "id": "rs_7", "summary": []},
    THEIRS,
    OWN,
    {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}", "extra_content": {}},
    {"type": "web_search_call", "id": "ws_1"},
]


def test_the_provider_that_keeps_the_conversation_is_asked_to_go_on() -> None:
    ask = going_on(asked(previous_response_id="resp_1"), PAST, "openai")
    assert write(ask, TARGET, KINDS["openai"]).request.body is ask.raw


@pytest.mark.parametrize("kept_by", ["", "another"])
def test_any_other_is_told_the_conversation_without_what_it_would_refuse(kept_by: str) -> None:
    ask = going_on(asked(previous_response_id="resp_1"), PAST, kept_by)
    assert body(ask) == HELLO | {
        "input": [
            {"type": "message", "role": "assistant", "content": "That."},
            THEIRS,
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "web_search_call", "id": "ws_1"},
            {"type": "message", "role": "user", "content": "Hello"},
        ]
    }


def test_asks_of_other_forms_are_not_written_in_this_one() -> None:
    with pytest.raises(NotImplementedError, match=r"openai\.chat"):
        write(Ask("m", False, {}, b"", True), TARGET, KINDS["openai"])
    with pytest.raises(NotImplementedError, match=r"openai\.chat"):
        no_decoder(Ask("m", False, {}, b"", True), "x")
