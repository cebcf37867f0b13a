"""Who waits, for which model at which provider: a bar for each line, stacked by level, the longest line first.

Each level has a pattern of its own, so that a bar can be read without colour. All bars have one scale.
"""

from collections.abc import Mapping, Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.queue import LineView, QueueView
from ai_dashboard.tui.columns import Column, heading, place, row
from ai_dashboard.tui.format import NOTHING, count, duration, rate
from ai_dashboard.tui.ink import Ink, Line, Span, crop, wrap
from ai_dashboard.tui.panels.table import TablePanel
from ai_dashboard.tui.picture import Picture

PATTERNS: Mapping[str, Span] = {
    "CRITICAL": ("█", Ink.STRONG),
    "HIGH": ("▓", Ink.PLAIN),
    "NORMAL": ("▒", Ink.FIRST),
    "LOW": ("░", Ink.SECOND),
    "BULK": ("·", Ink.DIM),
}
"""How each level is drawn, the most urgent first."""

LESSON = (
    "A request waits while every provider that could answer it has as many as it takes at one time: `max_concurrent` "
    "in providers.yaml, or what was found out. x-priority (critical, high, normal, low, bulk) says who is next."
)
"""What a queue is for, while there is none."""

NAME, BAR = "provider · model", "waiting by level"

_COLUMNS = (
    Column(NAME, 20, 0, grow=2),
    Column(BAR, 16, 4, grow=3),
    Column("wait", 5, 1, right=True),
    Column("oldest", 6, 2, right=True),
    Column("done in", 7, 3, right=True),
    Column("per min", 7, 6, right=True),
    Column("served", 6, 7, right=True),
    Column("shed", 5, 5, right=True),
    Column("late", 5, 5, right=True),
)

Place = tuple[str, str]
"""A provider and a model."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line, as written; `levels` are how many wait at each."""

    place: Place
    levels: tuple[tuple[str, int], ...]
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """The lines; None before the first answer."""

    rows: tuple[Row, ...] | None = None


def select(queue: QueueView | None) -> View:
    """The lines, the longest first."""
    if queue is None:
        return View()
    lines = sorted(queue.lines, key=lambda line: (-line.depth, -line.served, line.provider, line.model))
    return View(tuple(map(_row, lines)))


def _row(line: LineView) -> Row:
    waits = line.depth > 0
    figures = (
        count(line.depth),
        duration(round(line.oldest_s, 1)) if waits else NOTHING,
        duration(line.drain_s) if waits else NOTHING,
        rate(line.per_minute),
        count(line.served),
        count(line.refused),
        count(line.expired),
    )
    return Row((line.provider, line.model), tuple((level, line.waiting.get(level, 0)) for level in PATTERNS), figures)


def draw(view: View, width: int) -> list[Line]:
    """Heading and lines."""
    if view.rows is None:
        return [[("waiting for the gateway", Ink.DIM)]]
    if not view.rows:
        said: Line = crop([("nobody waits, and nobody has waited since the start", Ink.DIM)], width)
        return [said, [], *([(piece, Ink.DIM)] for piece in wrap(LESSON, width, 6))]
    placed = place(_COLUMNS, width)
    cells = next((cells for column, cells in placed if column.title == BAR), 0)
    longest = max(sum(number for _, number in one.levels) for one in view.rows)
    titles = [column.title for column in _COLUMNS if column.title not in (NAME, BAR)]
    lines: list[Line] = [heading(placed)]
    for one in view.rows:
        texts: dict[str, Span] = {NAME: (" · ".join(one.place), Ink.PLAIN)}
        texts |= {title: (figure, Ink.PLAIN) for title, figure in zip(titles, one.figures, strict=True)}
        lines.append(row(placed, texts, {BAR: bar(one.levels, longest, cells)}))
    return lines


def bar(levels: Sequence[tuple[str, int]], longest: int, cells: int) -> list[Span]:
    """A line as a bar of `cells` cells, a full one for the longest: every level in it has at least a cell, as far as
    there is room."""
    waiting = [(level, number) for level, number in levels if number]
    spans: list[Span] = []
    done = left = 0
    for level, number in waiting:
        done += number
        glyph, ink = PATTERNS[level]
        # The end of each piece is rounded, not its length: so pieces add up to the length of the whole.
        more = max(round(done / longest * cells) - left, 1)
        if left + more > cells:
            more = cells - left
        if more > 0:
            spans.append((glyph * more, ink))
            left += more
    return [*spans, (" " * (cells - left), Ink.PLAIN)]


class QueueLines(TablePanel[View, Place]):
    """The lines."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.queue: QueueView | None = None

    def select(self, _picture: Picture) -> View:
        return select(self.queue)

    def keys(self, view: View, /) -> Sequence[Place]:
        return [one.place for one in view.rows or ()]

    def viewed(self, view: View) -> None:
        super().viewed(view)
        self.title("Lines · now", "", *([("cache.open", "requests")] if view.rows else ()))

    def table(self, view: View, width: int, /) -> Sequence[Line]:
        return draw(view, width)
