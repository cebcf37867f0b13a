"""How a provider was: a strip from the gateway's start (or a day ago) until now, and the latest changes in words."""

from collections.abc import Sequence

from ai_dashboard.core.history import HealthChange
from ai_dashboard.core.snapshot import Health
from ai_dashboard.tui.format import clock_time, span
from ai_dashboard.tui.ink import Ink, Line, Span, clip, fit
from ai_dashboard.tui.marks import Happening, on_axis, placed
from ai_dashboard.tui.panels.providers import STATE

MAX_SPAN_S = 86_400.0

LEVEL: dict[Health, str] = {
    Health.UNAVAILABLE: "▁",
    Health.AUTH_FAILED: "▁",
    Health.COOLDOWN: "▃",
    Health.DEGRADED: "▅",
    Health.CHECKING: "·",
    Health.ACTIVE: "█",
    Health.DRAINING: "–",
    Health.DISABLED: "–",
}
"""The better, the higher; what says nothing of health is no bar."""

_RANK = {health: rank for rank, health in enumerate(Health)}


def states(changes: Sequence[HealthChange], since: float, at: float, cells: int) -> list[Health]:
    """The worst state within each of `cells` equal parts of the time from `since` until `at`."""
    step = max(at - since, 1e-9) / cells
    found: list[Health] = []
    current, index = Health.CHECKING, 0
    for cell in range(cells):
        end = since + (cell + 1) * step if cell + 1 < cells else float("inf")
        worst: Health | None = None
        while index < len(changes) and changes[index].at < end:
            # What it was when the part began counts, unless it changed right then.
            if changes[index].at > since + cell * step:
                worst = _worse(worst, current)
            current = changes[index].health
            worst = _worse(worst, current)
            index += 1
        found.append(_worse(worst, current))
    return found


def _worse(one: Health | None, other: Health) -> Health:
    """Of two states that somebody should know; not having been checked yet is no news."""
    if one is None or one is Health.CHECKING:
        return other
    return one if other is Health.CHECKING or _RANK[one] < _RANK[other] else other


def draw(
    changes: Sequence[HealthChange],
    since: float,
    at: float,
    width: int,
    latest: int = 4,
    marks: Sequence[Happening] = (),
) -> list[Line]:
    """The strip, its axis with what stood out, and the latest changes, newest first."""
    start = max(since, at - MAX_SPAN_S)
    strip: list[Span] = []
    for health in states(changes, start, at, width):
        ink = STATE[health][2]
        if strip and strip[-1][1] is ink:
            strip[-1] = (strip[-1][0] + LEVEL[health], ink)
        else:
            strip.append((LEVEL[health], ink))
    ago = f"{span(at - start)} ago"
    rule = " " + "─" * max(width - len(ago) - 5, 0) + " "
    cells = placed(marks, start, at, width).items()
    on_rule = {cell - len(ago): mark for cell, mark in cells if 0 < cell - len(ago) < len(rule) - 1}
    axis: Line = [(ago, Ink.DIM), *on_axis(rule, on_rule), ("now", Ink.DIM)]
    lines: list[Line] = [strip, axis]
    for change in reversed(changes[-latest:]):
        glyph, word, ink = STATE[change.health]
        spans: list[Span] = [(f"{clock_time(change.at)} ", Ink.DIM), (fit(f"{glyph} {word}", 13), ink)]
        if change.reason:
            spans.append((clip(f" {change.reason}", max(width - 22, 1)), Ink.DIM))
        lines.append(spans)
    return lines
