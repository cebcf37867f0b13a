"""The text of one file: Textual's text area, with secrets as dots, marks where something was found, and keys of ours.

What is drawn differs from what is there: dots for secrets, glyphs for what a terminal would obey. Both have as many
characters as the text itself, so that the cursor stands where it seems to stand.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.document._document import Location
from textual.document._document_navigator import DocumentNavigator
from textual.document._edit import Edit
from textual.document._wrapped_document import WrappedDocument
from textual.message import Message
from textual.strip import Strip
from textual.theme import Theme
from textual.widgets import TextArea
from textual.widgets.text_area import EditResult

from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.tui.editor.highlight import Highlights
from ai_dashboard.tui.editor.masking import Secrets, masked
from ai_dashboard.tui.ink import Ink
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.findings import SEVERITY
from ai_dashboard.tui.sanitise import Safe, visible
from ai_dashboard.tui.theme import ink_styles, yaml_theme

LANGUAGE = "yaml"
INDENT = 2

_MOVES: tuple[tuple[str, str], ...] = (
    ("up", "cursor_up"),
    ("down", "cursor_down"),
    ("left", "cursor_left"),
    ("right", "cursor_right"),
    ("ctrl+left", "cursor_word_left"),
    ("ctrl+right", "cursor_word_right"),
    ("home", "cursor_line_start"),
    ("end", "cursor_line_end"),
    ("pageup", "cursor_page_up"),
    ("pagedown", "cursor_page_down"),
    ("ctrl+home", "top"),
    ("ctrl+end", "bottom"),
    ("shift+up", "cursor_up(True)"),
    ("shift+down", "cursor_down(True)"),
    ("shift+left", "cursor_left(True)"),
    ("shift+right", "cursor_right(True)"),
    ("ctrl+shift+left", "cursor_word_left(True)"),
    ("ctrl+shift+right", "cursor_word_right(True)"),
    ("shift+home", "cursor_line_start(True)"),
    ("shift+end", "cursor_line_end(True)"),
    ("f7", "select_all"),
    ("backspace", "delete_left"),
    ("delete", "delete_right"),
    ("ctrl+w,alt+backspace", "delete_word_left"),
    ("ctrl+u", "delete_to_start_of_line"),
    ("ctrl+k", "delete_to_end_of_line_or_delete_line"),
    ("ctrl+x", "cut"),
    ("ctrl+c", "copy"),
    ("ctrl+v", "paste"),
)


class OneLineEach(WrappedDocument):
    """A document of which no line is wrapped: as high as it has lines, which need not be counted for each one drawn."""

    @property
    def height(self) -> int:
        return self.document.line_count


class YamlText(Safe, TextArea, inherit_bindings=False):
    """One file. Textual's own bindings are not inherited: its `ctrl+a` belongs to tmux and screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Scope.TEXT),
        *(Binding(keys, action, show=False) for keys, action in _MOVES),
    ]

    class Completing(Message):
        """Somebody wants to know what may stand here."""

    def __init__(self, text: str, name: str) -> None:
        self._secrets = Secrets(())
        self._known_text: str | None = None
        self._marks: Mapping[int, Diagnostic] = {}
        self.revealed = False
        super().__init__(text, name=name, show_line_numbers=True, soft_wrap=False, classes="text")
        self.cursor_blink = False
        self.indent_width = INDENT

    def on_mount(self) -> None:
        if LANGUAGE in self.available_languages:
            self.language = LANGUAGE
        self.app.theme_changed_signal.subscribe(self, self._colour)
        self._colour(self.app.current_theme)

    # ── what is there ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def text(self) -> str:
        """The whole text, put together once after each change."""
        if self._known_text is None:
            self._known_text = self.document.text
        return self._known_text

    @text.setter
    def text(self, value: str) -> None:
        self.put(value)

    @property
    def lines(self) -> Sequence[str]:
        """The text by lines."""
        return self.document.lines

    def put(self, text: str) -> None:
        """Another text, as one change that can be undone."""
        row, column = self.cursor_location
        self.history.checkpoint()
        self.replace(text, self.document.start, self.document.end, maintain_selection_offset=False)
        self.history.checkpoint()
        row = min(row, self.document.line_count - 1)
        self.move_cursor((row, min(column, len(self.document.get_line(row)))))

    def jump(self, line: int, column: int) -> None:
        """Go to a place that counts from 1."""
        row = min(max(line - 1, 0), self.document.line_count - 1)
        self.move_cursor((row, min(max(column - 1, 0), len(self.document.get_line(row)))), center=True)

    def complete(self, start: int, insert: str) -> None:
        """Put this in place of what is typed, from a column of the cursor's line on."""
        row, column = self.cursor_location
        self.replace(insert, (row, start), (row, column), maintain_selection_offset=False)
        self.move_cursor(self._after(insert, (row, start)))

    @staticmethod
    def _after(text: str, start: Location) -> Location:
        lines = text.split("\n")
        return (start[0] + len(lines) - 1, len(lines[-1]) + (start[1] if len(lines) == 1 else 0))

    # ── what is drawn ────────────────────────────────────────────────────────────────────────────────────────────────

    def mark(self, marks: Mapping[int, Diagnostic]) -> None:
        """Show these findings, by row from 0, beside the line numbers and under the text."""
        if marks != self._marks:
            self._marks = marks
            self._redraw()

    def reveal(self, revealed: bool) -> None:
        """Show secrets as they are, or as dots."""
        self.revealed = revealed
        self._build_highlight_map()
        self.refresh()

    def shown_line(self, row: int) -> str:
        """A line as it is drawn: dots for secrets, glyphs for what is unsafe; tabs stay."""
        line = self.document.get_line(row)
        if not self.revealed:
            line = masked(line, self._secrets[row])
        return "\t".join(map(visible, line.split("\t")))

    def get_line(self, line_index: int) -> Text:
        line = Text(self.shown_line(line_index), end="", no_wrap=True)
        found = self._marks.get(line_index)
        if found is not None:
            start = min(max(found.column - 1, 0), len(line))
            word = line.plain[start:].partition(" #")[0].rstrip()
            line.stylize(self._mark_style(found.severity) + Style(underline=True), start, start + len(word))
        return line

    def _render_line(self, y: int) -> Strip:
        strip = super()._render_line(y)
        row = y + self.scroll_offset.y
        found = self._marks.get(row)
        if found is None or not self.show_line_numbers or row >= self.document.line_count:
            return strip
        glyph, _ = SEVERITY[found.severity]
        at = self.gutter_width - 2
        sign = Strip([Segment(f"{glyph} ", self._mark_style(found.severity))], 2)
        return Strip.join([strip.crop(0, at), sign, strip.crop(at + 2)])

    def _mark_style(self, severity: Severity) -> Style:
        _, ink = SEVERITY[severity]
        return ink_styles(self.app.theme_variables)[Ink.FIRST if ink is Ink.DIM else ink]

    def _redraw(self) -> None:
        self._line_cache.clear()
        self.refresh()

    def _colour(self, theme: Theme) -> None:
        colours = yaml_theme(theme)
        self.register_theme(colours)
        self.theme = colours.name

    # ── changes, told to what depends on them ────────────────────────────────────────────────────────────────────────

    def edit(self, edit: Edit) -> EditResult:
        self._changed(edit.top[0])
        return super().edit(edit)

    def _undo_batch(self, edits: Sequence[Edit]) -> None:
        self._changed(min((edit.top[0] for edit in edits), default=0))
        super()._undo_batch(edits)

    def _redo_batch(self, edits: Sequence[Edit]) -> None:
        self._changed(min((edit.top[0] for edit in edits), default=0))
        super()._redo_batch(edits)

    def _changed(self, row: int) -> None:
        self._known_text = None
        self._secrets.changed(row)

    def _set_document(self, text: str, language: str | None) -> None:
        super()._set_document(text, language)
        self.wrapped_document = OneLineEach(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self._known_text = None
        self._secrets = Secrets(self.document.lines)
        self._rewrap_and_refresh_virtual_size()

    def _build_highlight_map(self) -> None:
        self._line_cache.clear()
        query = self._highlight_query
        self._highlights = {} if query is None else Highlights(self.document, query, self.shown_line)

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _on_key(self, event: events.Key) -> None:
        """A new line begins where the one before it does, deeper after a key without a value."""
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            row, column = self.cursor_location
            before = self.document.get_line(row)[:column]
            deeper = INDENT if before.rstrip().endswith(":") else 0
            indent = len(before) - len(before.lstrip(" "))
            self._replace_via_keyboard("\n" + " " * (indent + deeper), *self.selection)

    def action_indent(self) -> None:
        """Two spaces where a line begins, else what may stand here."""
        row, column = self.cursor_location
        if self.document.get_line(row)[:column].strip(" -"):
            self.action_suggest()
        else:
            self._replace_via_keyboard(" " * (INDENT - column % INDENT), *self.selection)

    def action_outdent(self) -> None:
        """Two spaces less at the beginning of the line."""
        row, column = self.cursor_location
        line = self.document.get_line(row)
        less = min(INDENT, len(line) - len(line.lstrip(" ")))
        if less:
            self.replace("", (row, 0), (row, less), maintain_selection_offset=False)
            self.move_cursor((row, max(column - less, 0)))

    def action_suggest(self) -> None:
        self.post_message(self.Completing())

    def action_top(self) -> None:
        self.move_cursor((0, 0))

    def action_bottom(self) -> None:
        self.move_cursor(self.document.end)
