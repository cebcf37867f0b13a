"""The line of screens under the header, where there is room for one: which screens there are, and which one this is."""

from collections.abc import Sequence

from textual import events

from ai_dashboard.core.data import dataclass
from ai_dashboard.tui.ink import Ink, Line, Span, width_of
from ai_dashboard.tui.panels.base import Canvas
from ai_dashboard.tui.tabs import TABS, Tab


@dataclass(frozen=True, slots=True)
class Slot:
    """A tab in the line, with the cells that it covers."""

    tab: Tab
    start: int
    end: int


def draw(current: int, width: int) -> tuple[Line, list[Slot]]:
    """Number and name of every screen that fits into `width` cells, and where each one is."""
    line: list[Span] = [(" ", Ink.PLAIN)]
    slots: list[Slot] = []
    for tab in TABS:
        here = tab.number == current
        spans: list[Span] = [(f"{tab.number}", Ink.KEY), (f" {tab.name}", Ink.STRONG if here else Ink.DIM)]
        start = width_of(line)
        if start + width_of(spans) > width:
            break
        line += spans
        slots.append(Slot(tab, start, width_of(line)))
        line.append(("  ", Ink.PLAIN))
    return line, slots


class TabLine(Canvas):
    """The line of the screen with the number `current`. A click does what the number does."""

    def __init__(self, current: int) -> None:
        super().__init__("screens")
        self._current = current
        self._slots: Sequence[Slot] = ()

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        line, self._slots = draw(self._current, width)
        return [line]

    def on_click(self, event: events.Click) -> None:
        slot = next((slot for slot in self._slots if slot.start <= event.x < slot.end), None)
        if slot is not None:
            self.app.simulate_key(str(slot.tab.number))
