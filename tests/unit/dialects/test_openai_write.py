"""Asks of every form, written for OpenAI and for the engines that follow it: each field is written or warned about."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask, JsonObject, Target
from ai_dashboard.dialects.forms import Call, Written
from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.dialects.openai.fields import CHAT_FIELDS
from ai_dashboard.dialects.openai.read import read
from ai_dashboard.dialects.openai.write import BUILT_HERE, write

MESSAGES = [{"role": "user", "content": "Hi"}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}


def translated(kind: str, model: str = "gpt-4o", *, stream: bool = False, **body: object) -> Written:
    canonical: JsonObject = {"model": "asked", "messages": MESSAGES} | body
    ask = Ask("asked", stream, canonical, b"its own bytes", False, form="anthropic.messages", headers=(("a", "b"),))
    return write(ask, Target("p", kind, model), KINDS[kind])


def body_of(written: Written) -> dict[str, Any]:
    return dict(orjson.loads(written.request.body))


def fields(written: Written) -> dict[str, Any]:
    return {name: value for name, value in body_of(written).items() if name not in ("model", "messages")}


# ── the same form ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["openai", "vllm", "openai_compatible"])
def test_an_ask_of_this_form_goes_out_as_it_came(kind: str) -> None:
    raw = b'{"model": "m", "messages": [{"role":"user","cache_control":1}], "top_k":5, "max_tokens":1, "x":1.50}'
    written = write(read(Call(raw)), Target("p", kind, "m"), KINDS[kind])
    assert (written.request.body, written.warnings) == (raw, ())
    named = write(read(Call(raw)), Target("p", kind, "o3"), KINDS[kind])
    assert named.request.body == raw.replace(b'"m"', b'"o3"')


OURS = (
    b'{"model":"m","seed":123456789012345678901,"stream":true,"messages":[{"role":"assistant","content":"x",'
    b'"reasoning_content":"r","thinking_blocks":[],"tool_calls":[{"id":"a","extra_content":{"google":1}},5]},'
    b'{"role":"user","content":"thinking_blocks","kept":true}]}'
)


def test_what_our_replies_add_does_not_go_back_to_openai() -> None:
    request = write(read(Call(OURS)), Target("p", "openai", "other"), KINDS["openai"]).request
    assert b'"seed":123456789012345678901' in request.body
    body = orjson.loads(request.body)
    assert (body["model"], body["stream_options"]) == ("other", {"include_usage": True})
    assert body["messages"] == [
        {"role": "assistant", "content": "x", "tool_calls": [{"id": "a"}, 5]},
        {"role": "user", "content": "thinking_blocks", "kept": True},
    ]


def test_it_goes_back_to_those_who_may_want_it() -> None:
    request = write(read(Call(OURS)), Target("p", "vllm", "m"), KINDS["vllm"]).request
    assert orjson.loads(request.body)["messages"] == orjson.loads(OURS)["messages"]


def test_gateway_fields_and_our_additions_together() -> None:
    raw = OURS[:-1] + b',"strict":true,"capability":"x"}'
    body = orjson.loads(write(read(Call(raw)), Target("p", "openai", "m"), KINDS["openai"]).request.body)
    assert set(body) == {"model", "seed", "stream", "stream_options", "messages"}
    assert "reasoning_content" not in body["messages"][0]


# ── other forms ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_canonical_ask() -> None:
    written = translated("openai", temperature=0, seed=None, tools=[], stop=["x"], capability="c", strict=True)
    assert body_of(written) == {"model": "gpt-4o", "messages": MESSAGES, "temperature": 0, "stop": ["x"]}
    assert written.warnings == ()
    assert written.request.path == "/v1/chat/completions"
    assert dict(written.request.headers) == {"content-type": "application/json", "accept": "application/json"}


def test_usage_is_asked_for_with_a_stream() -> None:
    streamed = fields(translated("openai", stream=True, stream_options={"include_usage": False}))
    assert streamed == {"stream": True, "stream_options": {"include_usage": True}}


@pytest.mark.parametrize(
    ("kind", "left", "warned"),
    [
        ("openai", {}, ["top_k", "min_p", "repeat_penalty", "x"]),
        ("vllm", {"top_k": 5, "min_p": 0.1, "repetition_penalty": 1.1, "x": 1}, []),
        ("llama_cpp", {"top_k": 5, "min_p": 0.1, "repeat_penalty": 1.1, "x": 1}, []),
        ("openai_compatible", {"top_k": 5, "min_p": 0.1, "repetition_penalty": 1.1, "x": 1}, []),
    ],
)
def test_fields_beyond_openais(kind: str, left: dict[str, Any], warned: list[str]) -> None:
    written = translated(kind, top_k=5, min_p=0.1, repeat_penalty=1.1, x=1, keep_alive="5m", options={"num_ctx": 1})
    assert fields(written) == left
    assert [warning.split("`")[1] for warning in written.warnings] == [*warned, "keep_alive", "options"]
    assert "num_ctx" in written.warnings[-1]


@pytest.mark.parametrize(
    ("kind", "asked", "left"),
    [
        ("openai", {"thinking": {"type": "enabled", "budget_tokens": 2000}}, {"reasoning_effort": "low"}),
        ("openai", {"thinking": {"type": "adaptive"}}, {}),
        ("openai", {"thinking": {"type": "disabled"}}, {"reasoning_effort": "minimal"}),
        ("openai", {"thinking": {"type": "disabled"}, "reasoning_effort": "max"}, {"reasoning_effort": "high"}),
        ("openai_compatible", {"thinking": {"type": "enabled", "budget_tokens": 2000}}, {"reasoning_effort": "low"}),
        ("openai_compatible", {"thinking": {"type": "disabled"}}, {}),
        ("openai_compatible", {"reasoning_effort": "none"}, {"reasoning_effort": "none"}),
        ("vllm", {"reasoning_effort": "none"}, {"chat_template_kwargs": {"enable_thinking": False}}),
        ("vllm", {"thinking": {"type": "disabled"}}, {"chat_template_kwargs": {"enable_thinking": False}}),
        ("vllm", {"thinking": {"type": "adaptive"}}, {"chat_template_kwargs": {"enable_thinking": True}}),
        (
            "llama_cpp",
            {"reasoning_effort": "max", "chat_template_kwargs": {"x": 1}},
            {"reasoning_effort": "high", "chat_template_kwargs": {"x": 1, "enable_thinking": True}},
        ),
        ("vllm", {}, {}),
    ],
)
def test_how_much_to_think(kind: str, asked: dict[str, Any], left: dict[str, Any]) -> None:
    written = translated(kind, "gpt-5", **asked)
    assert (fields(written), written.warnings) == (left, ())


def test_openai_is_told_the_newer_name_of_the_limit() -> None:
    assert fields(translated("openai", max_tokens=5)) == {"max_completion_tokens": 5}
    assert fields(translated("openai", max_tokens=5, max_completion_tokens=6)) == {"max_completion_tokens": 6}
    assert fields(translated("vllm", max_tokens=5)) == {"max_tokens": 5}


def test_a_thinking_model_is_asked_what_it_takes() -> None:
    written = translated("openai", "o3", temperature=0.2, stop=["x"], top_p=1, max_tokens=9)
    assert fields(written) == {"max_completion_tokens": 9}
    assert [warning.split("`")[1] for warning in written.warnings] == ["temperature", "stop"]
    assert fields(translated("vllm", "o3", temperature=0.2)) == {"temperature": 0.2}


def test_openai_takes_four_stop_sequences() -> None:
    written = translated("openai", stop=["a", "b", "c", "d", "e"])
    assert fields(written) == {"stop": ["a", "b", "c", "d"]}
    assert len(written.warnings) == 1
    assert fields(translated("vllm", stop=list("abcde"))) == {"stop": list("abcde")}


def test_what_is_said_of_tools_needs_tools() -> None:
    said: dict[str, Any] = {"tool_choice": "auto", "parallel_tool_calls": False}
    assert fields(translated("openai", **said)) == {}
    assert fields(translated("openai", tools=[TOOL], **said)) == {"tools": [TOOL], **said}


def test_cache_marks_are_told_once() -> None:
    marked = {"cache_control": {"type": "ephemeral"}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "Hi", **marked}], **marked}]
    written = translated("openai", messages=messages, tools=[TOOL | marked, 5])
    assert body_of(written)["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
    assert body_of(written)["tools"] == [TOOL, 5]
    assert written.warnings == ("`cache_control` is left out: OpenAI chooses itself what it caches",)
    kept = translated("openai_compatible", messages=messages, tools=[TOOL | marked])
    assert (body_of(kept)["messages"], kept.warnings) == (messages, ())


@pytest.mark.parametrize("kind", ["openai", "vllm"])
def test_a_schema_has_a_name(kind: str) -> None:
    unnamed = {"type": "json_schema", "json_schema": {"schema": {}, "strict": True}}
    written = fields(translated(kind, response_format=unnamed))["response_format"]
    assert written == {"type": "json_schema", "json_schema": {"schema": {}, "strict": True, "name": "answer"}}
    named = {"type": "json_schema", "json_schema": {"schema": {}, "name": "mine"}}
    assert fields(translated(kind, response_format=named)) == {"response_format": named}
    assert fields(translated(kind, response_format={"type": "json_object"})) == {
        "response_format": {"type": "json_object"}
    }


def test_headers_are_the_callers_dialects() -> None:
    assert ("a", "b") not in translated("openai").request.headers


plain = sorted(
    CHAT_FIELDS - BUILT_HERE - {"tools", "tool_choice", "parallel_tool_calls", "max_tokens", "response_format"}
)


@given(st.dictionaries(st.sampled_from([*plain, "top_k", "keep_alive", "made_up"]), st.integers(1, 9)))
def test_every_field_is_written_or_warned_about(asked: dict[str, Any]) -> None:
    written = translated("openai", "gpt-5.1", **asked)
    warned = [warning.split("`")[1] for warning in written.warnings]
    assert sorted([*fields(written), *warned]) == sorted(
        name for name, value in asked.items() if (name, value) not in (("temperature", 1), ("top_p", 1))
    )
