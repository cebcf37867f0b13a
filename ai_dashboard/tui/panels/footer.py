"""The last line: which keys do something here and now, the important ones first. A click does what the key does."""

from collections.abc import Sequence

from textual import events

from ai_dashboard.core.data import dataclass
from ai_dashboard.tui.ink import Ink, Line, Span, width_of
from ai_dashboard.tui.keys import Key, active_keys
from ai_dashboard.tui.panels.base import Canvas

GAP = "  "


@dataclass(frozen=True, slots=True)
class Slot:
    """A key in the footer, with the cells that it covers."""

    key: Key
    start: int
    end: int


def draw(keys: Sequence[Key], width: int) -> tuple[Line, list[Slot]]:
    """As many keys as fit into `width` cells, in the order of their footer number, and where each one is."""
    line: list[Span] = [(" ", Ink.PLAIN)]
    slots: list[Slot] = []
    for key in sorted((key for key in keys if key.footer), key=lambda key: key.footer):
        spans: list[Span] = [(key.display, Ink.KEY), (f" {key.label}", Ink.DIM)]
        start = width_of(line)
        if start + width_of(spans) > width:
            break
        line += spans
        slots.append(Slot(key, start, width_of(line)))
        line.append((GAP, Ink.PLAIN))
    return line, slots


class FooterBar(Canvas):
    """The footer of whichever screen it stands on."""

    def __init__(self, dom_id: str | None = None) -> None:
        super().__init__(dom_id)
        self._keys: Sequence[Key] = ()
        self._slots: Sequence[Slot] = ()

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._check())
        self._check()

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        line, self._slots = draw(self._keys, width)
        return [line]

    def on_click(self, event: events.Click) -> None:
        slot = next((slot for slot in self._slots if slot.start <= event.x < slot.end), None)
        if slot is not None:
            self.app.simulate_key(slot.key.keys.split(",")[0])

    def _check(self) -> None:
        """Draw again if other keys work now."""
        keys = active_keys(self.screen.active_bindings.values())
        if keys != self._keys:
            self._keys = keys
            self.stale()
