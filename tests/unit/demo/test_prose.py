"""Prose is made of whole sentences about the prompt, and its tokens are exactly its text."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.demo.prose import answer, thoughts, tokens_of, tool_arguments


@given(st.text())
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(tokens_of(text)) == text


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", ()),
        ("Hello, world!", ("Hello", ",", " world", "!")),
        ("two  spaces \n", ("two", "  spaces", " \n")),
        ('{"city": "Oslo"}', ("{", '"', "city", '"', ":", ' "', "Oslo", '"', "}")),
    ],
)
def test_tokens(text: str, tokens: tuple[str, ...]) -> None:
    assert tokens_of(text) == tokens


@given(st.text(), st.integers(1, 300), st.integers())
def test_an_answer_says_that_it_is_simulated_and_is_as_long_as_asked(prompt: str, length: int, seed: int) -> None:
    text = answer(prompt, length, Random(seed))
    assert text.startswith("This is a simulated answer about ")
    assert text.endswith(".")
    assert length <= len(tokens_of(text)) <= max(length, 20) + 40


def test_an_answer_is_about_the_words_of_its_prompt() -> None:
    text = answer("How should I tune Postgres autovacuum?", 60, Random(1))
    assert "Postgres" in text or "autovacuum" in text
    assert "should have one" not in text.split(".")[0]


@given(st.text(), st.integers(1, 100), st.integers())
def test_thoughts_say_that_they_are_simulated(prompt: str, length: int, seed: int) -> None:
    text = thoughts(prompt, length, Random(seed))
    assert text.startswith("This is simulated thinking about ")
    assert len(tokens_of(text)) >= length


SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        "days": {"type": "integer"},
        "hourly": {"type": "boolean"},
        "fields": {"type": "array"},
        "where": {"type": "object"},
        "odd": True,
    },
}


def test_tool_arguments_have_the_types_of_their_schema() -> None:
    assert json.loads(tool_arguments(SCHEMA, "What is the weather in Oslo?")) == {
        "city": "Oslo",
        "unit": "celsius",
        "days": 1,
        "hourly": True,
        "fields": [],
        "where": {},
        "odd": None,
    }


def test_tool_arguments_hold_what_is_required_only() -> None:
    assert json.loads(tool_arguments(SCHEMA | {"required": ["days"]}, "")) == {"days": 1}


def test_a_tool_without_parameters_gets_none() -> None:
    assert tool_arguments({}, "Now?") == "{}"
