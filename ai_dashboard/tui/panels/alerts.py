"""What the operator should know: the most urgent first, each with what to do. Enter goes to the cause."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.widget import Widget

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import Alert, AlertLevel
from ai_dashboard.tui.alerting import AlertWanted, Wish
from ai_dashboard.tui.format import clock_time
from ai_dashboard.tui.ink import Ink, Line, clip, wrap
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture

LEVEL: dict[AlertLevel, tuple[str, str, Ink]] = {
    AlertLevel.CRITICAL: ("✗", "critical", Ink.BAD),
    AlertLevel.WARNING: ("⚠", "warning", Ink.WARN),
    AlertLevel.INFO: ("·", "info", Ink.DIM),
}

_RANK = {level: rank for rank, level in enumerate(AlertLevel)}


@dataclass(frozen=True, slots=True)
class View:
    """The alerts, most urgent first; `known` is False before the first answer."""

    alerts: tuple[Alert, ...] = ()
    known: bool = False

    @property
    def open(self) -> tuple[Alert, ...]:
        """Those that somebody should look at still."""
        return tuple(alert for alert in self.alerts if alert.is_open)


def select(picture: Picture) -> View:
    """The alerts of a picture: those that nobody has seen to first, then by level, and the newest first within one."""
    if picture.snapshot is None:
        return View()
    order = sorted(picture.snapshot.alerts, key=lambda a: (not a.is_open, _RANK[a.level], -a.at, a.key))
    return View(tuple(order), known=True)


def state(alert: Alert) -> str:
    """What somebody has said about it; empty when nobody has."""
    if alert.silenced_until is not None:
        return f"silent until {clock_time(alert.silenced_until)}"
    return "noted" if alert.acked else ""


def title(view: View) -> str:
    """How many somebody should look at, and how many somebody has seen to."""
    noted = len(view.alerts) - len(view.open)
    words = ["Alerts", *([str(len(view.open))] if view.open else ()), *([f"{noted} noted"] if noted else ())]
    return " · ".join(words)


def draw(view: View, width: int) -> list[Line]:
    """Level and time, then the text, then the hint."""
    return [line for block in blocks(view, width) for line in block]


def blocks(view: View, width: int) -> list[list[Line]]:
    """The lines of each alert; of what else is to be said where there is none."""
    if not view.known:
        return [[[("waiting for the gateway", Ink.DIM)]]]
    if not view.alerts:
        return [[[("nothing to worry about", Ink.DIM)]]]
    return [_block(alert, width) for alert in view.alerts]


def _block(alert: Alert, width: int) -> list[Line]:
    glyph, word, ink = LEVEL[alert.level]
    said = f" · {state(alert)}" if not alert.is_open else ""
    head: Line = [
        (clip(f"{glyph} {word}", width), ink if alert.is_open else Ink.DIM),
        (f" {clock_time(alert.at)}{said}", Ink.DIM),
    ]
    plain = Ink.PLAIN if alert.is_open else Ink.DIM
    lines: list[Line] = [head]
    lines.extend([("  ", Ink.PLAIN), (text, plain)] for text in wrap(alert.text, max(width - 2, 1), 2))
    if alert.hint and alert.is_open:
        lines.extend([("  ", Ink.PLAIN), (text, Ink.DIM)] for text in wrap(alert.hint, max(width - 2, 1), 2))
    return lines


class AlertKeys(Widget):
    """The keys of a list of alerts; what they want, the app does. Mix in behind the panel (for the stylesheet)."""

    picture: Picture

    def chosen_alert(self) -> Alert | None:
        """The alert under the cursor."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("cause", "ack", "silence"):
            return self.chosen_alert() is not None and (action == "cause" or not self.picture.is_past)
        return super().check_action(action, parameters)

    def action_cause(self) -> None:
        self._want("cause")

    def action_ack(self) -> None:
        self._want("ack")

    def action_silence(self) -> None:
        self._want("silence")

    def _want(self, wish: Wish) -> None:
        if (alert := self.chosen_alert()) is not None:
            self.post_message(AlertWanted(alert, wish))


class AlertsPanel(Panel[View], AlertKeys, can_focus=True):
    """The alerts, with a cursor on one of them while the panel is focused."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.ALERTS)

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self._cursor = 0
        self._heads: tuple[int, ...] = ()

    def select(self, picture: Picture) -> View:
        return select(picture)

    def viewed(self, view: View) -> None:
        self.title(title(view))
        self._cursor = min(self._cursor, max(len(view.alerts) - 1, 0))

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        found = blocks(view, width)
        self._heads = tuple(sum(map(len, found[:place])) for place in range(len(found)))
        return [line for block in found for line in block]

    def chosen_alert(self) -> Alert | None:
        alerts = self.view.alerts if self.view is not None else ()
        return alerts[self._cursor] if self._cursor < len(alerts) else None

    def cursor_line(self) -> int | None:
        shown = self.has_focus and self.chosen_alert() is not None and self._cursor < len(self._heads)
        return self._heads[self._cursor] if shown else None

    def move(self, lines: int) -> None:
        """To the next alert, which comes into sight."""
        count = len(self.view.alerts) if self.view is not None else 0
        if not self.has_focus or not count:
            super().move(lines)
            return
        self._cursor = min(max(self._cursor + lines, 0), count - 1)
        head = self._heads[self._cursor] if self._cursor < len(self._heads) else 0
        super().move(head - self.top if not self.top <= head < self.top + max(self.size.height, 1) else 0)
        self.refresh()
        self.screen.refresh_bindings()

    def page(self, direction: int) -> None:
        self.move(direction * 3)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or not self._heads or self.chosen_alert() is None:
            return
        line = offset.y + self.top
        target = max((place for place, head in enumerate(self._heads) if head <= line), default=0)
        if target == self._cursor:
            self.action_cause()
        else:
            self.move(target - self._cursor)
