"""The one question before leaving: somebody is still waiting for an answer."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.screen import ModalScreen

from ai_dashboard.tui.format import plural
from ai_dashboard.tui.ink import Ink, Line, wrap
from ai_dashboard.tui.keys import Scope, active_keys, bindings
from ai_dashboard.tui.panels.base import Canvas


class QuitCard(Canvas):
    """The question, and a line for each key."""

    def __init__(self, in_flight: int) -> None:
        super().__init__("quit")
        verb = "is" if in_flight == 1 else "are"
        self._question = f"{plural(in_flight, 'request')} {verb} in flight."

    def on_mount(self) -> None:
        self.title("Quit?")
        self.styles.height = len(self.lines(60, 1)) + 2

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        question: list[Line] = [[(piece, Ink.PLAIN)] for piece in wrap(self._question, width, 2)]
        keys = active_keys(self.screen.active_bindings.values())
        return [*question, *([(f"{key.display:>5}", Ink.KEY), (f"  {key.help}", Ink.DIM)] for key in keys)]


class QuitScreen(ModalScreen[str]):
    """`quit`, `leave` (the gateway goes on by itself, where `can_leave`) or `stay`."""

    BINDINGS = bindings(Scope.QUIT)

    def __init__(self, in_flight: int, *, can_leave: bool) -> None:
        super().__init__()
        self._in_flight = in_flight
        self._can_leave = can_leave

    def compose(self) -> ComposeResult:
        yield QuitCard(self._in_flight)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._can_leave or (action, parameters) != ("answer", ("leave",))

    def action_answer(self, answer: str) -> None:
        self.dismiss(answer)
