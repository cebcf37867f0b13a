"""Two texts of a file and what they differ in, secrets masked. Where there are several pairs, `tab` turns them."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.screen import ModalScreen

from ai_dashboard.core.data import dataclass
from ai_dashboard.tui.editor.diff import DiffLine, counted, draw, unified
from ai_dashboard.tui.ink import Line, crop
from ai_dashboard.tui.keys import Hint, Scope, bindings
from ai_dashboard.tui.panels.base import Canvas


@dataclass(frozen=True, slots=True)
class Pair:
    """What is compared, in words, and the two texts."""

    title: str
    old: str
    new: str


class DiffCard(Canvas, can_focus=True):
    """The lines of one pair."""

    def __init__(self) -> None:
        super().__init__("diff")
        self._diff: tuple[DiffLine, ...] = ()

    def put(self, pair: Pair, keys: Sequence[Hint]) -> None:
        """Show this pair."""
        self._diff = unified(pair.old, pair.new)
        self.title(f"{pair.title} · {counted(self._diff)}", "", *keys)
        self.top = 0
        self.stale()

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        return [crop(line, width) for line in draw(self._diff)]


class DiffScreen(ModalScreen[None]):
    """One pair of texts or several."""

    BINDINGS = bindings(Scope.DIFF, Scope.SCROLL)

    def __init__(self, *pairs: Pair) -> None:
        super().__init__()
        self._pairs = pairs
        self._shown = 0

    def compose(self) -> ComposeResult:
        yield DiffCard()

    def on_mount(self) -> None:
        self._show()

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        return action != "turn" or len(self._pairs) > 1

    def action_turn(self) -> None:
        """Show the next pair."""
        self._shown = (self._shown + 1) % len(self._pairs)
        self._show()

    def action_move(self, lines: int) -> None:
        self.query_one(DiffCard).move(lines)

    def action_page(self, direction: int) -> None:
        self.query_one(DiffCard).page(direction)

    def action_end(self, direction: int) -> None:
        self.query_one(DiffCard).end(direction)

    def _show(self) -> None:
        keys: list[Hint] = [("diff.close", "closes")]
        if len(self._pairs) > 1:
            keys.insert(0, ("diff.turn", f"compares more ({self._shown + 1} of {len(self._pairs)})"))
        self.query_one(DiffCard).put(self._pairs[self._shown], keys)
