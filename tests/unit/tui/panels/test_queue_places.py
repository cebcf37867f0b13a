from dataclasses import replace

from ai_dashboard.core.history import Window
from ai_dashboard.core.queue import SwapsView
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.queue_places import draw, select
from tests.tui.answers import waiting
from tests.tui.fakes import busy, empty

QUEUE = waiting(busy(), Window.FIVE)


def test_the_fullest_provider_is_on_top_with_what_its_limit_rests_on() -> None:
    lines = [" ".join(text_of(line).split()) for line in draw(select(QUEUE), 80)]
    assert [line.split()[0] for line in lines[:5]] == ["ollama", "anthropic", "vllm", "gemini", "openai"]
    assert lines[0].endswith("3/3 configured")
    assert lines[2].endswith("3/8 strained · found out")
    assert lines[3].endswith("3/16 found out")
    assert lines[4] == "openai 3 no limit"


def test_models_that_are_swapped_stand_below() -> None:
    lines = [text_of(line) for line in draw(select(QUEUE), 100)]
    assert lines[-2].split() == ["openai", "holds", "llama3.1:8b", "(1", "of", "1)", "·", "7", "swaps"]
    assert lines[-1].strip() == "→ ? for 3 requests, instead of llama3.1:8b, 4.00s to load"
    nothing = replace(QUEUE, places=(), swaps=(SwapsView("gpu", 2, (), (), 0),))
    assert [text_of(line).split() for line in draw(select(nothing), 60)] == [
        ["gpu", "holds", "nothing", "(0", "of", "2)"]
    ]


def test_without_limits_it_says_how_there_come_to_be_some() -> None:
    assert "max_concurrent" in text_of(draw(select(waiting(empty(), Window.FIVE)), 120)[0])
    assert text_of(draw(select(None), 60)[0]) == "waiting for the gateway"


def test_every_width_holds_it() -> None:
    for width in range(3, 100, 7):
        assert all(width_of(line) <= width for line in draw(select(QUEUE), width)), width
