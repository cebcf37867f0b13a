"""The one question before leaving: somebody is still waiting for an answer."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.screen import ModalScreen

from ai_dashboard.tui.format import plural
from ai_dashboard.tui.ink import Ink, Line, wrap
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.base import Canvas


class QuitCard(Canvas):
    """The question."""

    def __init__(self, in_flight: int) -> None:
        super().__init__("quit")
        verb = "is" if in_flight == 1 else "are"
        self._question = f"{plural(in_flight, 'request')} {verb} in flight."

    def on_mount(self) -> None:
        self.title("Quit?")

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        question: list[Line] = [[(piece, Ink.PLAIN)] for piece in wrap(self._question, width, 2)]
        return [*question, [("y", Ink.KEY), (" quit anyway   ", Ink.DIM), ("n", Ink.KEY), (" stay", Ink.DIM)]]


class QuitScreen(ModalScreen[bool]):
    """True to quit, False to stay."""

    BINDINGS = bindings(Scope.QUIT)

    def __init__(self, in_flight: int) -> None:
        super().__init__()
        self._in_flight = in_flight

    def compose(self) -> ComposeResult:
        yield QuitCard(self._in_flight)

    def action_answer(self, leave: bool) -> None:
        self.dismiss(leave)
