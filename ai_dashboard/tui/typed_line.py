"""A line of text in which letters type, and a line below it that says what may follow or what is wrong. What it is for,
and which keys end it, its heirs say."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from ai_dashboard.tui.ink import Ink, Line, crop
from ai_dashboard.tui.panels.base import Canvas
from ai_dashboard.tui.query import Choice
from ai_dashboard.tui.sanitise import Safe

OPEN = "-open"

_MOVES = (
    ("left", "cursor_left"),
    ("right", "cursor_right"),
    ("home", "home"),
    ("end", "end"),
    ("backspace", "delete_left"),
    ("delete", "delete_right"),
    ("ctrl+w", "delete_left_word"),
    ("ctrl+u", "delete_left_all"),
)


class TypedLine(Safe, Input, inherit_bindings=False):
    """Textual's input with our own bindings: its `ctrl+a` belongs to tmux and screen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding(keys, action, show=False) for keys, action in _MOVES]

    def __init__(self, dom_id: str, *, placeholder: str, value: str = "") -> None:
        super().__init__(value, placeholder=placeholder, id=dom_id, compact=True, select_on_focus=False)
        self.cursor_blink = False

    def write(self, text: str) -> None:
        """Put this text in place of what is typed, and the cursor behind it."""
        self.value = text
        self.cursor_position = len(text)


class Hint(Canvas):
    """The line below."""

    def __init__(self) -> None:
        super().__init__(classes="typing-hint")
        self._line: Line = ()

    def tell(self, line: Line) -> None:
        """Show this."""
        self._line = line
        self.stale()

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        return [crop([(" ", Ink.PLAIN), *self._line], width)]


class TypingBar(Vertical):
    """Both lines, shown while something is typed."""

    def __init__(self, line: TypedLine) -> None:
        super().__init__(classes="typing")
        self.line = line
        self._hint = Hint()
        self._ahead: Sequence[Choice] = ()

    def compose(self) -> ComposeResult:
        yield self.line
        yield self._hint

    @property
    def is_open(self) -> bool:
        """Whether something is being typed."""
        return self.has_class(OPEN)

    def open(self) -> None:
        """Show it and type."""
        self.add_class(OPEN)
        self.line.focus()

    def close(self) -> None:
        """Hide it; what it says stays."""
        self.remove_class(OPEN)

    def hint(self, said: Line, ahead: Sequence[Choice]) -> None:
        """Say this below the line; `ahead` is how it may go on."""
        self._ahead = ahead
        self._hint.tell(said)

    def complete(self) -> None:
        """Take the first choice."""
        if self._ahead:
            self.line.write(self._ahead[0].text)
