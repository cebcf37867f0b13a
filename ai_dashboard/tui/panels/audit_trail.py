"""Who changed what, the newest first, and whether the record of it is as it was written."""

import time
from collections.abc import Sequence
from dataclasses import replace

from textual import events

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.logs import AuditEntry, AuditTrail
from ai_dashboard.tui.columns import Column, heading, place, row
from ai_dashboard.tui.format import plural
from ai_dashboard.tui.ink import Ink, Line, Span, wrap
from ai_dashboard.tui.panels.table import TablePanel
from ai_dashboard.tui.picture import Picture

_COLUMNS = (
    Column("when", 14, 1),
    Column("what", 15, 0),
    Column("subject", 14, 2, grow=2),
    Column("who", 12, 3, grow=1),
    Column("from", 12, 5),
    Column("before → after", 20, 4, grow=1),
    Column("why", 12, 6, grow=3),
)

SHORT_HASH = 8


@dataclass(frozen=True, slots=True)
class View:
    """The trail; None before the first answer."""

    trail: AuditTrail | None = None


def draw(view: View, width: int) -> list[Line]:
    """What is wrong with the record first, then a heading and a line for each entry."""
    trail = view.trail
    if trail is None:
        return [[("waiting for the gateway", Ink.DIM)]]
    if not trail.kept:
        said = "this gateway keeps no record of changes; a demo keeps none"
        return [[(piece, Ink.DIM)] for piece in wrap(said, width, 3)]
    if not trail.entries:
        return [*_problems(trail, width), [("nothing was changed yet", Ink.DIM)]]
    placed = place(_COLUMNS, width)
    return [heading(placed), *(_row(entry, placed) for entry in reversed(trail.entries))]


def verdict(trail: AuditTrail) -> str:
    """Whether it is whole, in a few words."""
    words = [f"✗ {plural(len(trail.problems), 'problem')}" if trail.problems else "✓ whole"]
    words.append(f"{trail.total:,} entries" if trail.total != 1 else "1 entry")
    if trail.waiting:
        words.append(f"⚠ {trail.waiting} not written yet")
    return " · ".join(words)


def _problems(trail: AuditTrail, width: int) -> list[Line]:
    return [[("✗ ", Ink.BAD), (text, Ink.PLAIN)] for it in trail.problems for text in wrap(it, max(width - 2, 1), 2)]


def _row(entry: AuditEntry, placed: Sequence[tuple[Column, int]]) -> Line:
    changed = f"{_short(entry.before)} → {_short(entry.after)}" if entry.before or entry.after else ""
    texts: dict[str, Span] = {
        "when": (time.strftime("%m-%d %H:%M:%S", time.localtime(entry.at)), Ink.DIM),
        "what": (entry.what, Ink.PLAIN),
        "subject": (entry.subject, Ink.PLAIN),
        "who": (entry.who, Ink.PLAIN),
        "from": (entry.where, Ink.DIM),
        "before → after": (changed, Ink.DIM),
        "why": ("; ".join(filter(None, (entry.why, *entry.details))), Ink.DIM),
    }
    return row(placed, texts)


def _short(state: str) -> str:
    """A hash by its beginning, any other state as it is."""
    is_hash = len(state) == 64 and all(letter in "0123456789abcdef" for letter in state)
    return state[:SHORT_HASH] if is_hash else state or "nothing"


def until(trail: AuditTrail, at: float) -> AuditTrail:
    """The trail as it was at a moment; whether it is whole is known of now alone."""
    then = tuple(entry for entry in trail.entries if entry.at <= at)
    return replace(trail, entries=then, total=trail.total - len(trail.entries) + len(then), waiting=0)


class AuditPanel(TablePanel[View, int]):
    """The entries; problems with the record are in the title, and in full on top while there are any."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.trail: AuditTrail | None = None
        self._above = 0

    def select(self, picture: Picture) -> View:
        if self.trail is None or picture.then is None:
            return View(self.trail)
        return View(until(self.trail, picture.then.at))

    def keys(self, view: View, /) -> Sequence[int]:
        return [entry.seq for entry in reversed(view.trail.entries)] if view.trail is not None else ()

    def table(self, view: View, width: int, /) -> Sequence[Line]:
        return draw(view, width)

    def draw(self, view: View, width: int, height: int, /) -> Sequence[Line]:
        wrong = _problems(view.trail, width)[: max(height // 2, 1)] if view.trail is not None and self._keys else []
        self._above = len(wrong)
        return [*wrong, *super().draw(view, width, height - len(wrong))]

    def cursor_line(self) -> int | None:
        line = super().cursor_line()
        return None if line is None else line + self._above

    def on_click(self, event: events.Click) -> None:
        if not self._above:
            super().on_click(event)

    def viewed(self, view: View) -> None:
        super().viewed(view)
        trail = view.trail
        self.title("Audit" if trail is None or not trail.kept else f"Audit · {verdict(trail)}")
