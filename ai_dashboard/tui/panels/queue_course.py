"""The queue as a whole: how many wait, since when and until when, and what became of others over the window."""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.history import Window
from ai_dashboard.core.queue import QueueView
from ai_dashboard.core.snapshot import QueueGauge
from ai_dashboard.tui.format import count, span
from ai_dashboard.tui.ink import DOT, Ink, Line, Span, crop, fit, whole, width_of
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.panels.queue_lines import PATTERNS
from ai_dashboard.tui.past import partly
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.spark import sparkline

LABEL = 6
MAX_TREND = 60
SPLIT = 2
"""Levels in the first line of the legend; the others have one of their own."""


@dataclass(frozen=True, slots=True)
class View:
    """`course` is the most that waited in each step, None before the gateway has answered. `levels` are those of all
    lines: a request that stands in several is counted in each. Of what is past there may be no more than the `note`
    says: then nobody knows how many were `served`, nor at which levels."""

    window: str
    waiting: int = 0
    oldest: str = ""
    drain: str = ""
    course: tuple[int, ...] | None = None
    served: int | None = 0
    shed: int = 0
    expired: int = 0
    levels: tuple[tuple[str, int], ...] = ()
    max_size: int = 0
    note: str = ""


def select(queue: QueueView | None, window: Window) -> View:
    """The queue of a window."""
    if queue is None:
        return View(window)
    course = [0] * queue.window.points
    for step in queue.steps:
        if step.index < queue.window.points:
            course[-1 - step.index] = step.waiting
    return View(
        queue.window,
        queue.waiting,
        span(max((line.oldest_s for line in queue.lines), default=0.0)),
        "nobody knows when" if queue.drain_s is None else f"in {span(queue.drain_s)}",
        tuple(course),
        sum(step.served for step in queue.steps),
        sum(step.shed for step in queue.steps),
        sum(step.expired for step in queue.steps),
        tuple((level, sum(line.waiting.get(level, 0) for line in queue.lines)) for level in PATTERNS),
        queue.max_size,
    )


def glance(gauge: QueueGauge, note: str) -> View:
    """What a picture holds of it."""
    drain = "nobody knows when" if gauge.drain_s is None else f"in {span(gauge.drain_s)}"
    oldest = span(gauge.oldest_s)
    return View("15m", gauge.waiting, oldest, drain, gauge.trend, None, gauge.shed, gauge.expired, note=note)


def draw(view: View, width: int) -> list[Line]:
    """How it is now, how it went, and what the patterns of the bars mean."""
    if view.course is None:
        return [[("waiting for the gateway", Ink.DIM)]]
    lines = [_now(view, width), _trend(view, width), _outcomes(view)]
    if view.note:
        lines.append([(view.note, Ink.DIM)])
    else:
        lines += [_legend(view.levels[:SPLIT]), _legend(view.levels[SPLIT:])]
        lines.append([_label("room"), (f"{count(view.max_size)} a line and level", Ink.DIM)])
    return [crop(line, width) for line in lines]


def _now(view: View, width: int) -> list[Span]:
    spans: list[Span] = [_label("wait"), (count(view.waiting), Ink.STRONG)]
    if not view.waiting:
        return [*spans, (" · nobody waits", Ink.DIM)]
    more = whole(f"oldest {view.oldest} · done {view.drain}", width - width_of(spans) - len(DOT))
    return [*spans, (f"{DOT}{more}" if more else "", Ink.PLAIN)]


def _trend(view: View, width: int) -> list[Span]:
    course = view.course or ()
    most = max(course, default=0)
    said = f" most {count(most)}"
    # Nobody at all is a flat line, and no gap: the gateway looked.
    trend = sparkline(course, max(min(width - LABEL - len(said), MAX_TREND), 1), top=float(max(most, 1)))
    return [_label(f"{view.window}"), (trend, Ink.FIRST), (said, Ink.DIM)]


def _outcomes(view: View) -> list[Span]:
    served: list[Span] = [] if view.served is None else [(count(view.served), Ink.PLAIN), (" served · ", Ink.DIM)]
    return [
        *served,
        (count(view.shed), Ink.WARN if view.shed else Ink.PLAIN),
        (" shed · ", Ink.DIM),
        (count(view.expired), Ink.WARN if view.expired else Ink.PLAIN),
        (" late", Ink.DIM),
    ]


def _legend(levels: Sequence[tuple[str, int]]) -> list[Span]:
    spans: list[Span] = []
    for level, number in levels:
        glyph, ink = PATTERNS[level]
        spans += [(glyph, ink), (f" {level.lower()} {count(number)}  ", Ink.PLAIN if number else Ink.DIM)]
    return spans


def _label(text: str) -> Span:
    return fit(text, LABEL), Ink.LABEL


class QueueCourse(Panel[View], can_focus=True):
    """The queue."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.queue: QueueView | None = None
        self.window = Window.FIVE

    def select(self, picture: Picture) -> View:
        if self.queue is None and picture.then is not None:
            return glance(picture.then.queue, partly(picture))
        return select(self.queue, self.window)

    def viewed(self, view: View) -> None:
        self.title(f"Queue · {view.window}")

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
