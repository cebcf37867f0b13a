"""The line above the text, with the files, and the line below it, with what is to be known where the cursor stands."""

from collections.abc import Sequence

from textual import events
from textual.message import Message

from ai_dashboard.core.data import dataclass
from ai_dashboard.tui.editor.schema_walk import Known
from ai_dashboard.tui.ink import Ink, Line, Span, clip, crop, width_of
from ai_dashboard.tui.panels.base import Canvas

MODIFIED = "●"
CHANGED = "⇄"


@dataclass(frozen=True, slots=True)
class Tab:
    """A file: whether it was edited, whether it is another one on disk by now, whether there is none yet."""

    name: str
    modified: bool = False
    conflict: bool = False
    missing: bool = False


def draw_tabs(tabs: Sequence[Tab], current: int, width: int) -> list[Span]:
    """The files by number; where there is little room the others lose their ending, then their names."""
    for full in (".yaml", "", None):
        line: list[Span] = []
        for index, tab in enumerate(tabs):
            stem = tab.name.removesuffix(".yaml")
            name = tab.name if index == current or full == ".yaml" else stem if full == "" else ""
            line += _tab(index, tab, name, chosen=index == current)
        if width_of(line) <= width:
            return line
    return crop(line, width)


def _tab(index: int, tab: Tab, name: str, *, chosen: bool) -> list[Span]:
    spans: list[Span] = [(f" {index + 1}", Ink.KEY)]
    if name:
        spans.append((f" {name}", Ink.STRONG if chosen else Ink.DIM))
    if tab.conflict:
        spans.append((f" {CHANGED}", Ink.BAD))
    if tab.modified:
        spans.append((f" {MODIFIED}", Ink.WARN))
    if tab.missing and name:
        spans.append((" new", Ink.LABEL))
    return [*spans, (" ", Ink.PLAIN)]


class FileTabs(Canvas):
    """The files, the one that is shown marked. `Chosen` is posted for a click."""

    class Chosen(Message):
        """Show a file, by its number from 1."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, dom_id: str) -> None:
        super().__init__(dom_id)
        self._tabs: Sequence[Tab] = ()
        self._current = 0
        self._problem = "reading …"

    def show(self, tabs: Sequence[Tab], current: int) -> None:
        """Draw these, if they are others than before."""
        if (tabs, current) != (self._tabs, self._current):
            self._tabs, self._current = tabs, current
            self.stale()

    def complain(self, problem: str) -> None:
        """Say why there are none."""
        self._problem = problem
        self.stale()

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        if not self._tabs:
            return [[(" " + clip(self._problem, max(width - 1, 1)), Ink.DIM)]]
        return [draw_tabs(self._tabs, self._current, width)]

    def on_click(self, event: events.Click) -> None:
        at = 0
        for number, tab in enumerate(self._tabs, 1):
            chosen = number == self._current + 1
            at += width_of(_tab(number - 1, tab, tab.name, chosen=chosen))
            if event.x < at:
                self.post_message(self.Chosen(number))
                return


def explained(known: Known, width: int) -> list[Span]:
    """A key, what it holds and what it is for, in one line."""
    spans: list[Span] = [(f" {known.key}", Ink.KEY)]
    if known.holds:
        default = f", usually {known.default}" if known.default not in {"", "null", '""', "[]", "{}"} else ""
        spans.append((f"  {known.holds}{default}", Ink.LABEL))
    doc = " ".join(known.doc.split())
    return crop([*spans, (f"  {doc}" if doc else "", Ink.PLAIN)], width)


class HintLine(Canvas):
    """One line: what somebody has to decide, else what is wrong here, else what the key is for."""

    def __init__(self, dom_id: str) -> None:
        super().__init__(dom_id)
        self._spans: Sequence[Span] = ()
        self._known: Known | None = None

    def say(self, *spans: Span) -> None:
        """Show this."""
        self._show(spans, None)

    def explain(self, known: Known | None) -> None:
        """Show what a key is for; nothing where nothing is known."""
        self._show((), known)

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        if self._known is not None:
            return [explained(self._known, width)]
        return [crop(self._spans, width)]

    def _show(self, spans: Sequence[Span], known: Known | None) -> None:
        if (spans, known) != (self._spans, self._known):
            self._spans, self._known = spans, known
            self.stale()
