"""The chart of the latency screen: how one or two models went over the window, or how the values of all are spread."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.history import HistoryPoint, HistoryView, SeriesKey, SeriesView, Spread, Window
from ai_dashboard.core.snapshot import Percentiles
from ai_dashboard.tui.chart import DOTS, LINE, Box, Curve, axis, boxes, curves
from ai_dashboard.tui.format import clock_time, count, duration
from ai_dashboard.tui.ink import Ink, Line, Span, clip, crop, kept, width_of
from ai_dashboard.tui.marks import Happening, legend, placed
from ai_dashboard.tui.marks import Kind as MarkKind
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.panels.latency_table import CHOSEN, ordered
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.windows import NOW, marked_steps, time_axis

MIN_WIDTH, MIN_HEIGHT = 30, 6

LABEL_CELLS = 24

WAITING = "waiting for the gateway"

_INKS = (Ink.FIRST, Ink.SECOND)
_DOTS = (DOTS, "°")


class Measure(StrEnum):
    """What is measured."""

    TTFT = "first token"
    TOTAL = "whole answer"
    SPEED = "tokens/s"

    @property
    def next(self) -> "Measure":
        """The one that follows in the cycle."""
        measures = list(Measure)
        return measures[(measures.index(self) + 1) % len(measures)]


class Kind(StrEnum):
    """How it is drawn."""

    COURSE = "over time"
    SPREAD = "spread"

    @property
    def next(self) -> "Kind":
        """The other one."""
        return Kind.SPREAD if self is Kind.COURSE else Kind.COURSE


@dataclass(frozen=True, slots=True)
class Course:
    """The median and the slow end of a series, step by step."""

    name: str
    p50: tuple[float | None, ...]
    p95: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class View:
    """Either courses, with the steps at which the configuration changed or something else stood out, or spreads; `note`
    where there is neither."""

    window: Window
    measure: Measure
    kind: Kind
    courses: tuple[Course, ...] = ()
    marks: tuple[tuple[int, int], ...] = ()
    spreads: tuple[Box, ...] = ()
    note: str = ""
    others: tuple[tuple[int, Happening], ...] = ()
    end: str = NOW


def select(
    history: HistoryView | None,
    window: Window,
    measure: Measure,
    kind: Kind,
    chosen: Sequence[SeriesKey],
    seen: Sequence[Happening] = (),
) -> View:
    """What the chart of a window shows; figures are rounded to what can be seen."""
    if history is None:
        return View(window, measure, kind, note=WAITING)
    if not history.series:
        return View(history.window, measure, kind, note="a chart comes with the first answers")
    if kind is Kind.SPREAD:
        spreads = tuple(box for view in ordered(history) if (box := _box(view, measure)) is not None)
        note = "" if spreads else f"{measure} was not measured in this window"
        return View(history.window, measure, kind, spreads=spreads, note=note)
    series = {view.key: view for view in history.series}
    courses = tuple(_course(series[key], measure, history.window) for key in chosen if key in series)
    marks = marked_steps(history.marks, history.at, history.window)
    return View(history.window, measure, kind, courses, marks=marks, others=_others(seen, history))


def _others(seen: Sequence[Happening], history: HistoryView) -> tuple[tuple[int, Happening], ...]:
    """What stood out, by its step; of configurations the gateway knows itself, from its start on."""
    window = history.window
    others = [mark for mark in seen if mark.kind is not MarkKind.CONFIG]
    return tuple(placed(others, history.at - window.points * window.step_s, history.at, window.points).items())


def _course(view: SeriesView, measure: Measure, window: Window) -> Course:
    p50: list[float | None] = [None] * window.points
    p95: list[float | None] = [None] * window.points
    for point in view.points:
        if point.index < window.points:
            figures = _figures(point, measure)
            p50[-1 - point.index], p95[-1 - point.index] = figures.p50, figures.p95
    return Course(_name(view.key), tuple(p50), tuple(p95))


def _figures(point: HistoryPoint, measure: Measure) -> Percentiles:
    match measure:
        case Measure.TTFT:
            return point.ttft
        case Measure.TOTAL:
            return point.total
        case Measure.SPEED:
            pace = point.per_token
            return Percentiles(_inverse(pace.p50), _inverse(pace.p95), _inverse(pace.p99))


def _box(view: SeriesView, measure: Measure) -> Box | None:
    spread = {Measure.TTFT: view.ttft, Measure.TOTAL: view.total, Measure.SPEED: view.per_token}[measure]
    five = _five(spread)
    if five is None:
        return None
    if measure is Measure.SPEED:
        first, low, middle, high, last = (1 / value for value in reversed(five))
        five = (first, low, middle, high, last)
    return Box(clip(_name(view.key), LABEL_CELLS), five)


def _five(spread: Spread) -> tuple[float, float, float, float, float] | None:
    match spread:
        case Spread(float(p5), float(p25), float(p50), float(p75), float(p95)):
            return p5, p25, p50, p75, p95
        case _:
            return None


def _name(key: SeriesKey) -> str:
    return f"{key.provider} · {key.model or 'all models'}"


def _inverse(pace: float | None) -> float | None:
    return None if not pace else 1 / pace


def _writer(measure: Measure) -> Callable[[float | None], str]:
    return count if measure is Measure.SPEED else duration


def draw(view: View, width: int, height: int) -> list[Line]:
    """A legend and the chart; in too little room, the latest figures alone."""
    return [crop(line, width) for line in _draw(view, width, height)]


def _draw(view: View, width: int, height: int) -> list[Line]:
    if view.note:
        return [[(view.note, Ink.DIM)]]
    if view.kind is Kind.SPREAD:
        return _draw_spreads(view, width, height)
    legend = [_legend(view, index, width) for index in range(len(view.courses))]
    peak = max((value for one in view.courses for value in (*one.p95, *one.p50) if value is not None), default=None)
    if peak is None:
        return [*legend, [(f"{view.measure} was not measured in this window", Ink.DIM)]]
    if width < MIN_WIDTH or height - len(legend) < MIN_HEIGHT:
        return legend
    top, y = axis(peak, _writer(view.measure))
    drawn = [
        curve
        for index, one in enumerate(view.courses)
        for curve in (Curve(one.p95, _INKS[index], _DOTS[index]), Curve(one.p50, _INKS[index], LINE))
    ]
    x = time_axis(view.window, view.end)
    marks = [float(step) for step, _ in (*view.marks, *view.others)]
    return [*legend, *curves(drawn, width, height - len(legend), top=top, x=x, y=y, marks=marks)]


def _legend(view: View, index: int, width: int) -> Line:
    one = view.courses[index]
    write = _writer(view.measure)
    slow = "slow 5 %" if view.measure is Measure.SPEED else "p95"
    spans: list[Span] = [
        (CHOSEN[index][0], CHOSEN[index][1]),
        (f" {one.name}  ", Ink.STRONG),
        ("p50 ━ ", Ink.DIM),
        (f"{write(_latest(one.p50)):>5}  ", Ink.PLAIN),
        (f"{slow} {_DOTS[index]} ", Ink.DIM),
        (f"{write(_latest(one.p95)):>5}", Ink.PLAIN),
    ]
    if index:
        return spans
    marks: list[Line] = []
    if view.marks:
        numbers = ", ".join(f"#{number}" for _, number in view.marks[-3:])
        marks.append([(f"   │ configuration {numbers}", Ink.WARN)])
    others = legend([mark for _, mark in view.others])
    marks += [others[at : at + 2] for at in range(0, len(others), 2)]  # a glyph, and what it means
    return [*spans, *kept(marks, width - width_of(spans))]


def _latest(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)


def _draw_spreads(view: View, width: int, height: int) -> list[Line]:
    """As many boxes as there is room for."""
    shown = view.spreads[: max((height - 2) // 2, 0)]
    if not shown or width < MIN_WIDTH + LABEL_CELLS:
        return [[("there is no room for boxes here", Ink.DIM)]]
    top, ticks = axis(max(box.five[-1] for box in shown), _writer(view.measure), width=0)
    hidden = len(view.spreads) - len(shown)
    more = f"   {hidden} more in a larger window" if hidden else ""
    legend: Line = crop(
        [("── 5 to 95 %  ", Ink.FIRST), ("██ middle half  ", Ink.FIRST), ("│ median", Ink.STRONG), (more, Ink.DIM)],
        width,
    )
    return [legend, *boxes(shown, width, top=top, x=ticks)]


class LatencyChart(Panel[View], can_focus=True):
    """The chart."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.history: HistoryView | None = None
        self.window = Window.FIVE
        self.chosen: Sequence[SeriesKey] = ()
        self.measure = Measure.TTFT
        self.kind = Kind.COURSE

    def select(self, picture: Picture) -> View:
        view = select(self.history, self.window, self.measure, self.kind, self.chosen, picture.marks)
        return view if picture.then is None else replace(view, end=clock_time(picture.then.at))

    def viewed(self, view: View) -> None:
        self.title(
            f"{view.measure.capitalize()} · {view.kind} · {view.window}",
            "",
            ("latency.measure", "measure"),
            ("latency.boxes", "boxes"),
        )

    def draw(self, view: View, width: int, height: int, /) -> Sequence[Line]:
        return draw(view, width, height)
