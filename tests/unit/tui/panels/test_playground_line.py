"""Whom the playground asks, as a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.tui.panels.playground_line import Setup, choices, line_of, manner_of, parse
from ai_dashboard.tui.query import Wrong

NAME = st.text(alphabet="ab:/ .-", min_size=1, max_size=8).map(str.strip).filter(bool)


@pytest.mark.parametrize(
    ("line", "setup"),
    [
        ("llama3.1:8b", Setup(("llama3.1:8b",))),
        ("a a b c", Setup(("a", "a", "b", "c"))),
        ("a temperature:0 max:5", Setup(("a",), temperature=0.0, max_tokens=5)),
        ('MAX:5 a system:"be brief: always"', Setup(("a",), "be brief: always", max_tokens=5)),
        ('"max:8b" system:', Setup(("max:8b",))),
    ],
)
def test_a_line_says_whom_to_ask_and_how(line: str, setup: Setup) -> None:
    assert parse(line) == setup


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "which model"),
        ("max:5", "which model"),
        ("a b c d e", "more than the 4"),
        ("a max:0", "no number of tokens"),
        ("a max:²", "no number of tokens"),
        ("a max:99999999999", "no number of tokens"),
        ("a temperature:nan", "not between 0 and 2"),
        ("a temperature:hot", "not between 0 and 2"),
        ("a temperature:", "not between 0 and 2"),
    ],
)
def test_what_makes_no_sense_is_said(line: str, words: str) -> None:
    read = parse(line)
    assert isinstance(read, Wrong)
    assert words in read.problem


@given(
    st.lists(NAME, min_size=1, max_size=4),
    st.text(alphabet="ab :x", max_size=8),
    st.none() | st.sampled_from([0.0, 0.25, 2.0]),
    st.none() | st.integers(1, 10_000_000),
)
def test_a_setup_and_its_line_say_the_same(
    models: list[str], system: str, temperature: float | None, max_tokens: int | None
) -> None:
    setup = Setup(tuple(models), system, temperature, max_tokens)
    assert parse(line_of(setup)) == setup


def test_how_they_are_asked_is_told_in_words() -> None:
    assert manner_of(Setup(("a",))) == ""
    assert (
        manner_of(Setup(("a",), "be brief", 0.5, 4000)) == "temperature 0.5 · at most 4,000 tokens · system: be brief"
    )


def test_names_are_completed_wherever_they_stand() -> None:
    known = ("llama3.1:8b", "gpt-5-mini", "chat")
    assert [it.text for it in choices("g", known)] == ["gpt-5-mini"]
    assert [it.text for it in choices("gpt-5-mini LL", known)] == ["gpt-5-mini llama3.1:8b"]
    assert [it.text for it in choices("chat te", known)] == ["chat temperature:"]
    assert [it.label for it in choices("chat ", known)][:2] == ["llama3.1:8b", "gpt-5-mini"]
    assert choices("chat", known) == []
