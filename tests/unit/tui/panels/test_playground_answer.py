"""What stands under an answer."""

import pytest

from ai_dashboard.core.events import Text, Thinking, Usage
from ai_dashboard.core.playground import Answered, Refused, Routed, Told
from ai_dashboard.core.records import AttemptRecord, Stage
from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels.playground_answer import draw, figures, reason, waiting
from ai_dashboard.tui.panels.playground_talk import Exchange, Talk
from tests.tui.fakes import HOSTILE, record

ROUTED = Routed("id", "vllm", "qwen3-32b")


def talk(*told: Told) -> Talk:
    made = Talk("chat")
    made.ask("Hi", 10.0)
    assert made.last is not None
    for at, one in enumerate(told, start=11):
        made.last.take(one, float(at))
    return made


def last(made: Talk) -> Exchange:
    assert made.last is not None
    return made.last


def test_an_empty_conversation_says_how_to_begin() -> None:
    assert text_of(draw(Talk("m"), 80, 0.0)[0]) == "write below what you want to ask; ⏎ sends it"


def test_thinking_is_dim_and_the_answer_is_not() -> None:
    lines = draw(talk(ROUTED, Thinking("Hm"), Text("Hello")), 60, 15.0)
    inks = {text_of(line): line[-1][1] for line in lines if line}
    assert inks["Hm"] is Ink.DIM
    assert inks["Hello"] is Ink.PLAIN
    assert inks["… 5s · vllm qwen3-32b · first after 2.00s"] is Ink.DIM


def test_time_goes_on_in_whole_seconds_until_the_end() -> None:
    made = talk(ROUTED)
    assert waiting(last(made), 11.2) == "1s · vllm qwen3-32b"
    last(made).take(Answered("id", record(1)), 12.0)
    assert not any(text_of(line).startswith("…") for line in draw(made, 60, 99.0))


def test_figures_are_those_of_the_record() -> None:
    done = last(talk(ROUTED, Text("Hello"), Answered("id", record(1, cost=400_000))))
    assert figures(done) == "88ms first · 1.21s · 213 tok/s · 812/240 tok · $0.0004"
    assert reason(done) == "vllm qwen3-32b · fallback of openai"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cached": "exact"}, "vllm qwen3-32b · known before (exact)"),
        ({"warnings": ("`seed` is left out",)}, "vllm qwen3-32b · fallback of openai · `seed` is left out"),
        ({"provider": "", "model": "", "attempts": (), "stage": Stage.FAILED}, ""),
        (
            {"attempts": (AttemptRecord("openai", "m", "preferred", 0, None, 0.2, 502, "e"), record(1).attempts[0])},
            "vllm qwen3-32b · fallback of openai · instead of openai",
        ),
    ],
)
def test_the_reason_is_the_plans(changes: dict[str, object], words: str) -> None:
    assert reason(last(talk(ROUTED, Answered("id", record(1, **changes))))) == words


def test_without_a_record_what_was_seen_here_is_told_and_the_rest_is_a_dash() -> None:
    done = last(talk(ROUTED, Text("a"), Usage(3, 7, estimated=True), Answered("id", None)))
    assert figures(done) == "2.00s first · 4.00s · – tok/s · ~3/7 tok · $–"
    assert reason(done) == "vllm qwen3-32b"
    stopped = last(talk(ROUTED))
    stopped.stopped = True
    stopped.end(12.0)
    assert figures(stopped).startswith("stopped · – first · 2.00s")


@pytest.mark.parametrize("width", [1, 2, 7, 30, 120])
def test_nothing_is_wider_than_the_panel_or_obeyed(width: int) -> None:
    made = talk(ROUTED, Thinking(HOSTILE), Text(HOSTILE), Refused(200, HOSTILE), Answered("id", None))
    made.forgotten = 3
    lines = draw(made, width, 20.0)
    assert all(width_of(line) <= max(width, 4) for line in lines)
    assert "\x1b" not in "".join(map(text_of, lines))
