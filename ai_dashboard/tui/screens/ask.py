"""A question in front of a screen: a few lines, and the keys that answer it."""

from collections.abc import Sequence
from typing import TypeVar

from textual.app import ComposeResult
from textual.screen import ModalScreen

from ai_dashboard.tui.ink import Ink, Line, wrap
from ai_dashboard.tui.keys import Key, Scope, active_keys, bindings
from ai_dashboard.tui.panels.base import Canvas

A = TypeVar("A")

CELLS = 64


class QuestionCard(Canvas):
    """The question, and a line for each key."""

    def __init__(self, title: str, said: str, scope: Scope) -> None:
        super().__init__("question")
        self._title = title
        self._said = said
        self._scope = scope
        self._keys: list[Key] = []

    def on_mount(self) -> None:
        self._keys = [key for key in active_keys(self.screen.active_bindings.values()) if key.scope is self._scope]
        self.title(self._title)
        self.styles.height = len(self.lines(CELLS - 4, 1)) + 2

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        said: list[Line] = [[(piece, Ink.PLAIN)] for piece in wrap(self._said, width, 4)]
        keys: list[Line] = [[(f"{key.display:>4}", Ink.KEY), (f"  {key.help}", Ink.DIM)] for key in self._keys]
        return [*said, [], *keys]


class Question(ModalScreen[A]):
    """Shows `said` under `title`; the answer is what the pressed key says."""

    scope: Scope

    def __init__(self, title: str, said: str) -> None:
        super().__init__()
        self._card = QuestionCard(title, said, self.scope)

    def compose(self) -> ComposeResult:
        yield self._card

    def action_answer(self, answer: A) -> None:
        self.dismiss(answer)


class ConflictScreen(Question[str]):
    """`mine`, `theirs`, `diff` or `later`."""

    scope = Scope.CONFLICT
    BINDINGS = bindings(Scope.CONFLICT)


class LeaveScreen(Question[str]):
    """`save`, `discard` or `stay`."""

    scope = Scope.LEAVE
    BINDINGS = bindings(Scope.LEAVE)


class ConfirmScreen(Question[bool]):
    """Yes or no."""

    scope = Scope.CONFIRM
    BINDINGS = bindings(Scope.CONFIRM)
