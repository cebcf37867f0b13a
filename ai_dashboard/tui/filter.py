"""The line in which a filter is typed. Letters type here; enter keeps the filter, esc drops it."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.sanitise import Safe


class FilterInput(Safe, Input, inherit_bindings=False):
    """Textual's input with our own bindings: its `ctrl+a` belongs to tmux and screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Scope.FILTER),
        Binding("left", "cursor_left", show=False),
        Binding("right", "cursor_right", show=False),
        Binding("home", "home", show=False),
        Binding("end", "end", show=False),
        Binding("backspace", "delete_left", show=False),
        Binding("delete", "delete_right", show=False),
        Binding("ctrl+w", "delete_left_word", show=False),
        Binding("ctrl+u", "delete_left_all", show=False),
    ]

    def __init__(self, dom_id: str) -> None:
        super().__init__(
            placeholder="filter: any part of id, model, provider, status, rule",
            id=dom_id,
            compact=True,
            select_on_focus=False,
        )
        self.cursor_blink = False
