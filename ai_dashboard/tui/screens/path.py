"""A question in front of a screen: into which file? What is wrong with the answer is told while it is typed."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from ai_dashboard.tui.ink import Ink, Line, crop
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.base import Canvas
from ai_dashboard.tui.typed_line import TypedLine


class PathLine(TypedLine):
    """The line in which the path is typed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.PATH)


class PathHint(Canvas):
    """What is written, and what is wrong with the path; else the keys."""

    def __init__(self, said: str) -> None:
        super().__init__("path-hint")
        self._said = said
        self._problem = ""

    def tell(self, problem: str) -> None:
        """Show what is wrong; nothing when that is nothing."""
        self._problem = problem
        self.stale()

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        keys: Line = [("⏎", Ink.KEY), (" write   ", Ink.DIM), ("esc", Ink.KEY), (" leave it", Ink.DIM)]
        second: Line = [("✗ ", Ink.BAD), (self._problem, Ink.PLAIN)] if self._problem else keys
        return [crop([(self._said, Ink.DIM)], width), crop(second, width)]


class PathScreen(ModalScreen[str | None]):
    """The path that was typed, None for none. `refusal` says what is wrong with one; empty when that is nothing."""

    def __init__(self, title: str, said: str, value: str, refusal: Callable[[str], str]) -> None:
        super().__init__()
        self._title = title
        self._line = PathLine("path", placeholder="path of a file", value=value)
        self._hint = PathHint(said)
        self._refusal = refusal

    def compose(self) -> ComposeResult:
        card = Vertical(self._line, self._hint, id="path-card")
        card.border_title = self._title
        yield card

    def on_mount(self) -> None:
        self._line.focus()

    @on(Input.Changed)
    def check(self, event: Input.Changed) -> None:
        """Say what is wrong while typing."""
        self._hint.tell(self._refusal(event.value))

    def action_take(self) -> None:
        """Answer, if that can be the answer."""
        problem = self._refusal(self._line.value)
        self._hint.tell(problem)
        if not problem:
            self.dismiss(self._line.value)

    def action_leave(self) -> None:
        self.dismiss(None)
