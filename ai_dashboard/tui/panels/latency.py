"""The latency strip: p50 and p95 of the whole gateway over the last 15 minutes, with what stood out meanwhile."""

from collections.abc import Sequence
from enum import StrEnum

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import SLICE_S, SLICES, Percentiles
from ai_dashboard.tui.braille import BLANK, Series, nice_ceiling, plot
from ai_dashboard.tui.format import clock_time, duration
from ai_dashboard.tui.ink import Ink, Line, Span, text_of
from ai_dashboard.tui.marks import Happening, legend, on_axis, placed
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture

AXIS = 6
"""Cells left of the chart: a duration and the axis."""

MARK_CELLS = 14
"""At least so far apart are the marks on the time axis."""

NOW = "now"

OWNERS = (Ink.FIRST, Ink.SECOND)


class Metric(StrEnum):
    """What the strip shows."""

    TTFT = "first token"
    TOTAL = "whole answer"

    @property
    def next(self) -> "Metric":
        """The other one."""
        return Metric.TOTAL if self is Metric.TTFT else Metric.TTFT


@dataclass(frozen=True, slots=True)
class View:
    """Two lines in seconds, oldest first, and the percentiles over the whole window; what stood out, by its slice, and
    what stands at the end of the axis."""

    metric: Metric = Metric.TTFT
    p50: tuple[float | None, ...] = ()
    p95: tuple[float | None, ...] = ()
    window: tuple[str, str, str] = ("", "", "")
    marks: tuple[tuple[int, Happening], ...] = ()
    end: str = NOW


def select(picture: Picture, metric: Metric = Metric.TTFT) -> View:
    """The strip of a picture."""
    if picture.snapshot is None:
        return View(metric)
    snapshot = picture.snapshot
    series: list[Percentiles] = [point.ttft if metric is Metric.TTFT else point.total for point in snapshot.series]
    window = snapshot.ttft if metric is Metric.TTFT else snapshot.total
    # A young gateway has a short series; the axis is as long as ever, so that the line grows from the right.
    before = (None,) * (SLICES - len(series))
    return View(
        metric,
        (*before, *(point.p50 for point in series)),
        (*before, *(point.p95 for point in series)),
        (duration(window.p50), duration(window.p95), duration(window.p99)),
        tuple(placed(picture.marks, snapshot.at - SLICES * SLICE_S, snapshot.at, SLICES).items()),
        clock_time(snapshot.at) if picture.is_past else NOW,
    )


def draw(view: View, width: int, height: int) -> list[Line]:
    """A legend, the chart, and a time axis that ends now."""
    peaks = [value for value in (*view.p95, *view.p50) if value is not None]
    chart_width, chart_height = width - AXIS, height - 2
    if not peaks:
        return [[("no traffic in the last 15 minutes", Ink.DIM)]]
    if chart_width < 8 or chart_height < 1:
        return [_legend(view)]
    top = nice_ceiling(max(peaks))
    cells = plot([Series(view.p50), Series(view.p95, dotted=True)], chart_width, chart_height, top)
    lines: list[Line] = [_legend(view)]
    for index, cell_row in enumerate(cells):
        lines.append([(_y_label(index, chart_height, top), Ink.DIM), ("┤", Ink.RULE), *_runs(cell_row)])
    axis = _time_axis(len(view.p50) * SLICE_S, chart_width, view.end)
    marks = {index * chart_width // len(view.p50): mark for index, mark in view.marks}
    lines.append([(" " * (AXIS - 1) + "└", Ink.RULE), *on_axis(axis, marks)])
    return lines


def _legend(view: View) -> Line:
    p50, p95, p99 = view.window
    return [
        (f"{'p50':>{AXIS + 3}} ", Ink.DIM),
        ("━ ", Ink.FIRST),
        (f"{p50:>5}   ", Ink.PLAIN),
        ("p95 ", Ink.DIM),
        ("┅ ", Ink.SECOND),
        (f"{p95:>5}   ", Ink.PLAIN),
        ("p99 ", Ink.DIM),
        (f"{p99:>5}", Ink.PLAIN),
    ]


def _y_label(index: int, height: int, top: float) -> str:
    """The value at the upper edge, 0 at the lower one, and half the top where a row begins there."""
    if index == 0:
        return f"{duration(top):>{AXIS - 1}}"
    if index == height - 1:
        return f"{'0':>{AXIS - 1}}"
    if height >= 4 and index * 2 == height:
        return f"{duration(top / 2):>{AXIS - 1}}"
    return " " * (AXIS - 1)


def _runs(cells: Sequence[tuple[str, int]]) -> list[Span]:
    """Neighbouring cells of one colour as one span: fewer segments to paint."""
    runs: list[Span] = []
    for character, owner in cells:
        text, ink = (" ", Ink.PLAIN) if character == BLANK else (character, OWNERS[owner])
        if runs and runs[-1][1] is ink:
            runs[-1] = (runs[-1][0] + text, ink)
        else:
            runs.append((text, ink))
    return runs


def _time_axis(window_s: float, width: int, end: str) -> str:
    """`15m────10m────5m────now` over exactly the chart's width."""
    step_min = next((step for step in (1, 5, 15, 60) if width * step * 60 >= MARK_CELLS * window_s), 60)
    axis = list("─" * width)
    _write(axis, width - len(end), end)
    minute = step_min
    while minute * 60 <= window_s:
        column = round(width * (1 - minute * 60 / window_s))
        label = f"{minute}m"
        if column + len(label) < width - len(end) - 1:
            _write(axis, column, label)
        minute += step_min
    return "".join(axis)


def _write(axis: list[str], at: int, label: str) -> None:
    axis[at : at + len(label)] = label


class LatencyPanel(Panel[View], can_focus=True):
    """The latency strip."""

    metric = Metric.TTFT

    def select(self, picture: Picture) -> View:
        return select(picture, self.metric)

    def viewed(self, view: View) -> None:
        marks = text_of(legend([mark for _, mark in view.marks]))
        self.title(f"Latency · {view.metric}", marks.strip(), ("latency.metric", "metric"))

    def draw(self, view: View, width: int, height: int, /) -> Sequence[Line]:
        return draw(view, width, height)

    def next_metric(self) -> None:
        """Show the other metric."""
        self.metric = self.metric.next
        self.reselect()
