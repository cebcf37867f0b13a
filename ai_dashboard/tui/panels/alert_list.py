"""All alerts in a table: since when, how urgent, what was said about them."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from ai_dashboard.core.snapshot import Alert
from ai_dashboard.tui.columns import Column, heading, place, row
from ai_dashboard.tui.format import clock_time
from ai_dashboard.tui.ink import Ink, Line, Span
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels import alerts
from ai_dashboard.tui.panels.alerts import LEVEL, AlertKeys, View
from ai_dashboard.tui.panels.table import Opened, TablePanel
from ai_dashboard.tui.picture import Picture

HINT, UNTIL = "what to do", "until"

_COLUMNS = (
    Column("", 1, 0),
    Column("level", 8, 3),
    Column("since", 8, 2),
    Column("what", 24, 1, grow=5),
    Column(HINT, 20, 5, grow=3),
    Column(UNTIL, 8, 4),
)


def draw(view: View, width: int) -> list[Line]:
    """A heading and a line for each."""
    if not view.alerts:
        return list(alerts.draw(view, width))
    placed = place(_columns(view.alerts), width)
    lines: list[Line] = [heading(placed)]
    for alert in view.alerts:
        glyph, word, ink = LEVEL[alert.level]
        ink, plain = (ink, Ink.PLAIN) if alert.is_open else (Ink.DIM, Ink.DIM)
        texts: dict[str, Span] = {
            "": (glyph, ink),
            "level": (_standing(alert, word), ink),
            "since": (clock_time(alert.at), Ink.DIM),
            "what": (alert.text, plain),
            HINT: (alert.hint, Ink.DIM),
            UNTIL: (clock_time(alert.silenced_until) if alert.silenced_until is not None else "", Ink.DIM),
        }
        lines.append(row(placed, texts))
    return lines


def _columns(found: Sequence[Alert]) -> tuple[Column, ...]:
    """Those in which anything stands."""
    idle = {HINT: not any(alert.hint for alert in found), UNTIL: all(it.silenced_until is None for it in found)}
    return tuple(column for column in _COLUMNS if not idle.get(column.title, False))


def _standing(alert: Alert, word: str) -> str:
    """How urgent it is, or that nobody has to look at it."""
    if alert.silenced_until is not None:
        return "silent"
    return "noted" if alert.acked else word


class AlertList(TablePanel[View, str], AlertKeys):
    """The table. Enter on one goes to its cause."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.ALERTS)

    def select(self, picture: Picture) -> View:
        return alerts.select(picture)

    def keys(self, view: View, /) -> Sequence[str]:
        return [alert.key for alert in view.alerts]

    def table(self, view: View, width: int, /) -> Sequence[Line]:
        return draw(view, width)

    def viewed(self, view: View) -> None:
        super().viewed(view)
        self.title(alerts.title(view))

    def chosen_alert(self) -> Alert | None:
        found = self.view.alerts if self.view is not None else ()
        return next((alert for alert in found if alert.key == self.selected), None)

    @on(Opened)
    def clicked(self, event: Opened) -> None:
        """A click on the selected alert."""
        event.stop()
        self.action_cause()
