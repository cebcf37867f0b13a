"""What is written of an answer on a terminal, and on none."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.cli.answering import Answer, Harmless, Voice, as_json, figures
from ai_dashboard.core.events import Text, Thinking, Usage
from ai_dashboard.core.playground import Answered, Refused, Routed, Told

TOLD: tuple[Told, ...] = (
    Routed("id-1", "gpu", "m", None), Thinking("Hm"), Text("Hel"), Text("lo"), Usage(3, 7), Answered("id-1", None),
)  # fmt: skip


@given(st.lists(st.text(alphabet="ab\r\n\t\x1b\x9b\u202e\u200d]é", max_size=6), max_size=8))
def test_a_terminal_is_told_the_same_however_an_answer_is_split(pieces: list[str]) -> None:
    split, whole = Harmless(), Harmless()
    said = "".join(map(split, pieces)) + split.end()
    assert said == whole("".join(pieces)) + whole.end()
    assert not set(said) & set("\r\x1b\x9b\u202e")


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("\x1b]52;c;eA==\x07", "�]52;c;eA==�"),
        ("\x1b[2J\x9b31m", "�[2J�31m"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("ten\rone", "ten�one"),
        ("\u202eevil\u2066", "�evil�"),
        ("می\u200cخواهم 👩\u200d💻", "می\u200cخواهم 👩\u200d💻"),
    ],
)
def test_nothing_that_a_terminal_would_obey_is_left(said: str, seen: str) -> None:
    harmless = Harmless()
    assert harmless(said) + harmless.end() == seen


@pytest.mark.parametrize(
    ("terminal", "dims", "written"),
    [
        (True, True, "\x1b[2mHm\x1b[0m\n\nHello\n"),
        (True, False, "[thinking] Hm\n\nHello\n"),
        (False, False, "Hello\n"),
    ],
)
def test_thinking_is_for_people_alone(terminal: bool, dims: bool, written: str) -> None:
    out = io.StringIO()
    voice = Voice(out, terminal=terminal, dims=dims)
    for told in TOLD:
        voice.hear(told)
    voice.end()
    assert out.getvalue() == written


def test_an_answer_that_only_thinks_leaves_the_terminal_as_it_was() -> None:
    out = io.StringIO()
    voice = Voice(out, terminal=True, dims=True)
    voice.hear(Thinking("Hm"))
    voice.end()
    voice.end()
    assert out.getvalue() == "\x1b[2mHm\x1b[0m\n"


def test_what_nobody_knows_is_a_dash_and_never_a_zero() -> None:
    answer = Answer("m")
    assert set(figures(answer).values()) == {"–"}
    assert as_json(answer)["cost_usd"] is None
    for told in TOLD:
        answer.take(told)
    assert (figures(answer)["provider"], figures(answer)["tokens"], figures(answer)["cost"]) == ("gpu", "3/7", "–")
    answer.take(Refused(502, "broken"))
    assert (as_json(answer)["error"], as_json(answer)["text"]) == ("broken", "Hello")
