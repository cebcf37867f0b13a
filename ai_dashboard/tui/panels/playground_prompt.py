"""Where a question is typed: several lines, `⏎` sends. Questions that were sent can be brought back."""

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.sanitise import Safe, visible

REMEMBERED = 50
MAX_CHARS = 200_000
"""Of a question; what is pasted beyond that is left out, and said."""

PLACEHOLDER = "ask something: ⏎ sends, ^j begins another line, ^o chooses the models"

_MOVES: tuple[tuple[str, str], ...] = (
    ("left", "cursor_left"),
    ("right", "cursor_right"),
    ("ctrl+left", "cursor_word_left"),
    ("ctrl+right", "cursor_word_right"),
    ("home", "cursor_line_start"),
    ("end", "cursor_line_end"),
    ("backspace", "delete_left"),
    ("delete", "delete_right"),
    ("ctrl+w,alt+backspace", "delete_word_left"),
    ("ctrl+u", "delete_to_start_of_line"),
    ("ctrl+k", "delete_to_end_of_line_or_delete_line"),
    ("ctrl+z", "undo"),
)


class PromptBox(Safe, TextArea, inherit_bindings=False):
    """Textual's text area with our own bindings: its `ctrl+a` belongs to tmux and screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Scope.PROMPT),
        *(Binding(keys, action, show=False) for keys, action in _MOVES),
    ]

    class Sent(Message):
        """Somebody asks this."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class TooLong(Message):
        """What was pasted does not fit."""

    def __init__(self, dom_id: str) -> None:
        super().__init__(
            "", id=dom_id, soft_wrap=True, highlight_cursor_line=False, compact=True, placeholder=PLACEHOLDER
        )
        self.cursor_blink = False
        self._sent: list[str] = []
        self._at = 0
        self._draft = ""

    def get_line(self, line_index: int) -> Text:
        # As many characters as the line has, so that the cursor stands where it seems to stand.
        line = "\t".join(map(visible, self.document.get_line(line_index).split("\t")))
        return Text(line, end="", no_wrap=True)

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.prevent_default()  # it is no letter here: its binding sends

    async def _on_paste(self, event: events.Paste) -> None:
        room = MAX_CHARS - len(self.text)
        if len(event.text) > room:
            event.prevent_default()
            event.stop()
            self.post_message(self.TooLong())

    def action_send(self) -> None:
        """Ask what is written, unless that is nothing."""
        text = self.text.strip()
        if text:
            self.post_message(self.Sent(text))

    def sent(self, text: str) -> None:
        """It was asked: remember it, and begin anew."""
        if not self._sent or self._sent[-1] != text:
            self._sent = [*self._sent[-REMEMBERED + 1 :], text]
        self._at, self._draft = len(self._sent), ""
        self.text = ""

    def action_newline(self) -> None:
        """Another line."""
        self._replace_via_keyboard("\n", *self.selection)

    def action_up(self) -> None:
        """A line up; from the first one to the question before."""
        if self.cursor_at_first_line and self._at > 0:
            self._bring(self._at - 1)
        else:
            self.action_cursor_up()

    def action_down(self) -> None:
        """A line down; from the last one to the question after."""
        if self.cursor_at_last_line and self._at < len(self._sent):
            self._bring(self._at + 1)
        else:
            self.action_cursor_down()

    def _bring(self, place: int) -> None:
        if self._at == len(self._sent):
            self._draft = self.text
        self._at = place
        self.text = self._draft if place == len(self._sent) else self._sent[place]
        self.move_cursor(self.document.end)
