from dataclasses import replace

import pytest

from ai_dashboard.core.snapshot import BreakerState, Health, TargetView
from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels.providers import STATE, Sort, View, draw, select
from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import busy, empty, provider

BUSY = Picture(busy())


def texts(view: View, width: int = 78, height: int = 20) -> list[str]:
    return [text_of(line) for line in draw(view, width, height)]


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        (Sort.STATE, ["ollama", "gemini", "vllm", "anthropic", "openai"]),
        (Sort.NAME, ["anthropic", "gemini", "ollama", "openai", "vllm"]),
        (Sort.P95, ["anthropic", "gemini", "openai", "vllm", "ollama"]),
        (Sort.TRAFFIC, ["anthropic", "gemini", "openai", "vllm", "ollama"]),
        (Sort.ERRORS, ["ollama", "vllm", "anthropic", "gemini", "openai"]),
    ],
)
def test_orders(sort: Sort, names: list[str]) -> None:
    assert [row.name for row in select(BUSY, sort).rows] == names


def test_sorting_goes_round() -> None:
    seen = [Sort.STATE]
    while (following := seen[-1].next) is not seen[0]:
        seen.append(following)
    assert seen == list(Sort)


def test_the_table() -> None:
    lines = texts(select(BUSY), height=8)
    assert lines[0] == "  provider     state         p50   p95 in fl req/m err % models trend p95     "
    assert lines[1].startswith("○ ollama       unavailable     –     –     0     0   100      2 ·····")
    assert lines[2] == "  └ connection refused"
    assert lines[3].startswith("✗ gemini       auth failed 412ms 1.90s")
    assert lines[4] == "  └ 401: set GEMINI_API_KEY"


def test_reasons_take_only_the_lines_that_are_left() -> None:
    assert sum("└" in line for line in texts(select(BUSY), height=6)) == 0
    assert sum("└" in line for line in texts(select(BUSY), height=7)) == 1
    assert sum("└" in line for line in texts(select(BUSY), height=20)) == 3


@pytest.mark.parametrize("width", [14, 20, 40, 50, 78, 120, 200])
def test_rows_are_as_wide_as_the_panel(width: int) -> None:
    view = select(Picture(busy(providers=(provider(),))))
    assert {width_of(line) for line in draw(view, width, 5)} == {width}


def test_every_state_has_its_own_glyph_and_word() -> None:
    assert set(STATE) == set(Health)
    assert len({glyph for glyph, _, _ in STATE.values()}) == len({word for _, word, _ in STATE.values()}) == len(Health)
    assert STATE[Health.UNAVAILABLE][2] is Ink.BAD


def test_an_active_provider_has_nothing_to_explain() -> None:
    assert select(Picture(busy(providers=(provider(reason="all well"),)))).rows[0].notes == ()


def test_models_that_are_not_asked_as_usual_are_named() -> None:
    targets = (
        TargetView("a", BreakerState.OPEN, retry_in_s=42.0),
        TargetView("b", BreakerState.PROBING),
        TargetView("c", BreakerState.RAMPING, share=0.25),
        TargetView("d"),
    )
    (row,) = select(Picture(busy(providers=(provider(targets=targets, cooldown_s=3.0),)))).rows
    assert row.notes == (
        "left alone for 3.00s",
        "a: breaker open, tried again in 42.0s",
        "b: breaker half-open, one request is being let through",
        "c: recovering, gets 25.0 % of its traffic",
    )


def test_a_first_run_teaches() -> None:
    lesson = "\n".join(texts(select(Picture(empty())), 100))
    for word in (
        "Ollama",
        "OPENAI_API_KEY",
        "providers.yaml",
        "ai-dashboard --demo",
        "http://127.0.0.1:4000/v1",
        "11434",
    ):
        assert word in lesson


def test_before_the_first_answer_it_waits() -> None:
    assert texts(select(Picture())) == ["waiting for the gateway"]


def test_a_view_without_visible_change_is_the_same_view() -> None:
    finer = busy(providers=tuple(replace(one, requests=one.requests + 1) for one in busy().providers))
    assert select(Picture(finer)) == select(BUSY)
