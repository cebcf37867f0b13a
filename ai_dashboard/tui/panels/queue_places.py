"""How many requests each provider takes at one time, and how many it has: the fullest first. Below, which models those
hold that have room for a few, and what they load next."""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.queue import PlacesView, QueueView, SwapsView, SwapView
from ai_dashboard.tui.format import duration, plural
from ai_dashboard.tui.ink import Ink, Line, Span, crop, fit, kept, whole, width_of, wrap
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.spark import gauge

NAME = 11
BAR = 10
FIGURES = 7
ROOMY = 40
"""From this width on there is room for a bar."""


@dataclass(frozen=True, slots=True)
class Row:
    """A provider, how full it is, and what its limit rests on."""

    name: str
    used: float | None
    figures: str
    said: str
    ink: Ink


@dataclass(frozen=True, slots=True)
class Shelf:
    """A provider, the models that it holds, how often they were swapped, and those that it loads next, in words."""

    name: str
    holds: str
    swapped: str
    coming: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """The rows; None before the first answer."""

    rows: tuple[Row, ...] | None = None
    shelves: tuple[Shelf, ...] = ()


def select(queue: QueueView | None) -> View:
    """The places."""
    if queue is None:
        return View()
    fullest = sorted(queue.places, key=lambda one: (-(_used(one) or 0.0), one.provider))
    return View(tuple(map(_row, fullest)), tuple(map(_shelf, queue.swaps)))


def _used(one: PlacesView) -> float | None:
    return None if one.capacity is None else round(one.in_flight / max(one.capacity, 1), 2)


def _row(one: PlacesView) -> Row:
    limit = "" if one.capacity is None else f"/{one.capacity}"
    if one.capacity is None:
        said = "strained · not limited yet" if one.strained else "no limit"
    elif one.adaptive:
        said = "strained · found out" if one.strained else "found out"
    else:
        said = "configured"
    return Row(one.provider, _used(one), f"{one.in_flight}{limit}", said, Ink.WARN if one.strained else Ink.DIM)


def _shelf(one: SwapsView) -> Shelf:
    held = ", ".join(one.loaded) or "nothing"
    swapped = f" · {plural(one.swaps, 'swap')}" if one.swaps else ""
    holds = f"{held} ({len(one.loaded)} of {one.max_loaded})"
    return Shelf(one.provider, holds, swapped, tuple(map(_swap, one.planned)))


def _swap(one: SwapView) -> str:
    takes = "" if one.load_s is None else f", {duration(one.load_s)} to load"
    instead = "" if one.evict is None else f", instead of {one.evict}"
    return f"{one.load} for {plural(one.requests, 'request')}{instead}{takes}"


def draw(view: View, width: int) -> list[Line]:
    """A bar for each, then the models."""
    if view.rows is None:
        return [[("waiting for the gateway", Ink.DIM)]]
    if not view.rows and not view.shelves:
        nothing = "no provider has a limit: set `max_concurrent`, or wait for a sign of strain to find one out"
        return [[(piece, Ink.DIM)] for piece in wrap(nothing, width, 3)]
    lines = [_line(one, width) for one in view.rows]
    for shelf in view.shelves:
        holds: Line = [(fit(shelf.name, NAME), Ink.PLAIN), (" holds ", Ink.DIM), (shelf.holds, Ink.PLAIN)]
        lines.append([*holds, *kept([[(shelf.swapped, Ink.DIM)]], width - width_of(holds))])
        lines.extend([("  → ", Ink.FIRST), (swap, Ink.PLAIN)] for swap in shelf.coming)
    return [crop(line, width) for line in lines]


def _line(one: Row, width: int) -> list[Span]:
    spans: list[Span] = [(fit(one.name, NAME), Ink.PLAIN), (" ", Ink.PLAIN)]
    if width >= ROOMY:
        spans.append((" " * BAR if one.used is None else gauge(one.used, BAR), Ink.FIRST))
    spans += [(fit(one.figures, FIGURES, right=True), Ink.PLAIN), (" ", Ink.PLAIN)]
    return [*spans, (whole(one.said, width - width_of(spans)), one.ink)]


class QueuePlaces(Panel[View], can_focus=True):
    """The places."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.queue: QueueView | None = None

    def select(self, _picture: Picture) -> View:
        return select(self.queue)

    def viewed(self, _view: View) -> None:
        self.title("Places at providers")

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
