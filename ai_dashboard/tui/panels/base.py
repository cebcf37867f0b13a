"""What every panel has in common: a view that is drawn only when it changed, as lines of spans, through one sanitiser.

A panel is a line-API widget: Textual asks for the lines that it needs, and a line is made once. Lines that do not fit
can be scrolled to when the panel is focused. One that fails says so in its own place; the screen goes on around it.
"""

from collections.abc import Sequence
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget

from ai_dashboard.tui import failing
from ai_dashboard.tui.ink import Ink, Line, whole, wrap
from ai_dashboard.tui.keys import Hint, hints, usual
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.sanitise import Safe, visible
from ai_dashboard.tui.theme import cursor_style, ink_styles

V = TypeVar("V")

WHEEL_LINES = 3

CORNERS = 2
"""Cells of the border that no title stands in."""


class Canvas(Safe, Widget):
    """Lines of spans on the screen. `lines` makes them for a size; they are kept until `stale` is called."""

    ALLOW_SELECT = False

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(id=dom_id, classes=classes)
        self._lines: Sequence[Line] | None = None
        self._lines_for = (-1, -1)
        self._inks: dict[Ink, Style] | None = None
        self._cursor_style = Style.null()
        self._titled: tuple[str, str, tuple[Hint, ...]] = ("", "", ())
        self.top = 0

    def lines(self, width: int, height: int, /) -> Sequence[Line]:
        """All lines of the panel for a content area of `width` × `height` cells; more than `height` can be scrolled."""
        raise NotImplementedError

    def cursor_line(self) -> int | None:
        """The index of the line that is highlighted, among all lines."""
        return None

    def title(self, text: str, subtitle: str = "", *keys: Hint) -> None:
        """Write the title into the border; plain text, whatever is in it. Below it: the subtitle, what keys do. What of
        both is behind middle dots stands there as far as there is room."""
        self._titled = (text, subtitle, keys)
        self._write_border()

    def pressed(self, name: str) -> str:
        """How an action is called now: its key, by its id."""
        return self.app.get_key_display(usual(name))

    def rekeyed(self) -> None:
        """Write again what keys do: some of them are others now."""
        self._write_border()
        self.stale()

    def _write_border(self) -> None:
        title, subtitle, keys = self._titled
        said = "   ".join(filter(None, (subtitle, hints(keys, self.pressed))))
        room = self.outer_size.width - self.gutter.width - CORNERS
        if room > 0:  # it has a place
            title, said = whole(title, room) or title, whole(said, room)
        self.border_title = Content(visible(title)) if title else None
        self.border_subtitle = Content(visible(said)) if said else None

    def stale(self) -> None:
        """Draw again, because what is shown has changed."""
        self._lines = None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        drawn = self._drawn(width, height)
        base = self.visual_style.rich_style
        inks = self._ink_styles()
        index = y + self.top
        if index >= len(drawn):
            return Strip.blank(width, base)
        if index == self.cursor_line():
            base += self._cursor_style
        segments = [Segment(text, base + inks[ink]) for text, ink in drawn[index]]
        return Strip(segments).adjust_cell_length(width, base)

    def move(self, lines: int) -> None:
        """Scroll by lines; negative is up."""
        width, height = self.size
        last = max(len(self._drawn(width, height)) - height, 0)
        top = min(max(self.top + lines, 0), last)
        if top != self.top:
            self.top = top
            self.refresh()

    def page(self, direction: int) -> None:
        """Scroll by a screenful."""
        self.move(direction * max(self.size.height - 1, 1))

    def end(self, direction: int) -> None:
        """Scroll to the start (-1) or the end (1)."""
        self.move(direction * len(self._drawn(*self.size)))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-WHEEL_LINES)

    def on_resize(self) -> None:
        self.top = 0
        self._write_border()

    def _drawn(self, width: int, height: int) -> Sequence[Line]:
        if self._lines is None or self._lines_for != (width, height):
            self._lines = self._made(width, height) if width > 0 and height > 0 else ()
            self._lines_for = (width, height)
            self.top = min(self.top, max(len(self._lines) - height, 0))
        return self._lines

    def _made(self, width: int, height: int) -> Sequence[Line]:
        try:
            return self.lines(width, height)
        except Exception as failure:  # noqa: BLE001 - an outermost loop: one panel must not take the screen with it
            return failing.draw(failing.failed(failure), width)

    def notify_style_update(self) -> None:
        self._inks = None
        super().notify_style_update()

    def _ink_styles(self) -> dict[Ink, Style]:
        """The inks of the current theme, kept until Textual says that styles changed."""
        if self._inks is None:
            colour = not self.app.no_color
            self._inks = ink_styles(self.app.theme_variables, colour=colour)
            self._cursor_style = cursor_style(self.app.theme_variables, colour=colour)
        return self._inks


class Panel(Canvas, Generic[V]):
    """A view of the picture. Subclasses say what they look at (`select`) and how it is written (`draw`)."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.picture = Picture()
        self.view: V | None = None
        self._missing = ""
        self._failed = ""

    def select(self, picture: Picture) -> V:
        """The part of the picture that this panel shows: a value that compares equal while nothing changed."""
        raise NotImplementedError

    def draw(self, view: V, width: int, height: int, /) -> Sequence[Line]:
        """The view as lines for a content area of `width` × `height` cells."""
        raise NotImplementedError

    def show(self, picture: Picture) -> None:
        """Take in a picture, and repaint if the view of it is another one."""
        self.picture = picture
        self.reselect()

    def reselect(self) -> None:
        """Choose again from the same picture: a sort order, a metric or a filter changed."""
        before = self._failed
        try:
            view = self.select(self.picture)
            if view != self.view:
                self.view = view
                self.viewed(view)
                self.stale()
            self._failed = ""
        except Exception as failure:  # noqa: BLE001 - an outermost loop: one panel must not take the screen with it
            self._failed = failing.failed(failure)
        if self._failed != before:
            self.stale()

    def _made(self, width: int, height: int) -> Sequence[Line]:
        return failing.draw(self._failed, width) if self._failed else super()._made(width, height)

    def viewed(self, view: V) -> None:
        """Called when the view changed, before it is drawn; for titles."""

    @property
    def missing(self) -> str:
        """Why there is nothing to show although there is a picture; empty where there is something."""
        return self._missing

    @missing.setter
    def missing(self, why: str) -> None:
        if why != self._missing:
            self._missing = why
            self.stale()

    def lines(self, width: int, height: int, /) -> Sequence[Line]:
        if self.missing:
            return [[(piece, Ink.DIM)] for piece in wrap(self.missing, width, height)]
        return () if self.view is None else self.draw(self.view, width, height)
