"""YAML to read: highlighted, numbered, and shown through the sanitiser like everything else from outside."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.theme import Theme
from textual.widgets import TextArea

from ai_dashboard.tui.sanitise import Safe, visible_lines
from ai_dashboard.tui.theme import yaml_theme

LANGUAGE = "yaml"


class YamlView(Safe, TextArea, inherit_bindings=False):
    """Textual's text area, read only, with keys to move alone: its `ctrl+a` belongs to tmux and screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cursor_up", show=False),
        Binding("down,j", "cursor_down", show=False),
        Binding("left,h", "cursor_left", show=False),
        Binding("right,l", "cursor_right", show=False),
        Binding("pageup", "cursor_page_up", show=False),
        Binding("pagedown", "cursor_page_down", show=False),
        Binding("home,g", "top", show=False),
        Binding("end,G", "bottom", show=False),
    ]

    def __init__(self, dom_id: str) -> None:
        super().__init__(id=dom_id, read_only=True, show_line_numbers=True, soft_wrap=False)
        self.cursor_blink = False

    def on_mount(self) -> None:
        if LANGUAGE in self.available_languages:
            self.language = LANGUAGE
        self.app.theme_changed_signal.subscribe(self, self._colour)
        self._colour(self.app.current_theme)

    def read(self, text: str) -> None:
        """Show a file from its top."""
        self.load_text(visible_lines(text))
        self.action_top()

    def jump(self, line: int, column: int) -> None:
        """Go to a place that counts from 1."""
        row = min(max(line - 1, 0), self.document.line_count - 1)
        self.move_cursor((row, min(max(column - 1, 0), len(self.document[row]))), center=True)

    def action_top(self) -> None:
        self.move_cursor((0, 0))

    def action_bottom(self) -> None:
        self.move_cursor(self.document.end)

    def _colour(self, theme: Theme) -> None:
        colours = yaml_theme(theme)
        self.register_theme(colours)
        self.theme = colours.name
