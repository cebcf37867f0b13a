"""A question in front of a screen that is answered by a line. What is wrong with it is told while it is typed."""

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


class AnswerLine(TypedLine):
    """The line in which the answer is typed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.LINE)


class AnswerHint(Canvas):
    """What is asked, and what is wrong with the answer; else the keys."""

    def __init__(self, said: str, verb: str) -> None:
        super().__init__("line-hint")
        self._said = said
        self._verb = verb
        self._problem = ""

    def tell(self, problem: str) -> None:
        """Show what is wrong; nothing when that is nothing."""
        self._problem = problem
        self.stale()

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        keys: Line = [("⏎", Ink.KEY), (f" {self._verb}   ", Ink.DIM), ("esc", Ink.KEY), (" leave it", Ink.DIM)]
        second: Line = [("✗ ", Ink.BAD), (self._problem, Ink.PLAIN)] if self._problem else keys
        return [crop([(self._said, Ink.DIM)], width), crop(second, width)]


class LineScreen(ModalScreen[str | None]):
    """What was typed, None for nothing. `refusal` says what is wrong with it; empty when that is nothing. `verb`
    is what is done with it."""

    def __init__(self, title: str, said: str, value: str, verb: str, refusal: Callable[[str], str]) -> None:
        super().__init__()
        self._title = title
        self._line = AnswerLine("line", placeholder="", value=value)
        self._hint = AnswerHint(said, verb)
        self._refusal = refusal

    def compose(self) -> ComposeResult:
        card = Vertical(self._line, self._hint, id="line-card")
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
