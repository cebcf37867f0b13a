"""Asks in Google's dialect, in either spelling of its names: read as they are meant, or refused."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.demo.behaviour import THINKING_TOKENS, Ask, Tool
from ai_dashboard.demo.google_read import get, read_generate_ask, text_in
from ai_dashboard.demo.server import Refusal

HELLO: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}


def read(**more: object) -> Ask:
    return read_generate_ask(HELLO | more, "gemini", stream=True)


def test_the_least_that_can_be_asked() -> None:
    assert read() == Ask("gemini", "\nHello", "Hello", stream=True, shows_thinking=False)


@pytest.mark.parametrize("name", ["systemInstruction", "system_instruction"])
def test_names_come_in_two_spellings(name: str) -> None:
    assert read(**{name: {"parts": [{"text": "Be brief."}]}}).prompt == "Be brief.\nHello"
    assert get({"a_long_name": 1}, "aLongName") == get({"aLongName": 1}, "aLongName") == 1


def test_a_functions_answer_is_the_last_content() -> None:
    called = {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]}
    answer = {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"t": 4}}}]}
    ask = read(contents=[*HELLO["contents"], called, answer])
    assert (ask.question, ask.tool_result) == ("Hello", '{"t":4}')


def test_functions_come_with_either_kind_of_schema() -> None:
    declarations = [
        {"name": "f", "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}, "odd": 1}}},
        {"name": "g", "parametersJsonSchema": {"type": "object"}},
        {"name": "h"},
    ]
    assert read(tools=[{"functionDeclarations": declarations}, {"googleSearch": {}}]).tools == (
        Tool("f", {"type": "OBJECT", "properties": {"city": {"type": "string"}, "odd": 1}}),
        Tool("g", {"type": "object"}),
        Tool("h", {}),
    )


@pytest.mark.parametrize(
    ("calling", "names", "must"),
    [
        ({}, ["f", "g"], False),
        ({"mode": "AUTO"}, ["f", "g"], False),
        ({"mode": "ANY"}, ["f", "g"], True),
        ({"mode": "ANY", "allowedFunctionNames": ["g"]}, ["g"], True),
        ({"mode": "NONE"}, [], False),
    ],
)
def test_choices(calling: dict[str, Any], names: list[str], must: bool) -> None:
    tools = [{"functionDeclarations": [{"name": "f"}, {"name": "g"}]}]
    ask = read(tools=tools, toolConfig={"functionCallingConfig": calling})
    assert ([tool.name for tool in ask.tools], ask.must_call) == (names, must)


@pytest.mark.parametrize(
    ("config", "tokens", "shown"),
    [
        ({}, 0, False),
        ({"thinkingBudget": 0}, 0, False),
        ({"thinkingBudget": 10}, 10, False),
        ({"thinkingBudget": 9999}, THINKING_TOKENS["high"], False),
        ({"thinkingBudget": -1, "includeThoughts": True}, THINKING_TOKENS["medium"], True),
        ({"thinkingLevel": "LOW"}, THINKING_TOKENS["low"], False),
        ({"include_thoughts": True}, THINKING_TOKENS["medium"], True),
    ],
)
def test_thinking(config: dict[str, Any], tokens: int, shown: bool) -> None:
    ask = read(generationConfig={"thinkingConfig": config, "maxOutputTokens": 500})
    assert (ask.thinking, ask.shows_thinking, ask.max_tokens) == (tokens, shown, 500)


@pytest.mark.parametrize(
    "more",
    [
        {"contents": []},
        {"contents": "Hello"},
        {"contents": [1]},
        {"tools": [1]},
        {"tools": [{"functionDeclarations": [1]}]},
    ],
)
def test_what_makes_no_sense_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        read(**more)


def test_a_content_that_is_none_has_no_text() -> None:
    assert text_in(None) == text_in({}) == text_in({"parts": 7}) == ""


VALUES = st.none() | st.booleans() | st.integers() | st.sampled_from(["", "text", "user", "ANY"])
CONTENT_KEYS = ["parts", "role", "text", "functionResponse", "response"]
TOOL_KEYS = ["functionDeclarations", "name", "parameters", "properties", "functionCallingConfig", "mode"]
CONFIG_KEYS = ["thinkingConfig", "thinkingBudget", "allowedFunctionNames"]
KEYS = st.sampled_from([*CONTENT_KEYS, *TOOL_KEYS, *CONFIG_KEYS])
NESTED = st.recursive(VALUES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=8)


@given(st.sampled_from(["contents", "systemInstruction", "tools", "toolConfig", "generationConfig"]), NESTED)
def test_whatever_a_caller_sends_is_read_or_refused(name: str, value: object) -> None:
    with suppress(Refusal):
        read(**{name: value})
