from dataclasses import replace

from ai_dashboard.core.history import HistoryView, SeriesKey, SeriesView, Spread, Window
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.latency_table import draw, ordered, select, speed
from tests.tui.fakes import busy, measured

HISTORY = measured(busy(), Window.HOUR, ())


def series(provider: str, model: str, requests: int) -> SeriesView:
    spread = Spread(0.1, 0.1, 0.1, 0.2, 0.4, 0.9)
    return SeriesView(SeriesKey(provider, model), requests, 1, 10, spread, spread, spread)


def test_a_provider_with_several_models_stands_above_them() -> None:
    several = HistoryView(
        Window.HOUR, 0.0,
        (series("b", "", 9), series("b", "x", 5), series("b", "y", 4), series("a", "", 3), series("a", "m", 3)),
    )  # fmt: skip
    assert [(it.key.provider, it.key.model) for it in ordered(several)] == [
        ("b", ""), ("b", "x"), ("b", "y"), ("a", "m"),
    ]  # fmt: skip
    rows = select(several, Window.HOUR, ()).rows
    assert rows is not None
    assert [row.name for row in rows] == ["b · all models", "  x", "  y", "a · m"]


def test_chosen_series_are_marked_as_in_the_chart() -> None:
    keys = [view.key for view in ordered(HISTORY)]
    rows = select(HISTORY, Window.HOUR, (keys[1], keys[0])).rows
    assert rows is not None
    assert [row.mark[0] for row in rows[:3]] == ["°", "━", " "]


def test_figures_stand_under_their_titles() -> None:
    head, row = (text_of(line) for line in draw(select(HISTORY, Window.HOUR, ()), 118)[:2])
    assert row[head.index("answers") :].split()[:2] == ["296", "1.3"]
    assert row[head.index("ttft p50") : head.index("ttft p50") + 8].strip() == "90ms"
    assert row[head.index("tok/s") : head.index("tok/s") + 5].strip() == "100"


def test_speed_is_the_inverse_of_pace_and_unknown_stays_unknown() -> None:
    assert speed(0.02) == "50"
    assert speed(None) == "–"


def test_before_the_first_answer_and_without_traffic_it_says_so() -> None:
    assert text_of(draw(select(None, Window.DAY, ()), 80)[0]) == "waiting for the gateway"
    nothing = replace(HISTORY, series=())
    assert text_of(draw(select(nothing, Window.HOUR, ()), 80)[0]) == "nobody has asked anything in the last 1h"


def test_every_width_holds_it() -> None:
    for width in range(5, 130, 5):
        assert all(width_of(line) <= width for line in draw(select(HISTORY, Window.HOUR, ()), width)), width
