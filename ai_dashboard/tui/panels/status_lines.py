"""One line for each provider, for terminals with room for nothing else: state, how slow, how often it fails."""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import Alert
from ai_dashboard.tui.columns import Column, place, row
from ai_dashboard.tui.ink import Ink, Line, Span, crop, wrap
from ai_dashboard.tui.panels import alerts
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.panels.providers import STATE, Row, Sort
from ai_dashboard.tui.panels.providers import select as select_providers
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.requesting import base_url
from ai_dashboard.tui.spark import sparkline

TREND = "trend"

_COLUMNS = (
    Column("", 1, 0),
    Column("provider", 9, 1, grow=2),
    Column("state", 11, 2),
    Column("p95", 5, 3, right=True),
    Column("err", 6, 4, right=True),
    Column("rate", 7, 5, right=True),
    Column(TREND, 8, 6, grow=3),
)


@dataclass(frozen=True, slots=True)
class View:
    """The providers, what is broken first, and the most urgent alert; `lesson` where there is none."""

    rows: tuple[Row, ...] = ()
    alert: Alert | None = None
    lesson: str = ""


def select(picture: Picture) -> View:
    """The lines of a picture."""
    snapshot = picture.snapshot
    if snapshot is None:
        return View(lesson="waiting for the gateway")
    if not snapshot.providers:
        address = base_url(snapshot.gateway)
        return View(lesson=f"no provider yet: start Ollama or set a key, press r · clients: {address} · or: --demo")
    urgent = alerts.select(picture).open
    return View(select_providers(picture, Sort.STATE).rows, urgent[0] if urgent else None)


def draw(view: View, width: int, height: int) -> list[Line]:
    """A line for each; the alert takes the last one, where it leaves all the others their place."""
    if view.lesson:
        return [[(piece, Ink.DIM)] for piece in wrap(view.lesson, width, height)]
    placed = place(_COLUMNS, width)
    cells = next((cells for column, cells in placed if column.title == TREND), 0)
    lines: list[Line] = [row(placed, _texts(one, cells)) for one in view.rows]
    if view.alert is not None and len(lines) < height:
        glyph, _, ink = alerts.LEVEL[view.alert.level]
        lines.append(crop([(f"{glyph} ", ink), (view.alert.text, Ink.DIM)], width))
    return lines


def _texts(one: Row, cells: int) -> dict[str, Span]:
    glyph, word, ink = STATE[one.health]
    return {
        "": (glyph, ink),
        "provider": (one.name, Ink.PLAIN),
        "state": (word, ink),
        "p95": (one.p95, Ink.PLAIN),
        "err": (f"{one.errors} %", Ink.PLAIN),
        "rate": (f"{one.per_minute}/m", Ink.DIM),
        TREND: (sparkline(one.trend, cells), Ink.DIM),
    }


class StatusLines(Panel[View], can_focus=True):
    """The lines."""

    def select(self, picture: Picture) -> View:
        return select(picture)

    def draw(self, view: View, width: int, height: int, /) -> Sequence[Line]:
        return draw(view, width, height)
