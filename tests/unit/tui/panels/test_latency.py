from dataclasses import replace

import pytest

from ai_dashboard.core.snapshot import SLICES, Percentiles, SeriesPoint
from ai_dashboard.tui.format import clock_time
from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.marks import Happening, Kind
from ai_dashboard.tui.panels.latency import AXIS, Metric, View, draw, select
from ai_dashboard.tui.picture import Freshness, Picture
from tests.tui.fakes import NOW, busy, empty

BUSY = Picture(busy())


def test_two_metrics() -> None:
    ttft, total = select(BUSY, Metric.TTFT), select(BUSY, Metric.TOTAL)
    assert ttft.window == ("88ms", "398ms", "600ms")
    assert total.window == ("900ms", "2.40s", "3.00s")
    assert ttft.p95[0] == pytest.approx(busy().series[0].ttft.p95)
    assert (Metric.TTFT.next, Metric.TOTAL.next) == (Metric.TOTAL, Metric.TTFT)


def test_the_chart_fills_its_panel_and_ends_now() -> None:
    lines = draw(select(BUSY), 78, 8)
    assert len(lines) == 8
    assert [width_of(line) for line in lines[1:]] == [78] * 7
    texts = [text_of(line) for line in lines]
    assert "p50" in texts[0]
    assert "88ms" in texts[0]
    assert texts[1].startswith("1.00s┤")
    assert texts[4].startswith("500ms┤")
    assert texts[6].startswith("    0┤")
    assert texts[7].startswith(" " * (AXIS - 1) + "└15m─")
    assert texts[7].endswith("─now")
    assert "10m" in texts[7]
    assert "5m" in texts[7]


def test_both_lines_are_drawn_in_their_own_ink() -> None:
    inks = {ink for line in draw(select(BUSY), 78, 8)[1:-1] for _, ink in line}
    assert {Ink.FIRST, Ink.SECOND} <= inks


@pytest.mark.parametrize(("width", "height"), [(10, 8), (78, 2), (1, 1), (14, 3)])
def test_without_room_it_is_smaller_or_only_its_figures(width: int, height: int) -> None:
    assert 1 <= len(draw(select(BUSY), width, height)) <= max(height, 1)


def test_no_traffic_is_said() -> None:
    assert text_of(draw(select(Picture(empty())), 78, 8)[0]) == "no traffic in the last 15 minutes"
    assert select(Picture()) == View()


def test_a_series_without_any_answer_is_no_traffic() -> None:
    silent = SeriesPoint(NOW, 0, 0, Percentiles(), Percentiles())
    assert "no traffic" in text_of(draw(select(Picture(busy(series=(silent,)))), 78, 8)[0])


def test_a_young_gateway_draws_on_the_same_axis() -> None:
    view = select(Picture(busy(series=busy().series[:3])))
    assert len(view.p50) == SLICES
    assert view.p50[:-3] == (None,) * (SLICES - 3)
    lines = [text_of(line) for line in draw(view, 78, 8)]
    assert lines[-1].startswith(" " * (AXIS - 1) + "└15m─")
    assert all(line[AXIS:60].strip() == "" for line in lines[1:-1])


def test_what_stood_out_is_on_the_time_axis() -> None:
    end = BUSY.snapshot.at if BUSY.snapshot is not None else 0.0
    marks = (Happening(end - 450, Kind.ALERT, "x"), Happening(end - 1_000, Kind.CONFIG, "before the window"))
    axis = text_of(draw(select(replace(BUSY, marks=marks)), 78, 8)[7])
    assert axis.index("⚠") == AXIS + (78 - AXIS) // 2
    assert "#" not in axis
    assert axis.endswith("now")


def test_the_axis_of_the_past_ends_then() -> None:
    picture = replace(BUSY, freshness=Freshness.PAST)
    axis = text_of(draw(select(picture), 78, 8)[7])
    assert axis.endswith(clock_time(NOW + 1))
    assert width_of([(axis, Ink.PLAIN)]) == 78
