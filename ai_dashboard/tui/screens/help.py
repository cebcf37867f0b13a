"""The keys of the screen beneath, read from its bindings: what is listed here works there."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.screen import ModalScreen

from ai_dashboard.tui.ink import Ink, Line, Span, clip, fit, width_of
from ai_dashboard.tui.keys import Key, Scope, bindings
from ai_dashboard.tui.panels.base import Canvas

KEY_CELLS = 8
GAP = 2


def draw(keys: Sequence[Key], width: int) -> list[Line]:
    """A line for each key, under the name of where it works. On the right, where there is room, stands the id by which
    `keys` in dashboard.yaml moves it to another key."""
    lines: list[Line] = []
    for scope in Scope:
        chosen = [key for key in keys if key.scope is scope]
        if not chosen:
            continue
        lines += [[], [(clip(scope.capitalize(), width), Ink.LABEL)]] if lines else [[(scope.capitalize(), Ink.LABEL)]]
        lines.extend(_line(key, width) for key in chosen)
    return lines


def _line(key: Key, width: int) -> Line:
    line: list[Span] = [(fit(key.display, KEY_CELLS, right=True), Ink.KEY), ("  ", Ink.PLAIN), (key.help, Ink.PLAIN)]
    room = width - width_of(line) - len(key.id)
    return [*line, (" " * room + key.id, Ink.DIM)] if room >= GAP else line


class HelpCard(Canvas, can_focus=True):
    """The list of keys."""

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__("help")
        self._keys = keys

    def on_mount(self) -> None:
        self.title("Keys · the ids are for dashboard.yaml", "", ("help.close", "closes"))
        self.styles.max_height = len(draw(self._keys, 80)) + 2

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        return draw(self._keys, width)


class HelpScreen(ModalScreen[None]):
    """The list of keys over the screen that they work on."""

    BINDINGS = bindings(Scope.HELP, Scope.SCROLL)

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        yield HelpCard(self._keys)

    def action_move(self, lines: int) -> None:
        self.query_one(HelpCard).move(lines)

    def action_page(self, direction: int) -> None:
        self.query_one(HelpCard).page(direction)

    def action_end(self, direction: int) -> None:
        self.query_one(HelpCard).end(direction)
