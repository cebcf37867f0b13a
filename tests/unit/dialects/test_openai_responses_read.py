"""Asks of the Responses API: every field is read, kept for the reply, or named as OpenAI's own."""

from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.openai.responses_read import MAX_NAMES, READ, SAME, ResponsesAsk, going_on, read

HELLO = {"model": "gpt-5", "input": "Hello"}
USER = {"role": "user", "content": "Hello"}
SCHEMA = {"type": "object", "properties": {}}


def asked(headers: dict[str, str] | None = None, **more: object) -> ResponsesAsk:
    return read(Call(orjson.dumps(HELLO | more), headers=headers or {}))


def test_the_least_that_can_be_asked() -> None:
    ask = asked()
    assert (ask.model, ask.stream, ask.form, ask.operation) == ("gpt-5", False, "openai.responses", "chat")
    assert ask.body == {"model": "gpt-5", "messages": [USER]}
    assert ask.raw == orjson.dumps(HELLO)
    assert (ask.own_fields, ask.strict, ask.capability, ask.previous, ask.stored) == ((), False, None, None, True)


def test_everything_that_others_can_be_told() -> None:
    ask = asked(
        instructions="Be brief.",
        stream=True,
        tools=[{"type": "function", "name": "f", "parameters": SCHEMA, "strict": False}],
        tool_choice="required",
        parallel_tool_calls=False,
        text={"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}, "verbosity": "low"},
        reasoning={"effort": "high", "summary": "auto"},
        max_output_tokens=100,
        temperature=0.5,
        top_p=None,
        top_logprobs=3,
        include=["reasoning.encrypted_content"],
        metadata={"a": "b"},
        store=False,
        truncation="disabled",
        user="u",
        top_k=4,
        background=False,
    )
    assert ask.own_fields == ()
    assert ask.stream
    assert not ask.stored
    assert ask.body == {
        "model": "gpt-5",
        "messages": [{"role": "system", "content": "Be brief."}, USER],
        "stream": True,
        "tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA, "strict": False}}],
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}},
        "verbosity": "low",
        "reasoning_effort": "high",
        "max_tokens": 100,
        "temperature": 0.5,
        "top_logprobs": 3,
        "logprobs": True,
        "user": "u",
        "top_k": 4,
    }


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"background": True}, ["background"]),
        ({"conversation": "conv_1"}, ["conversation"]),
        ({"previous_response_id": "resp_1"}, ["previous_response_id"]),
        ({"truncation": "auto"}, ["truncation"]),
        ({"include": ["web_search_call.results"]}, ["include"]),
        ({"reasoning": {"effort": "low", "mode": "pro", "context": None}}, ["reasoning.mode"]),
        ({"text": {"style": "plain"}}, ["text.style"]),
        (
            {"tools": [{"type": "web_search"}], "tool_choice": {"type": "web_search"}},
            ["tool_choice", "tools.web_search"],
        ),
        ({"anything": [1], "nothing": None}, ["anything"]),
    ],
)
def test_what_only_openai_can_be_told_is_named(more: dict[str, Any], names: list[str]) -> None:
    ask = asked(**more)
    assert list(ask.own_fields) == names
    assert "tools" not in ask.body
    assert ask.body["messages"] == [USER]


def test_logprobs_can_be_asked_for_by_include() -> None:
    assert asked(include=["message.output_text.logprobs"]).body["logprobs"] is True


def test_a_caller_is_told_of_so_many_fields_at_most() -> None:
    assert len(read(Call(orjson.dumps(HELLO | dict.fromkeys(map(str, range(1000)), 1)))).own_fields) == MAX_NAMES


def test_what_speaks_to_the_gateway_is_read_and_is_no_field() -> None:
    ask = asked(capability="code", strict=True)
    assert (ask.capability, ask.strict, ask.own_fields) == ("code", True, ())
    assert not {"capability", "strict"} & ask.body.keys()
    ask = asked({"x-capability": "chat", "x-strict": "true", "openai-beta": "b", "openai-organization": "o"})
    assert (ask.capability, ask.strict, ask.headers) == ("chat", True, (("openai-beta", "b"),))
    assert not asked({"x-strict": "true"}, strict=False).strict


def test_a_template_or_a_conversation_may_stand_for_the_input() -> None:
    for name in ("prompt", "conversation", "previous_response_id"):
        ask = read(Call(orjson.dumps({"model": "gpt-5", name: "kept_1"})))
        assert (ask.body["messages"], ask.own_fields) == ([], (name,))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"model": 1}, "`model`"),
        ({"model": " "}, "`model`"),
        ({"model": "m" * 513}, "`model`"),
        ({"input": None}, "`input`"),
        ({"input": []}, "`input`"),
        ({"input": 1}, "`input`"),
        ({"instructions": ["x"]}, "`instructions` is not a string"),
        ({"stream": 1}, "`stream` is neither true nor false"),
        ({"store": "yes"}, "`store`"),
        ({"strict": "yes"}, "`strict`"),
        ({"capability": 1}, "`capability`"),
        ({"previous_response_id": 7}, "`previous_response_id`"),
        ({"max_output_tokens": True}, "`max_output_tokens` is not a whole number"),
        ({"max_output_tokens": "9"}, "`max_output_tokens`"),
        ({"text": "json"}, "`text` is not an object"),
        ({"reasoning": "high"}, "`reasoning`"),
        ({"reasoning": {"effort": 3}}, r"`reasoning\.effort`"),
        ({"include": "all"}, "`include`"),
        ({"metadata": {"a": 1}}, "`metadata`"),
        ({"tools": {}}, "`tools`"),
    ],
)
def test_a_field_that_is_wrong_is_named(more: dict[str, Any], says: str) -> None:
    with pytest.raises(CallerError, match=says):
        asked(**more)


def test_a_model_that_is_missing_is_named() -> None:
    with pytest.raises(CallerError, match="`model`"):
        read(Call(b'{"input": "Hello"}'))


def test_broken_json_is_refused_with_its_place() -> None:
    with pytest.raises(CallerError, match="line 1, column"):
        read(Call(b'{"model": NaN}'))


def test_going_on_puts_the_past_before_the_input_and_takes_no_instructions_along() -> None:
    past = [{"role": "user", "content": "What?"}, {"role": "assistant", "content": "That."}]
    ask = going_on(asked(previous_response_id="resp_1", instructions="Be brief.", tools=[{"type": "mcp"}]), past, "a")
    assert ask.body["messages"] == [{"role": "system", "content": "Be brief."}, *past, USER]
    assert ask.own_fields == ("tools.mcp",)
    assert (ask.previous, ask.kept_by) == ("resp_1", "a")
    assert ask.items == [*past, {"type": "message", **USER}]


VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "auto", "text"])
)
KEYS = st.sampled_from(["type", "role", "content", "format", "effort", "name", "schema", "tools", "mode"])
NESTED = st.recursive(VALUES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=6)


@given(st.dictionaries(st.sampled_from(sorted(READ | SAME | {"metadata", "x"})), NESTED))
def test_any_json_is_read_or_refused(body: dict[str, Any]) -> None:
    with suppress(CallerError):
        assert read(Call(orjson.dumps(HELLO | body))).body["messages"] is not None
