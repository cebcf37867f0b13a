"""What may stand at the cursor, in a list beside it. Letters go on typing and narrow the list."""

from collections.abc import Sequence

from textual import events
from textual.message import Message

from ai_dashboard.tui.editor.place import place_at
from ai_dashboard.tui.editor.schema_walk import Choice, Known, Schema
from ai_dashboard.tui.editor.text import YamlText
from ai_dashboard.tui.ink import Ink, Line, clip, fit
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.base import Canvas

MAX_LINES = 8
MAX_CELLS = 40


class Choices(Canvas, can_focus=True):
    """The list; it has the focus while it is open."""

    BINDINGS = bindings(Scope.COMPLETE)

    class Taken(Message):
        """Write the selected choice."""

    class Typed(Message):
        """Go on typing: this character, or nothing for one to be erased."""

        def __init__(self, character: str) -> None:
            super().__init__()
            self.character = character

    class Closed(Message):
        """Nothing of it."""

    class Moved(Message):
        """Another one is selected."""

    def __init__(self, dom_id: str) -> None:
        super().__init__(dom_id)
        self.choices: Sequence[Choice] = ()
        self._cursor = 0

    @property
    def selected(self) -> Choice | None:
        """The choice under the cursor."""
        return self.choices[self._cursor] if self._cursor < len(self.choices) else None

    def suggest(self, area: YamlText, schema: Schema) -> bool:
        """Open at the cursor of a text with what may stand there; whether there is anything."""
        place = place_at(area.lines, *area.cursor_location)
        choices = schema.choices(place)
        if not choices:
            return False
        x, y = area.cursor_screen_offset
        self.choices, self._cursor, self.top = choices, 0, 0
        self._open(x - len(place.typed) - 1, y, *self.screen.size)
        self.focus()
        return True

    def explained(self, area: YamlText, schema: Schema) -> Known | None:
        """What is known of the selected choice, or of the key whose value it is."""
        place = place_at(area.lines, *area.cursor_location)
        own = None if place.on_value or self.selected is None else (*place.path, self.selected.label)
        return schema.known(own or place.path)

    def complete(self, area: YamlText) -> None:
        """Write the selected choice in place of what is typed."""
        if self.selected is not None:
            area.complete(place_at(area.lines, *area.cursor_location).start, self.selected.insert)

    def _open(self, x: int, y: int, width: int, height: int) -> None:
        """Below the cell (x, y) of a screen of this size, or above it where that is too low."""
        choices = self.choices
        lines = min(len(choices), MAX_LINES, max(height - 2, 1))
        cells = min(max(len(choice.label) for choice in choices) + 2, MAX_CELLS, width)
        below = y + 1 + lines <= height
        self.styles.width, self.styles.height = cells, lines
        self.styles.offset = (max(min(x, width - cells), 0), y + 1 if below else max(y - lines, 0))
        self.add_class("-open")
        self.stale()

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        return [[(fit(f" {clip(choice.label, width - 2)} ", width), Ink.PLAIN)] for choice in self.choices]

    def cursor_line(self) -> int | None:
        return self._cursor

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        return character is not None and character.isprintable() and key not in {"enter", "tab"}

    def move(self, lines: int) -> None:
        """Move the cursor, and keep it in sight."""
        self._cursor = min(max(self._cursor + lines, 0), max(len(self.choices) - 1, 0))
        self.top = max(min(self.top, self._cursor), self._cursor - max(self.size.height - 1, 0))
        self.refresh()
        self.post_message(self.Moved())

    def action_move(self, lines: int) -> None:
        self.move(lines)

    def action_page(self, direction: int) -> None:
        self.move(direction * MAX_LINES)

    def action_take(self) -> None:
        self.post_message(self.Taken())

    def action_close(self) -> None:
        self.post_message(self.Closed())

    def action_erase(self) -> None:
        self.post_message(self.Typed(""))

    def on_key(self, event: events.Key) -> None:
        if event.is_printable and event.character is not None:
            event.stop()
            self.post_message(self.Typed(event.character))

    def on_click(self, event: events.Click) -> None:
        self.move(event.y + self.top - self._cursor)
        self.post_message(self.Taken())

    def on_blur(self) -> None:
        self.remove_class("-open")
