"""What the operator should know: the most urgent first, each with what to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from ai_dashboard.core.snapshot import Alert, AlertLevel
from ai_dashboard.tui.format import clock_time
from ai_dashboard.tui.ink import Ink, Line, clip, wrap
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


def select(picture: Picture) -> View:
    """The alerts of a picture: by level, and the newest first within one."""
    if picture.snapshot is None:
        return View()
    return View(tuple(sorted(picture.snapshot.alerts, key=lambda a: (_RANK[a.level], -a.at, a.key))), known=True)


def draw(view: View, width: int) -> list[Line]:
    """Level and time, then the text, then the hint."""
    if not view.known:
        return [[("waiting for the gateway", Ink.DIM)]]
    if not view.alerts:
        return [[("nothing to worry about", Ink.DIM)]]
    lines: list[Line] = []
    for alert in view.alerts:
        glyph, word, ink = LEVEL[alert.level]
        lines.append([(clip(f"{glyph} {word}", width), ink), (f" {clock_time(alert.at)}", Ink.DIM)])
        lines.extend([("  ", Ink.PLAIN), (text, Ink.PLAIN)] for text in wrap(alert.text, max(width - 2, 1), 2))
        if alert.hint:
            lines.extend([("  ", Ink.PLAIN), (text, Ink.DIM)] for text in wrap(alert.hint, max(width - 2, 1), 2))
    return lines


class AlertsPanel(Panel[View], can_focus=True):
    """The alerts."""

    def select(self, picture: Picture) -> View:
        return select(picture)

    def viewed(self, view: View) -> None:
        self.title(f"Alerts · {len(view.alerts)}" if view.alerts else "Alerts")

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
