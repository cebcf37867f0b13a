import pytest

from ai_dashboard.core.plan import Candidate, Excluded, Plan
from ai_dashboard.tui.ink import crop, text_of, width_of
from ai_dashboard.tui.panels.plan import draw, why
from tests.tui.fakes import HOSTILE, plan


def page(one: Plan, width: int = 100) -> list[str]:
    return [text_of(line).rstrip() for line in draw(one, width)]


def test_candidates_stand_in_order_before_those_left_out() -> None:
    lines = page(plan())
    assert lines[0] == "Plan  capabilities.general_chat"
    assert [line.split()[:2] for line in lines[2:]] == [["1", "openai"], ["2", "vllm"], ["✗", "ollama"]]
    assert lines[-1].endswith("left out: it is down: connection refused")


def test_the_strategy_is_told_where_there_is_one() -> None:
    assert page(Plan("a", "rule", (), (), "latency_based"))[0] == "Plan  rule · latency_based"


def test_figures_and_what_speaks_against_one_are_told_in_words() -> None:
    one = Candidate("vllm", "m", "listed", 0.5, "eu", (("ewma ttft", "0.3 s"), ("against it", "breaker_open 19 s")))
    assert why(one) == "listed · eu · ewma ttft 0.3 s · against it its breaker is open: 19 s"


def test_where_nobody_is_left_it_is_told_what_to_do() -> None:
    excluded = (Excluded("a", "m", "disabled"), Excluded("b", "m", "disabled_by_operator"), Excluded("c", "m", "odd"))
    lines = page(Plan("a", "rule", (), excluded))
    assert lines[-3:] == [
        "  nobody can answer: all were left out",
        "  → set `status: active` for a in providers.yaml",
        "  → `ai-dashboard providers enable b` has it asked again",
    ]
    assert page(Plan("a", "rule", (), ()))[-1] == "  nobody can answer: the rule leads to nobody"


def test_notes_are_told_before_the_table() -> None:
    assert page(Plan("a", "r", (), (), notes=("affinity: none",)))[1] == "  affinity: none"


@pytest.mark.parametrize("width", [3, 20, 58, 198])
def test_hostile_names_keep_to_their_columns(width: int) -> None:
    bad = Plan(HOSTILE, HOSTILE, (Candidate(HOSTILE, HOSTILE, HOSTILE, 0.5),), (Excluded(HOSTILE, HOSTILE, HOSTILE),),
               HOSTILE, (HOSTILE,))  # fmt: skip
    assert all(width_of(crop(line, width)) <= width for line in draw(bad, width))
