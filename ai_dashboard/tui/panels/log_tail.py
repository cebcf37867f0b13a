"""What the gateway tells of itself, the newest at the bottom. Only the lines on the screen are ever made into text.

While following, the cursor stays on the newest event; after a move it stays on its own, and the list goes on below it.
"""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import replace

from textual import events
from textual.message import Message

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.logs import LogEvent, LogEvents, LogLevel
from ai_dashboard.tui.columns import Column, Placed, heading, place, row
from ai_dashboard.tui.format import clock_time, duration
from ai_dashboard.tui.ink import Ink, Line, Span, wrap
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture

REMEMBERED = 5000
"""Events that a screen keeps: a night of a gateway in trouble costs no memory."""

HEADING = 1

LEVEL: dict[LogLevel, tuple[str, Ink]] = {
    LogLevel.ERROR: ("✗ error", Ink.BAD),
    LogLevel.WARNING: ("⚠ warning", Ink.WARN),
    LogLevel.INFO: ("· info", Ink.PLAIN),
    LogLevel.DEBUG: ("  debug", Ink.DIM),
}
"""Glyph, word and ink of each."""

_COLUMNS = (
    Column("time", 8, 2),
    Column("level", 9, 1),
    Column("event", 16, 0),
    Column("provider", 12, 4, grow=1),
    Column("what", 30, 3, grow=8),
    Column("took", 6, 6, right=True),
    Column("request", 7, 5),
)
_TERSE = tuple(replace(column, width=20) if column.title == "what" else column for column in _COLUMNS)
ROOMY = 66
"""From this width on an event has room for a sentence."""

_ID_CELLS = 6

NOT_SHOWN = frozenset({"pid", "traceback"})
"""Facts for programs."""


@dataclass(frozen=True, slots=True)
class View:
    """`rows`, oldest first, of so many that are remembered; None before the first answer. Of the past, `until` when."""

    rows: tuple[LogEvent, ...] | None = None
    of: int = 0
    lost: int = 0
    level: LogLevel = LogLevel.DEBUG
    told: LogLevel = LogLevel.INFO
    text: str = ""
    until: str = ""


class EventStore:
    """The newest events of one gateway. A gateway that was started anew numbers its events from 1 again."""

    def __init__(self) -> None:
        self.kept: deque[LogEvent] = deque(maxlen=REMEMBERED)
        self.after = 0
        self.lost = 0
        self.told: LogLevel | None = None

    def add(self, page: LogEvents) -> None:
        """Take in a page."""
        if page.next < self.after:
            self.kept.clear()
            self.lost = 0
        # What was overwritten before anybody looked for the first time is nobody's loss.
        self.lost += page.lost if self.after and page.next >= self.after else 0
        self.after, self.told = page.next, page.level
        self.kept.extend(page.events)


def matches(event: LogEvent, words: Sequence[str]) -> bool:
    """Whether every word is somewhere in it; one with `-` in front must not be."""
    if not words:
        return True
    text = haystack(event)
    return all((word[1:] not in text) if len(word) > 1 and word[0] == "-" else word in text for word in words)


def haystack(event: LogEvent) -> str:
    """All that a word is looked for in."""
    facts = (f"{name}={value}" for name, value in event.context.items())
    texts = (event.level, event.event, event.message, event.provider, event.model, event.request_id, *facts)
    return " ".join(filter(None, texts)).casefold()


def select(store: EventStore, level: LogLevel, text: str, until: float | None = None) -> View:
    """Those from a level on that hold all words of a text, up to a moment."""
    if store.told is None:
        return View(level=level, text=text)
    words, rank = text.casefold().split(), level.rank
    kept: Collection[LogEvent] = store.kept
    if until is not None:
        kept = [event for event in kept if event.at <= until]
    rows = tuple([event for event in kept if event.level.rank >= rank and matches(event, words)])
    then = "" if until is None else clock_time(until)
    return View(rows, len(kept), store.lost, level, store.told, text, then)


def draw_row(event: LogEvent, placed: Sequence[Placed]) -> Line:
    """One event in the given columns."""
    word, ink = LEVEL[event.level]
    texts: dict[str, Span] = {
        "time": (clock_time(event.at), Ink.DIM),
        "level": (word, ink),
        "event": (event.event, ink if ink is not Ink.DIM else Ink.PLAIN),
        "provider": (event.provider or "", Ink.PLAIN),
        "what": (told(event), Ink.PLAIN if event.message else Ink.DIM),
        "took": (duration(event.latency_ms / 1000) if event.latency_ms is not None else "", Ink.DIM),
        "request": ((event.request_id or "")[-_ID_CELLS:], Ink.DIM),
    }
    return row(placed, texts)


def told(event: LogEvent) -> str:
    """What it says, and then its facts."""
    facts = (
        f"{name}={value}" for name, value in event.context.items() if value not in (None, "") and name not in NOT_SHOWN
    )
    return "  ".join(filter(None, (event.message, event.model, *facts)))


def empty(view: View, width: int, drop: str = "esc", more: str = "l") -> list[Line]:
    """What to say where there is no event; `drop` and `more` are the keys that may change that."""
    if view.rows is None:
        return [[("waiting for the gateway", Ink.DIM)]]
    if view.of:
        return _said(f"no event is like that ({drop} drops the filter, {more} shows more levels)", width)
    if view.until:
        return _said(f"no event of {view.until} and before is remembered", width)
    said = f"nothing was told yet; the gateway tells from {view.told} on (logging.level in gateway.yaml)"
    return _said(said, width)


def _said(text: str, width: int) -> list[Line]:
    return [[(piece, Ink.DIM)] for piece in wrap(text, width, 3)]


class LogTail(Panel[View], can_focus=True):
    """The list, with a cursor."""

    class Opened(Message):
        """Somebody clicked the selected event again."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.store = EventStore()
        self.follow = True
        self.level = LogLevel.DEBUG
        self.text = ""
        self._cursor = 0
        self._seq: int | None = None
        self._first = 0

    @property
    def selected(self) -> LogEvent | None:
        """The event under the cursor."""
        rows = self._rows
        return rows[self._cursor] if self._cursor < len(rows) else None

    @property
    def _rows(self) -> tuple[LogEvent, ...]:
        return self.view.rows or () if self.view is not None else ()

    def select(self, picture: Picture) -> View:
        return select(self.store, self.level, self.text, picture.then.at if picture.then is not None else None)

    def viewed(self, view: View) -> None:
        rows = view.rows or ()
        last = max(len(rows) - 1, 0)
        if self.follow or self._seq is None:
            self._cursor = last
        else:
            place_now = next((index for index, event in enumerate(rows) if event.seq >= self._seq), last)
            self._first = max(self._first + place_now - self._cursor, 0)
            self._cursor = place_now
        self._remember()
        self._retitle()

    def draw(self, view: View, width: int, height: int, /) -> Sequence[Line]:
        if not view.rows:
            return empty(view, width, self.pressed("view.home"), self.pressed("logs.level"))
        placed = place(_COLUMNS if width >= ROOMY else _TERSE, width)
        room = max(height - HEADING, 1)
        first = min(max(self._first, self._cursor - room + 1), self._cursor)
        self._first = max(min(first, len(view.rows) - room), 0)
        shown = view.rows[self._first : self._first + room]
        return [heading(placed), *(draw_row(event, placed) for event in shown)]

    def cursor_line(self) -> int | None:
        return HEADING + self._cursor - self._first if self._rows else None

    def move(self, lines: int) -> None:
        """Move the cursor, and stop following unless it is at the bottom."""
        if not self._rows:
            return
        last = len(self._rows) - 1
        self._cursor = min(max(self._cursor + lines, 0), last)
        self.follow = self._cursor == last and lines > 0
        self._remember()
        self._retitle()
        self.stale()
        self.screen.refresh_bindings()

    def page(self, direction: int) -> None:
        self.move(direction * max(self.size.height - HEADING - 1, 1))

    def end(self, direction: int) -> None:
        self.move(direction * max(len(self._rows), 1))

    def toggle_follow(self) -> None:
        """Go to the newest event and stay with it, or stay here."""
        self.follow = not self.follow
        if self.follow:
            self._cursor = max(len(self._rows) - 1, 0)
            self._remember()
        self._retitle()
        self.stale()

    def next_level(self) -> None:
        """Only what matters more; after the last one everything."""
        levels = list(LogLevel)
        self.level = levels[(levels.index(self.level) + 1) % len(levels)]
        self.reselect()

    def search(self, text: str) -> None:
        """Only what holds these words."""
        self.text = text.strip()
        self.reselect()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        target = -1 if offset is None else offset.y - HEADING + self._first
        if offset is None or offset.y < HEADING or target >= len(self._rows):
            return
        if target == self._cursor:
            self.post_message(self.Opened())
        else:
            self.move(target - self._cursor)

    def _remember(self) -> None:
        event = self.selected
        self._seq = event.seq if event is not None else None

    def _retitle(self) -> None:
        view = self.view
        if view is None:
            return
        words = [f"Log · {view.of:,}", *([f"until {view.until}"] if view.until else ())]
        if view.level is not LogLevel.DEBUG:
            words.append(f"{view.level} and above")
        if view.text:
            words.append(f"/{view.text} {len(view.rows or ()):,} match")
        if view.lost:
            words.append(f"{view.lost:,} passed unseen")
        self.title(" · ".join(words), "", ("logs.follow", "following" if self.follow else "follow"))
