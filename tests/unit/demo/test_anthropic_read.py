"""Asks in Anthropic's dialect: read as they are meant, or refused as the service refuses them."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.demo.anthropic_read import MIN_BUDGET, read_messages_ask, signature_of
from ai_dashboard.demo.behaviour import THINKING_TOKENS, Ask, Tool
from ai_dashboard.demo.server import Refusal

HELLO: dict[str, Any] = {
    "model": "claude",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hello"}],
}
SCHEMA = {"type": "object"}
TOOLS = [{"name": "f", "input_schema": SCHEMA}, {"name": "g", "input_schema": SCHEMA, "type": "custom"}]


def read(**more: object) -> Ask:
    return read_messages_ask(HELLO | more)


def test_the_least_that_can_be_asked() -> None:
    assert read() == Ask("claude", "\nHello", "Hello", stream=False, max_tokens=100)


def test_a_conversation_is_all_of_its_text_and_the_last_question() -> None:
    ask = read(
        system=[{"type": "text", "text": "Be brief."}],
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "4 °C"}]},
        ],
    )
    assert ask.prompt == "Be brief.\nWeather?\n\n4 °C"
    assert (ask.question, ask.tool_result) == ("Weather?", "4 °C")


def test_tools_of_the_services_own_are_not_called() -> None:
    assert read(tools=[*TOOLS, {"type": "web_search_20250305", "name": "web_search"}]).tools == (
        Tool("f", SCHEMA),
        Tool("g", SCHEMA),
    )


@pytest.mark.parametrize(
    ("choice", "names", "must"),
    [
        (None, ["f", "g"], False),
        ({"type": "auto"}, ["f", "g"], False),
        ({"type": "any"}, ["f", "g"], True),
        ({"type": "tool", "name": "g"}, ["g"], True),
        ({"type": "none"}, [], False),
    ],
)
def test_choices(choice: object, names: list[str], must: bool) -> None:
    ask = read(tools=TOOLS, tool_choice=choice)
    assert ([tool.name for tool in ask.tools], ask.must_call) == (names, must)


@pytest.mark.parametrize(
    ("wanted", "tokens"),
    [
        (None, 0),
        ({"type": "disabled"}, 0),
        ({"type": "adaptive"}, THINKING_TOKENS["medium"]),
        ({"type": "enabled", "budget_tokens": MIN_BUDGET}, THINKING_TOKENS["high"]),
    ],
)
def test_thinking(wanted: object, tokens: int) -> None:
    assert read(thinking=wanted, max_tokens=2 * MIN_BUDGET).thinking == tokens


@pytest.mark.parametrize("place", ["system", "tools", "messages"])
def test_a_mark_anywhere_asks_for_the_cache(place: str) -> None:
    marked = {"type": "text", "text": "x", "name": "f", "input_schema": {}, "cache_control": {"type": "ephemeral"}}
    if place == "tools":
        del marked["type"]
    value = [{"role": "user", "content": [marked]}] if place == "messages" else [marked]
    assert read(**{place: value}).wants_cache
    assert not read().wants_cache


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"messages": []}, "messages"),
        ({"messages": ["Hello"]}, "messages"),
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"model": 1}, "'model'"),
        ({"tools": {"f": 1}}, "tools"),
        ({"tools": [{"name": "f"}]}, r"tools\.0"),
        ({"thinking": {"type": "enabled", "budget_tokens": 10}}, "budget_tokens"),
        ({"thinking": {"type": "enabled", "budget_tokens": 5000}}, "greater than"),
        ({"thinking": "yes"}, "thinking"),
    ],
)
def test_what_the_service_refuses_is_refused(more: dict[str, Any], says: str) -> None:
    with pytest.raises(Refusal, match=says):
        read(**more)


def test_counting_tokens_needs_no_limit() -> None:
    assert read_messages_ask(HELLO | {"max_tokens": None}, whole=False).max_tokens is None


@pytest.mark.parametrize(("signature", "good"), [(signature_of("hm"), True), ("made up", False), (None, False)])
def test_thinking_has_to_come_back_as_it_went(signature: str | None, good: bool) -> None:
    block = {"type": "thinking", "thinking": "hm", "signature": signature}
    messages = [*HELLO["messages"], {"role": "assistant", "content": [block]}, *HELLO["messages"]]
    if good:
        read(messages=messages)
    else:
        with pytest.raises(Refusal, match="Invalid `signature`"):
            read(messages=messages)


VALUES = st.none() | st.booleans() | st.integers() | st.sampled_from(["", "text", "user", "thinking", "tool_result"])
KEYS = st.sampled_from(["content", "role", "type", "name", "input_schema", "text", "thinking", "budget_tokens"])
NESTED = st.recursive(VALUES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=6)


@given(st.sampled_from(["messages", "system", "tools", "tool_choice", "thinking", "max_tokens"]), NESTED)
def test_whatever_a_caller_sends_is_read_or_refused(name: str, value: object) -> None:
    with suppress(Refusal):
        read(**{name: value})
