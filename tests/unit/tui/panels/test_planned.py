import pytest

from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels.planned import EXAMPLE, View, draw
from tests.tui.fakes import HOSTILE, plan


def page(view: View, width: int = 100) -> list[str]:
    return [text_of(line).rstrip() for line in draw(view, width)]


def test_nothing_asked_teaches() -> None:
    assert page(View()) == [f"a {EXAMPLE}"]


def test_the_facts_stand_above_the_plan() -> None:
    lines = page(View("chat tenant:acme", "as request req-1", plan()))
    assert lines[:2] == ["chat tenant:acme", "as request req-1"]
    assert lines[3].startswith("Plan  capabilities.general_chat")


def test_until_the_gateway_answers_it_is_being_asked() -> None:
    assert page(View("chat"))[-1] == "asking the gateway …"


def test_why_there_is_no_plan_is_told_as_trouble() -> None:
    (*_, last) = draw(View("x", "", "there is no model “x”"), 100)
    assert list(last) == [("there is no model “x”", Ink.BAD)]


@pytest.mark.parametrize("width", [1, 10, 40, 118])
@pytest.mark.parametrize("view", [View(), View(HOSTILE, HOSTILE, HOSTILE), View("chat", "about", plan())])
def test_no_line_is_wider_than_the_panel(view: View, width: int) -> None:
    assert all(width_of(line) <= width for line in draw(view, width))
