"""Charts with axes, by plotext: the one place that knows it. What comes out are lines of spans, as everywhere.

plotext keeps one figure for the whole program, so charts are drawn on the screen's thread only, each from the start.
One of 100 × 16 takes some 10 ms, several times as much as our own braille strips (`tui.braille`): only screens that are
about charts use it, and draw again only when what they show has changed.
"""

import re
from collections.abc import Callable, Sequence

import plotext
from rich.cells import cell_len

from ai_dashboard.core.data import dataclass
from ai_dashboard.tui.braille import nice_ceiling
from ai_dashboard.tui.ink import Ink, Line, Span, clip
from ai_dashboard.tui.sanitise import visible

_COLOURS = {Ink.FIRST: 4, Ink.SECOND: 5, Ink.WARN: 3, Ink.STRONG: 7}
"""What plotext is told for an ink; what it writes is read back by the same numbers."""

_INKS = {number: ink for ink, number in _COLOURS.items()}
_STYLE = re.compile("\x1b\\[([0-9;]*)m")
_COLOUR = re.compile("38;5;([0-9]+)")

COLUMN = 0.5
"""How much of its place a column takes."""

LINE = "braille"
DOTS = "·"


@dataclass(frozen=True, slots=True)
class Curve:
    """Values from old to new, one for each step; None is a gap. `marker` is plotext's, a line of it or single dots."""

    values: Sequence[float | None]
    ink: Ink
    marker: str = LINE


@dataclass(frozen=True, slots=True)
class Ticks:
    """Labels of an axis, and where they stand."""

    at: Sequence[float]
    labels: Sequence[str]


@dataclass(frozen=True, slots=True)
class Box:
    """How values are spread: five of them, ascending, and what they belong to."""

    label: str
    five: tuple[float, float, float, float, float]


def axis(peak: float, write: Callable[[float], str], width: int = 6) -> tuple[float, Ticks]:
    """The upper end of an axis that people can read, and its labels: none, half and all of it."""
    top = nice_ceiling(peak)
    at = (0.0, top / 2, top)
    return top, Ticks(at, [f"{'0' if not value else write(value):>{width}}" for value in at])


def curves(
    drawn: Sequence[Curve], width: int, height: int, *, top: float, x: Ticks, y: Ticks, marks: Sequence[float] = ()
) -> list[Line]:
    """Lines over time in `width` × `height` cells, from 0 to `top`; `marks` are steps at which a rule stands."""
    _begin(width, height)
    for mark in marks:
        plotext.vline(mark, _COLOURS[Ink.WARN])
    for curve in drawn:
        for start, run in _runs(curve.values):
            across = list(range(start, start + len(run)))
            colour = _COLOURS[curve.ink]
            if curve.marker == LINE and len(run) > 1:
                plotext.plot(across, run, marker=curve.marker, color=colour)
            else:
                plotext.scatter(across, run, marker=curve.marker if curve.marker != LINE else "•", color=colour)
    steps = max((len(curve.values) for curve in drawn), default=1)
    plotext.xlim(0, max(steps - 1, 1))
    plotext.ylim(0, top)
    _ticks(x, y)
    return _read(plotext.build(), width)


def columns(
    values: Sequence[float | None], width: int, height: int, *, top: float, x: Ticks, y: Ticks, rule: float | None
) -> list[Line]:
    """A column for each value, in `width` × `height` cells, from 0 to `top`; none where there is no value. `rule` is a
    height at which a line lies behind them."""
    _begin(width, height)
    if rule is not None:
        plotext.hline(rule, _COLOURS[Ink.WARN])
    standing = [(index, value) for index, value in enumerate(values) if value]
    if standing:
        at, heights = zip(*standing, strict=True)
        plotext.bar(list(at), list(heights), marker="sd", color=_COLOURS[Ink.FIRST], width=COLUMN)
    plotext.xlim(-0.5, max(len(values), 1) - 0.5)
    plotext.ylim(0, top)
    _ticks(x, y)
    return _read(plotext.build(), width)


def boxes(drawn: Sequence[Box], width: int, *, top: float, x: Ticks) -> list[Line]:
    """A box for each, the first one on top, from 0 to `top`: two lines each, and one more of axes."""
    labels = [visible(box.label) for box in drawn]
    cells = max(map(len, labels), default=0)
    # Every other row of dots has a box, the first and the last one included.
    _begin(width, 2 * len(drawn) + 1)
    plotext.box(
        [label.rjust(cells) for label in reversed(labels)],
        [list(box.five) for box in reversed(drawn)],
        quintuples=True,
        orientation="horizontal",
        width=0.01,
        colors=[_COLOURS[Ink.FIRST], _COLOURS[Ink.STRONG]],
    )
    plotext.xlim(0, top)
    plotext.ylim(*((1, len(drawn)) if len(drawn) > 1 else (0.5, 1.5)))
    plotext.xticks(list(x.at), list(x.labels))
    return _read(plotext.build(), width)


def _begin(width: int, height: int) -> None:
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)
    plotext.plot_size(width, height)
    plotext.xaxes(True, False)
    plotext.yaxes(True, False)


def _ticks(x: Ticks, y: Ticks) -> None:
    plotext.xticks(list(x.at), list(x.labels))
    plotext.yticks(list(y.at), list(y.labels))


def _runs(values: Sequence[float | None]) -> list[tuple[int, list[float]]]:
    """What lies between gaps, and where each begins."""
    runs: list[tuple[int, list[float]]] = []
    previous: float | None = None
    for index, value in enumerate(values):
        if value is not None:
            if previous is None:
                runs.append((index, []))
            runs[-1][1].append(value)
        previous = value
    return runs


def _read(drawn: str, width: int) -> list[Line]:
    """plotext's text as spans: its colours become inks, its axes rules."""
    return [_spans(line, width) for line in drawn.split("\n") if line]


def _spans(line: str, width: int) -> list[Span]:
    spans: list[Span] = []
    ink, left = Ink.DIM, width
    for index, part in enumerate(_STYLE.split(line)):
        if index % 2:
            colour = _COLOUR.search(part)
            ink = _INKS.get(int(colour[1]), Ink.PLAIN) if colour else Ink.DIM
        elif part and left > 0:
            text = clip(part, left)
            spans.append((text, ink))
            left -= cell_len(text)
    return spans
