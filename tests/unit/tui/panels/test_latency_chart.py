import pytest

from ai_dashboard.core.history import HistoryView, Mark, SeriesKey, Window
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.latency_chart import Kind, Measure, View, draw, select
from tests.tui.fakes import NOW, busy, measured

A, B = SeriesKey("openai", "llama3.1:8b"), SeriesKey("vllm", "llama3.1:8b")
HISTORY = measured(busy(), Window.HOUR, (A, B))


def shown(view: View, width: int = 100, height: int = 20) -> list[str]:
    return [text_of(line) for line in draw(view, width, height)]


def test_two_models_have_a_legend_each_and_one_pair_of_axes() -> None:
    lines = shown(select(HISTORY, Window.HOUR, Measure.TTFT, Kind.COURSE, (A, B)))
    assert lines[0].startswith("━ openai · llama3.1:8b  p50 ━  90ms  p95 · ")
    assert lines[1].startswith("° vllm · llama3.1:8b  p50 ━ 270ms  p95 ° ")
    assert lines[-1].split() == ["1h", "30m", "now"]
    assert any("°" in line for line in lines[2:])
    assert any("·" in line for line in lines[2:])
    assert len(lines) == 20


def test_configurations_are_marked_where_they_came() -> None:
    view = select(HISTORY, Window.HOUR, Measure.TTFT, Kind.COURSE, (A,))
    assert view.marks == ((39, 16), (59, 17))
    assert "configuration #16, #17" in shown(view)[0]
    old = HistoryView(Window.HOUR, NOW, HISTORY.series, (Mark(NOW - 4_000, 1),))
    assert select(old, Window.HOUR, Measure.TTFT, Kind.COURSE, (A,)).marks == ()


def test_points_stand_at_their_distance_from_now_and_quiet_steps_are_gaps() -> None:
    (course,) = select(HISTORY, Window.HOUR, Measure.TOTAL, Kind.COURSE, (A,)).courses
    assert len(course.p50) == 60
    assert [back for back in range(60) if course.p50[-1 - back] is None] == [0, 11, 22, 33, 44, 55]


def test_speed_turns_the_pace_round() -> None:
    view = select(HISTORY, Window.HOUR, Measure.SPEED, Kind.COURSE, (A,))
    assert view.courses[0].p50[0] == pytest.approx(100)
    assert view.courses[0].p95[0] == pytest.approx(50)
    assert "slow 5 %" in shown(view)[0]
    spread = select(HISTORY, Window.HOUR, Measure.SPEED, Kind.SPREAD, ())
    assert list(spread.spreads[0].five) == sorted(spread.spreads[0].five)


def test_boxes_show_every_series_that_has_room_and_count_the_others() -> None:
    view = select(HISTORY, Window.HOUR, Measure.TTFT, Kind.SPREAD, (A,))
    assert [box.label for box in view.spreads][:2] == ["openai · llama3.1:8b", "anthropic · llama3.1:8b"]
    assert "█" in "".join(shown(view))
    assert "2 more in a larger window" in shown(view, 100, 7)[0]


def test_the_same_figures_at_another_time_are_the_same_view() -> None:
    later = HistoryView(HISTORY.window, HISTORY.at + 1, HISTORY.series, HISTORY.marks)
    views = {select(it, Window.HOUR, Measure.TTFT, Kind.COURSE, (A,)) for it in (HISTORY, later)}
    assert len(views) == 1


@pytest.mark.parametrize("window", Window)
def test_what_is_missing_is_said_in_words(window: Window) -> None:
    for history in (None, HistoryView(window, NOW)):
        for kind in Kind:
            assert len(shown(select(history, window, Measure.TTFT, kind, ()))) == 1
    gone = select(measured(busy(), window, ()), window, Measure.TTFT, Kind.COURSE, (A,))
    assert shown(gone)[-1] == "first token was not measured in this window"


@pytest.mark.parametrize("kind", Kind)
def test_every_size_holds_it(kind: Kind) -> None:
    view = select(HISTORY, Window.HOUR, Measure.TTFT, kind, (A, B))
    for width in range(4, 130, 9):
        for height in range(1, 30, 4):
            lines = draw(view, width, height)
            assert all(width_of(line) <= width for line in lines), (width, height)
            assert len(lines) <= max(height, 2), (width, height)


def test_measures_and_kinds_go_round() -> None:
    assert [measure.next for measure in Measure] == [Measure.TOTAL, Measure.SPEED, Measure.TTFT]
    assert [kind.next for kind in Kind] == [Kind.SPREAD, Kind.COURSE]
