"""A table with a cursor: its heading stays, the selected row is kept in sight and keeps its place when rows change."""

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

from textual import events
from textual.message import Message

from ai_dashboard.tui.ink import Line
from ai_dashboard.tui.panels.base import Panel

V = TypeVar("V")
K = TypeVar("K", bound=Hashable)

HEADING = 1


class Opened(Message):
    """Enter on a table, or a click on its selected row."""


class Moved(Message):
    """Another row is selected, or another row has come under the cursor."""


class TablePanel(Panel[V], Generic[V, K], can_focus=True):
    """Subclasses say what identifies each row (`keys`) and draw all of them below a heading (`table`)."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self._cursor = 0
        self._key: K | None = None
        self._first = 0
        self._keys: Sequence[K] = ()

    def keys(self, view: V, /) -> Sequence[K]:
        """What identifies each row."""
        raise NotImplementedError

    def table(self, view: V, width: int, /) -> Sequence[Line]:
        """A heading and a line for each row; without rows, whatever is to be said instead."""
        raise NotImplementedError

    @property
    def selected(self) -> K | None:
        """What identifies the row under the cursor."""
        return self._keys[self._cursor] if self._cursor < len(self._keys) else None

    def viewed(self, view: V) -> None:
        self._keys = self.keys(view)
        before = self._key
        if self._key in self._keys:
            self._cursor = self._keys.index(self._key)
        self._cursor = min(self._cursor, max(len(self._keys) - 1, 0))
        self._key = self.selected
        if self._key != before:
            self.post_message(Moved())

    def draw(self, view: V, width: int, height: int, /) -> Sequence[Line]:
        lines = self.table(view, width)
        if not self._keys:
            return lines
        heading, rows = lines[:HEADING], lines[HEADING:]
        room = max(height - HEADING, 1)
        self._first = max(min(max(self._first, self._cursor - room + 1), self._cursor, len(rows) - room), 0)
        return [*heading, *rows[self._first : self._first + room]]

    def cursor_line(self) -> int | None:
        return self._cursor - self._first + HEADING if self._keys else None

    def move(self, lines: int) -> None:
        if not self._keys:
            super().move(lines)
            return
        self._cursor = min(max(self._cursor + lines, 0), len(self._keys) - 1)
        self._key = self._keys[self._cursor]
        self.stale()
        self.post_message(Moved())
        self.screen.refresh_bindings()

    def end(self, direction: int) -> None:
        self.move(direction * max(len(self._keys), self.size.height))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        target = -1 if offset is None else offset.y - HEADING + self._first
        if not 0 <= target < len(self._keys):
            return
        if target == self._cursor:
            self.post_message(Opened())
        else:
            self.move(target - self._cursor)
