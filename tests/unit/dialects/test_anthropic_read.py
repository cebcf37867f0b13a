"""A caller's ask of the Messages API."""

from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.anthropic.read import MAX_NAMES, read
from ai_dashboard.dialects.forms import Call

USER = {"role": "user", "content": "hello"}
LEAST: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": [USER]}
SCHEMA = {"type": "object"}
TOOL = {"name": "f", "input_schema": SCHEMA}
SEARCH = {"type": "web_search_20260318", "name": "web_search"}


def ask(**fields: object) -> Ask:
    return read(Call(orjson.dumps(LEAST | fields)))


def told(headers: dict[str, str], **fields: object) -> Ask:
    return read(Call(orjson.dumps(LEAST | fields), headers=headers))


def test_the_least_that_can_be_asked() -> None:
    raw = orjson.dumps(LEAST)
    assert read(Call(raw)) == Ask("m", False, LEAST, raw, True, form="anthropic.messages")


def test_a_stream_always_ends_with_its_usage() -> None:
    found = ask(stream=True)
    assert found.stream
    assert found.body == LEAST | {"stream": True, "stream_options": {"include_usage": True}}


@pytest.mark.parametrize(
    ("fields", "canonical"),
    [
        ({"system": "s"}, {"messages": [{"role": "system", "content": "s"}, USER]}),
        ({"max_tokens": None}, {"max_tokens": None}),
        ({"max_tokens": 0}, {"max_tokens": 0}),
        ({"temperature": 0.5, "top_p": 1, "top_k": 40}, {"temperature": 0.5, "top_p": 1, "top_k": 40}),
        ({"stop_sequences": ["a"]}, {"stop": ["a"]}),
        ({"stop_sequences": []}, {}),
        ({"metadata": {"user_id": "u"}}, {"user": "u"}),
        ({"service_tier": "auto"}, {}),
        ({"service_tier": "standard_only"}, {"service_tier": "default"}),
        ({"thinking": {"type": "disabled"}}, {"thinking": {"type": "disabled"}}),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 2048, "display": "omitted"}},
            {"thinking": {"type": "enabled", "budget_tokens": 2048, "display": "omitted"}},
        ),
        ({"thinking": {"type": "adaptive", "display": None}}, {"thinking": {"type": "adaptive"}}),
        ({"output_config": {"effort": "max"}}, {"reasoning_effort": "max"}),
    ],
)
def test_fields_and_what_they_are(fields: dict[str, Any], canonical: dict[str, Any]) -> None:
    found = ask(**fields)
    assert found.body == {name: value for name, value in (LEAST | canonical).items() if value is not None}
    assert found.own_fields == ()


@pytest.mark.parametrize("name", ["output_config", "output_format"])
def test_structured_output_by_both_of_its_names(name: str) -> None:
    wanted = {"type": "json_schema", "schema": SCHEMA}
    found = ask(**{name: {"format": wanted} if name == "output_config" else wanted})
    described = {"name": "response", "schema": SCHEMA, "strict": True}
    assert found.body["response_format"] == {"type": "json_schema", "json_schema": described}


@pytest.mark.parametrize(
    ("choice", "canonical"),
    [
        ({"type": "auto"}, {"tool_choice": "auto"}),
        ({"type": "none"}, {"tool_choice": "none"}),
        ({"type": "any"}, {"tool_choice": "required"}),
        ({"type": "tool", "name": "f"}, {"tool_choice": {"type": "function", "function": {"name": "f"}}}),
        ({"type": "auto", "disable_parallel_tool_use": True}, {"tool_choice": "auto", "parallel_tool_calls": False}),
        ({"type": "any", "disable_parallel_tool_use": False}, {"tool_choice": "required", "parallel_tool_calls": True}),
    ],
)
def test_the_choice_of_tools(choice: dict[str, Any], canonical: dict[str, Any]) -> None:
    body = ask(tools=[TOOL], tool_choice=choice).body
    function = {"name": "f", "parameters": SCHEMA}
    assert body == LEAST | {"tools": [{"type": "function", "function": function}]} | canonical


def test_a_choice_among_tools_that_others_do_not_have() -> None:
    assert ask(tools=[SEARCH], tool_choice={"type": "any"}).body == LEAST
    found = ask(tools=[TOOL, SEARCH], tool_choice={"type": "tool", "name": "web_search"})
    assert "tool_choice" not in found.body
    assert found.own_fields == ("tool_choice", "tools.web_search_20260318")


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"mcp_servers": [], "container": "c"}, ("container", "mcp_servers")),
        ({"brand new": 1}, ("(unnamed)",)),
        ({"container": None}, ()),
        ({"metadata": {"user_id": "u", "team": "t"}}, ("metadata.team",)),
        ({"output_config": {"task_budget": {"total": 1}}}, ("output_config.task_budget",)),
        ({"thinking": {"type": "between_tools"}}, ("thinking.between_tools",)),
        ({"service_tier": "turbo"}, ("service_tier",)),
        ({"cache_control": {"type": "ephemeral"}}, ("cache_control",)),
    ],
)
def test_what_only_anthropic_can_be_told_is_named(fields: dict[str, Any], names: tuple[str, ...]) -> None:
    assert ask(**fields).own_fields == names


def test_names_are_bounded() -> None:
    assert len(ask(**{f"field_{number}": 1 for number in range(999)}).own_fields) == MAX_NAMES


def test_wishes_for_the_gateway_by_field_and_by_header() -> None:
    found = ask(capability="code", strict=True)
    assert (found.capability, found.strict, found.body, found.own_fields) == ("code", True, LEAST, ())
    found = told({"x-capability": "code", "x-strict": "True"})
    assert (found.capability, found.strict) == ("code", True)
    assert told({"x-strict": "1"}, strict=False).strict is False


def test_headers_that_providers_are_told() -> None:
    headers = {
        "anthropic-version": "2026-10-21",
        "anthropic-beta": "a,b",
        "anthropic-workspace-id": "w",
        "x-api-key": "k",
    }
    assert told(headers).headers == (("anthropic-version", "2026-10-21"), ("anthropic-beta", "a,b"))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"model": None}, "`model`"),
        ({"model": " "}, "`model`"),
        ({"model": "m" * 513}, "`model` is longer"),
        ({"messages": []}, "`messages`"),
        ({"max_tokens": "9"}, "`max_tokens` is not a whole number"),
        ({"max_tokens": True}, "`max_tokens`"),
        ({"temperature": "hot"}, "`temperature` is not a number"),
        ({"top_p": True}, "`top_p`"),
        ({"top_k": 0.5}, "`top_k`"),
        ({"stop_sequences": "x"}, "`stop_sequences`"),
        ({"stop_sequences": [1]}, "`stop_sequences`"),
        ({"stream": "yes"}, "`stream` is neither"),
        ({"strict": 1}, "`strict`"),
        ({"capability": 1}, "`capability`"),
        ({"tools": {}}, "`tools`"),
        ({"tools": [TOOL], "tool_choice": "auto"}, "`tool_choice` is not an object"),
        ({"tools": [TOOL], "tool_choice": {"type": []}}, "`tool_choice.type`"),
        ({"tools": [TOOL], "tool_choice": {"type": "tool"}}, "`tool_choice.name`"),
        ({"thinking": True}, "`thinking`"),
        ({"thinking": {"type": []}}, "`thinking.type`"),
        ({"thinking": {"type": "enabled"}}, "`thinking.budget_tokens`"),
        ({"thinking": {"type": "enabled", "budget_tokens": True}}, "`thinking.budget_tokens`"),
        ({"output_config": []}, "`output_config`"),
        ({"output_config": {"effort": ["high"]}}, "`output_config.effort`"),
        ({"output_config": {"format": {"type": "json_object"}}}, "`output_config.format`"),
        ({"metadata": "x"}, "`metadata`"),
        ({"system": 3}, "`system`"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(CallerError, match=named):
        ask(**fields)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"model":NaN}', b"\xff", b"[" * 5000 + b"]" * 5000])
def test_what_is_no_json_object(raw: bytes) -> None:
    with pytest.raises(CallerError, match="the body is"):
        read(Call(raw))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "source", "content", "role", "name", "input", "id"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)
FIELDS = st.sampled_from([
    "messages", "system", "tools", "tool_choice", "thinking", "output_config", "metadata", "stop_sequences",
])  # fmt: skip
KINDS = st.sampled_from(["text", "image", "document", "tool_use", "tool_result", "thinking", "search_result"])
ROLES = st.sampled_from(["user", "assistant", "system"])


@given(st.dictionaries(FIELDS, JSON, max_size=4))
def test_no_json_crashes_it(fields: dict[str, Any]) -> None:
    with suppress(CallerError):
        ask(**fields)


@given(ROLES, KINDS, JSON, JSON)
def test_no_block_crashes_it(role: str, kind: str, block: object, content: object) -> None:
    block = (block if isinstance(block, dict) else {}) | {"type": kind, "content": content}
    with suppress(CallerError):
        ask(messages=[{"role": role, "content": [block]}])
