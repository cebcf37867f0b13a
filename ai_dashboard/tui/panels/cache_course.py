"""How the cache's hit ratio went over the window: all hits as a line, those by meaning as dots."""

from collections.abc import Sequence

from ai_dashboard.core.cache import CacheStep, CacheView
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.history import Window
from ai_dashboard.tui.chart import DOTS, Curve, Ticks, curves
from ai_dashboard.tui.format import clock_time, count, percent
from ai_dashboard.tui.ink import Ink, Line, crop, kept
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.windows import NOW, marked_steps, time_axis

MIN_WIDTH, MIN_HEIGHT = 30, 6
STEPS = Ticks((0.0, 0.5, 1.0), ("  0", " 50", "100"))


@dataclass(frozen=True, slots=True)
class View:
    """Shares (0 to 1) of the asks that were looked up, step by step and of the whole window; `note` where there are
    none."""

    window: Window
    hits: tuple[float | None, ...] = ()
    alike: tuple[float | None, ...] = ()
    ratio: float | None = None
    ratio_alike: float | None = None
    asked: int = 0
    marks: tuple[tuple[int, int], ...] = ()
    note: str = ""
    end: str = NOW


def select(cache: CacheView | None, window: Window, end: str = NOW) -> View:
    """The course of a window."""
    if cache is None:
        return View(window, note="waiting for the gateway")
    if not cache.steps:
        off = "the cache is off: `cache.enabled: true` in gateway.yaml puts it on"
        nothing = f"nothing was looked up in the last {cache.window}"
        return View(cache.window, note=nothing if cache.figures.enabled else off)
    hits: list[float | None] = [None] * cache.window.points
    alike: list[float | None] = [None] * cache.window.points
    for step in cache.steps:
        if step.index < cache.window.points:
            asked = step.exact + step.semantic + step.missed
            hits[-1 - step.index] = round((step.exact + step.semantic) / asked, 3)
            alike[-1 - step.index] = round(step.semantic / asked, 3)
    exact, semantic, asked = totals(cache.steps)
    return View(
        cache.window,
        tuple(hits),
        tuple(alike) if cache.figures.semantic is not None or semantic else (),
        (exact + semantic) / asked,
        semantic / asked,
        asked,
        marked_steps(cache.marks, cache.at, cache.window),
        end=end,
    )


def totals(steps: Sequence[CacheStep]) -> tuple[int, int, int]:
    """Exact hits, hits by meaning, and all asks that were looked up."""
    exact, semantic = sum(step.exact for step in steps), sum(step.semantic for step in steps)
    return exact, semantic, exact + semantic + sum(step.missed for step in steps)


def draw(view: View, width: int, height: int) -> list[Line]:
    """A legend and the chart; in too little room, the legend alone."""
    if view.note:
        return [crop([(view.note, Ink.DIM)], width)]
    legend = kept(_legend(view), width)
    if width < MIN_WIDTH or height - 1 < MIN_HEIGHT:
        return [legend]
    drawn = [Curve(view.hits, Ink.FIRST)]
    if view.alike:
        drawn.insert(0, Curve(view.alike, Ink.SECOND, DOTS))
    marks = [float(step) for step, _ in view.marks]
    chart = curves(drawn, width, height - 1, top=1.0, x=time_axis(view.window, view.end), y=STEPS, marks=marks)
    return [legend, *(crop(line, width) for line in chart)]


def _legend(view: View) -> list[Line]:
    """Parts, what matters most first."""
    parts: list[Line] = [[("━", Ink.FIRST), (" hits ", Ink.DIM), (f"{percent(view.ratio):>4} %", Ink.STRONG)]]
    if view.alike:
        alike = f"{percent(view.ratio_alike):>4} %"
        parts.append([(f"   {DOTS}", Ink.SECOND), (" by meaning ", Ink.DIM), (alike, Ink.PLAIN)])
    parts.append([(f"   of {count(view.asked)} that were looked up", Ink.DIM)])
    if view.marks:
        numbers = ", ".join(f"#{number}" for _, number in view.marks[-3:])
        parts.append([(f"   │ configuration {numbers}", Ink.WARN)])
    return parts


class CacheCourse(Panel[View], can_focus=True):
    """The chart."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.cache: CacheView | None = None
        self.window = Window.FIVE

    def select(self, picture: Picture) -> View:
        return select(self.cache, self.window, NOW if picture.then is None else clock_time(picture.then.at))

    def viewed(self, view: View) -> None:
        self.title(f"Cache · hit ratio · {view.window}", "", ("cache.window", "window"))

    def draw(self, view: View, width: int, height: int, /) -> Sequence[Line]:
        return draw(view, width, height)
