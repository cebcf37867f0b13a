"""Anthropic's turns as canonical messages."""

from typing import Any

import pytest

from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.anthropic.read_messages import messages_of, tools_of

MARK = {"type": "ephemeral"}
TEXT = {"type": "text", "text": "x"}
USE = {"type": "tool_use", "id": "a", "name": "f", "input": {"x": [1, "é"]}}
RESULT = {"type": "tool_result", "tool_use_id": "a", "content": "42"}
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":[1,"é"]}'}}


def read(*messages: object, own: set[str] | None = None, **body: object) -> list[dict[str, Any]]:
    return messages_of({"messages": list(messages)} | body, set() if own is None else own)


def user(content: object) -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(content: object) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


def test_plain_turns_stay_as_they_are() -> None:
    turns = [user("a"), assistant("b"), user("")]
    assert read(*turns) == turns
    assert read(user([TEXT])) == [user("x")]
    assert read(user([TEXT, TEXT])) == [user([TEXT, TEXT])]


def test_each_system_prompt_is_a_message_of_its_own_where_it_stood() -> None:
    marked = TEXT | {"cache_control": MARK}
    assert read(user("a"), {"role": "system", "content": "later"}, system=[TEXT, marked]) == [
        {"role": "system", "content": "x"},
        {"role": "system", "content": [marked]},
        user("a"),
        {"role": "system", "content": "later"},
    ]
    assert read(user("a"), system="s")[0] == {"role": "system", "content": "s"}
    assert read(user("a"), system="") == read(user("a"), system=None) == [user("a")]


def test_results_of_tools_come_right_behind_the_calls() -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://a"}}
    failed = RESULT | {"tool_use_id": "b", "is_error": True, "content": [TEXT, image], "cache_control": MARK}
    bare = {"type": "tool_result", "tool_use_id": "c"}
    assert read(user("q"), assistant([USE]), user([TEXT, RESULT, failed, bare])) == [
        user("q"),
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "a", "content": "42"},
        {
            "role": "tool",
            "tool_call_id": "b",
            "content": [TEXT, {"type": "image_url", "image_url": {"url": "https://a"}}],
            "is_error": True,
            "cache_control": MARK,
        },
        {"role": "tool", "tool_call_id": "c", "content": ""},
        user("x"),
    ]


def test_thinking_text_and_calls_are_fields_of_one_message() -> None:
    thinking = {"type": "thinking", "thinking": "Hm", "signature": "sig"}
    unsigned = {"type": "thinking", "thinking": "…"}
    redacted = {"type": "redacted_thinking", "data": "xyz"}
    marked = USE | {"cache_control": MARK}
    assert read(user("q"), assistant([thinking, redacted, unsigned, TEXT, marked]))[1] == {
        "role": "assistant",
        "content": "x",
        "thinking_blocks": [thinking, redacted, unsigned | {"signature": ""}],
        "reasoning_content": "Hm…",
        "tool_calls": [CALL],
        "cache_control": MARK,
    }
    assert "reasoning_content" not in read(user("q"), assistant([redacted]))[1]


def test_what_anthropics_own_tools_did_is_named_and_left_out() -> None:
    own: set[str] = set()
    turn = assistant([{"type": "server_tool_use", "id": "s"}, {"type": "web_search_tool_result"}])
    assert read(user("q"), turn, own=own)[1] == assistant("")
    assert own == {"messages.server_tool_use", "messages.web_search_tool_result"}


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (3, r"`messages\[1\]` is not an object"),
        ({"content": "x"}, r"`messages\[1\].role`"),
        ({"role": ["user"], "content": "x"}, r"`messages\[1\].role`"),
        (user(None), r"`messages\[1\].content`"),
        (user([{"type": "tool_result"}]), r"`messages\[1\].content\[0\].tool_use_id`"),
        (user([RESULT | {"content": 3}]), r"`messages\[1\].content\[0\].content`"),
        (assistant([{"type": "thinking"}]), r"`messages\[1\].content\[0\].thinking`"),
        (assistant([{"type": "thinking", "thinking": "", "signature": 3}]), r"content\[0\].signature`"),
        (assistant([{"type": "redacted_thinking"}]), r"content\[0\].data`"),
        (assistant([USE | {"input": "{}"}]), r"content\[0\].input`"),
        (assistant([USE | {"name": None}]), r"content\[0\].name`"),
        (assistant([USE | {"id": 3}]), r"content\[0\].id`"),
        ({"role": "system", "content": [{"type": "image"}]}, r"`messages\[1\].content\[0\].type` is not text"),
    ],
)
def test_what_is_wrong_is_named(message: object, named: str) -> None:
    with pytest.raises(CallerError, match=named):
        read(user("q"), message)


@pytest.mark.parametrize("messages", [None, [], {}, "x"])
def test_there_are_messages(messages: object) -> None:
    with pytest.raises(CallerError, match="`messages` is missing"):
        messages_of({"messages": messages}, set())


def test_tools() -> None:
    own: set[str] = set()
    schema = {"type": "object", "properties": {}}
    tools = [
        {"name": "f", "input_schema": schema},
        {
            "type": "custom",
            "name": "g",
            "description": "G",
            "input_schema": schema,
            "strict": True,
            "cache_control": MARK,
        },
        {"type": "web_search_20260318", "name": "web_search"},
        {"name": "h", "input_schema": {}, "input_examples": [{}], "defer_loading": False},
    ]
    assert tools_of(tools, own) == [
        {"type": "function", "function": {"name": "f", "parameters": schema}},
        {
            "type": "function",
            "function": {"name": "g", "description": "G", "parameters": schema, "strict": True},
            "cache_control": MARK,
        },
        {"type": "function", "function": {"name": "h", "parameters": {}}},
    ]
    assert own == {"tools.web_search_20260318", "tools.input_examples"}


@pytest.mark.parametrize(
    "tools", [{}, [3], [{"name": "f"}], [{"input_schema": {}}], [{"name": "f", "input_schema": "x"}]]
)
def test_tools_that_are_none(tools: object) -> None:
    with pytest.raises(CallerError, match="`tools"):
        tools_of(tools, set())
