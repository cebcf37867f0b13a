"""What stands out on a time axis: a configuration that came into force, an alert that began, a breaker that moved.

Marks are found by comparing a picture with the one before it; alerts say themselves since when they are. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import Alert, AlertLevel, BreakerState, Snapshot
from ai_dashboard.tui.ink import Ink, Span

MAX_MARKS = 256


class Kind(StrEnum):
    """What kind of thing happened, the least urgent first: where several share a place the last one shows."""

    CONFIG = "configuration"
    BREAKER = "breaker"
    ALERT = "alert"


GLYPH: Mapping[Kind, tuple[str, Ink]] = {
    Kind.CONFIG: ("#", Ink.KEY),
    Kind.BREAKER: ("○", Ink.WARN),
    Kind.ALERT: ("⚠", Ink.BAD),
}
"""How each is drawn. The glyphs differ without colour too."""

_RANK = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that stands out; `at` is Unix time, `text` says it in words. `provider` is empty where it is about more
    than one."""

    at: float
    kind: Kind
    text: str
    provider: str = ""


def news(before: Snapshot | None, after: Snapshot) -> Iterator[Happening]:
    """What is new in a picture. Of the first one only alerts are: nobody knows since when the rest is so."""
    yield from (_alert(alert) for alert in after.alerts if _is_new(alert, before))
    if before is None or before.gateway.pid != after.gateway.pid:
        return
    if before.config.number != after.config.number:
        yield Happening(after.at, Kind.CONFIG, f"configuration #{after.config.number}")
    known = _breakers(before)
    for (provider, model), state in _breakers(after).items():
        if known.get((provider, model), BreakerState.CLOSED) is not state:
            yield Happening(after.at, Kind.BREAKER, f"breaker of {provider}/{model} {state}", provider)


def _is_new(alert: Alert, before: Snapshot | None) -> bool:
    if alert.level is AlertLevel.INFO:
        return False
    return before is None or all(alert.key != known.key for known in before.alerts)


def _alert(alert: Alert) -> Happening:
    return Happening(alert.at, Kind.ALERT, alert.text, alert.provider or "")


def _breakers(snapshot: Snapshot) -> dict[tuple[str, str], BreakerState]:
    return {(it.name, target.model): target.breaker for it in snapshot.providers for target in it.targets}


def placed(marks: Iterable[Happening], start: float, end: float, cells: int) -> dict[int, Happening]:
    """The marks between two moments, by the cell of an axis of so many that each stands in: the most urgent of each."""
    found: dict[int, Happening] = {}
    for mark in marks:
        if not start <= mark.at <= end or end <= start:
            continue
        cell = min(int((mark.at - start) / (end - start) * cells), cells - 1)
        if cell not in found or _RANK[mark.kind] >= _RANK[found[cell].kind]:
            found[cell] = mark
    return found


def on_axis(axis: str, marks: Mapping[int, Happening]) -> list[Span]:
    """A line of an axis with its marks. A mark that would stand in a label stands left of it, one that finds no room is
    left out."""
    cells = list(axis)
    glyphs: dict[int, Happening] = {}
    for cell, mark in sorted(marks.items(), key=lambda item: _RANK[item[1].kind], reverse=True):
        free = next((at for at in range(cell, max(cell - 6, -1), -1) if cells[at] in "─ " and at not in glyphs), None)
        if free is not None:
            glyphs[free] = mark
    spans: list[Span] = []
    run = ""
    for at, character in enumerate(cells):
        if at not in glyphs:
            run += character
            continue
        if run:
            spans.append((run, Ink.RULE))
            run = ""
        spans.append(GLYPH[glyphs[at].kind])
    return [*spans, (run, Ink.RULE)] if run else spans


def legend(marks: Sequence[Happening]) -> list[Span]:
    """What the glyphs of some marks mean: each kind once, with how often it is there."""
    spans: list[Span] = []
    for kind in Kind:
        number = sum(mark.kind is kind for mark in marks)
        if number:
            glyph, ink = GLYPH[kind]
            spans += [(f"   {glyph}", ink), (f" {kind}" + (f" ×{number}" if number > 1 else ""), Ink.DIM)]
    return spans
