from dataclasses import replace

import pytest

from ai_dashboard.core.costs import Window
from ai_dashboard.core.snapshot import MoneyGauge
from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels import header
from ai_dashboard.tui.panels.money import budget_words, draw, header_span, select
from ai_dashboard.tui.picture import Freshness, Picture
from tests.tui.fakes import HOSTILE, busy

GAUGE = MoneyGauge(
    today=4.31, reserved=0.12, window="daily", spent=4.31, budget=10.0, used=0.431, per_hour=0.31, day_end=8.9,
    month_end=131.0, hours=(0.1, 0.4, 0.2), saved=1.12, top="gpt-5-mini", top_share=0.38,
)  # fmt: skip


def shown(gauge: MoneyGauge) -> Picture:
    """A picture with this money."""
    return Picture(busy(money=gauge), freshness=Freshness.LIVE)


def texts(gauge: MoneyGauge, width: int = 24) -> list[str]:
    return [text_of(line).rstrip() for line in draw(select(shown(gauge)), width)]


def test_money_at_a_glance() -> None:
    today, budget, bar, coming, burn, cache, top = texts(GAUGE, 26)
    assert today == "today      $4.31 +$0.12"
    assert budget == "budget $4.31/$10 day"
    assert bar.endswith("▏ ● ok")
    assert coming == "EOD        $8.90"
    assert burn.startswith("burn     $0.31/h ")
    assert len(burn) == 26
    assert cache == "cache      $1.12 saved"
    assert top.split() == ["top", "38.0%", "gpt-5-mini"]


def test_what_is_not_known_is_not_nothing() -> None:
    lines = texts(MoneyGauge())
    assert [line.split() for line in lines] == [
        ["today", "$0"],
        ["EOD", "–"],
        ["burn", "–/h"],
        ["cache", "$0", "saved"],
    ]


@pytest.mark.parametrize(
    ("window", "day_end", "month_end", "over"),
    [
        ("daily", 10.01, 5.0, True),
        ("daily", 10.0, 500.0, False),
        ("monthly", 500.0, 10.0, False),
        ("monthly", 5.0, 10.01, True),
        ("total", 500.0, 500.0, False),
        ("daily", None, None, False),
    ],
)
def test_a_forecast_beyond_the_budget_is_a_warning(
    window: Window, day_end: float | None, month_end: float | None, over: bool
) -> None:
    gauge = replace(GAUGE, window=window, day_end=day_end, month_end=month_end)
    drawn = draw(select(shown(gauge)), 24)
    assert any(span == ("over", Ink.WARN) for line in drawn for span in line) is over


def test_the_forecast_is_for_the_end_of_what_the_budget_is_for() -> None:
    assert "EOD        $8.90" in texts(GAUGE)
    assert "EOM      $131.00 over" in texts(replace(GAUGE, window="monthly"))
    assert "EOD        $8.90" in texts(replace(GAUGE, window="total"))


@pytest.mark.parametrize(
    ("window", "words"), [("daily", "$4.31/$10 day"), ("monthly", "$4.31/$10 month"), ("total", "$4.31/$10 in all")]
)
def test_a_budget_in_words(window: Window, words: str) -> None:
    assert budget_words(replace(GAUGE, window=window)) == words
    assert budget_words(replace(GAUGE, window=window, budget=12.5)).startswith("$4.31/$12.50 ")


def test_the_first_line_has_the_budget_where_there_is_one() -> None:
    def first(gauge: MoneyGauge) -> str:
        return text_of(header.draw(header.select(shown(gauge)), 160)[0])

    assert "│ $4.31/$10 day ▕█▊  ▏ │" in first(GAUGE)
    assert "$" not in first(MoneyGauge(today=4.31))


@pytest.mark.parametrize(("used", "ink"), [(0.5, Ink.PLAIN), (0.75, Ink.WARN), (0.9, Ink.BAD), (1.2, Ink.BAD)])
def test_the_first_line_warns_as_budgets_run_out(used: float, ink: Ink) -> None:
    span = header_span(replace(GAUGE, used=used))
    assert span is not None
    assert span[1] is ink


def test_a_model_is_text_whatever_it_is_called() -> None:
    for width in range(3, 60, 3):
        lines = draw(select(shown(replace(GAUGE, top=HOSTILE))), width)
        assert all(width_of(line) <= width for line in lines), width
        assert not any("\x1b" in text for line in lines for text, _ in line)


def test_before_the_first_answer_it_says_so() -> None:
    assert text_of(draw(select(Picture()), 30)[0]) == "waiting for the gateway"
