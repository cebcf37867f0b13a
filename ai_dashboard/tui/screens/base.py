"""What screens that show the gateway have in common: a header, news, a footer, and the class of their size."""

from collections.abc import Callable, Iterator

from textual import events
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.layout import SizeClass, size_class
from ai_dashboard.tui.panels.base import Canvas, Panel
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.picture import Picture


class PictureScreen(Screen[None]):
    """A screen of panels. `latest` gives its first picture; `home` is the panel that moving keys act on when nothing is
    focused."""

    BINDINGS = bindings(Scope.SCROLL)
    home = ""

    def __init__(self, latest: Callable[[], Picture]) -> None:
        super().__init__()
        self.latest = latest

    def on_mount(self) -> None:
        self._classify(self.app.size)
        self.show(self.latest())

    def on_screen_resume(self) -> None:
        # A screen that is not shown hears of no picture, and of no other size.
        self._classify(self.app.size)
        self.show(self.latest())

    def show(self, picture: Picture) -> None:
        """Hand the picture to every panel, and let the keys follow what is possible now."""
        for panel in self.panels():
            panel.show(picture)
        self.refresh_bindings()

    def unsaved(self) -> str:
        """What would be lost with this screen, in words; empty when that is nothing."""
        return ""

    def panels(self) -> Iterator["Panel[object]"]:
        """Every panel on this screen."""
        yield from self.query(Panel)

    def say(self, text: str) -> None:
        """Show what an action did in the line of news."""
        for line in self.query(NoticeLine):
            line.say(text)

    def on_resize(self, event: events.Resize) -> None:
        self._classify(event.size)

    def target(self) -> Widget | None:
        """What the moving keys act on."""
        return self.focused or (self.query_one(f"#{self.home}") if self.home else None)

    def action_move(self, lines: int) -> None:
        if isinstance(panel := self.target(), Canvas):
            panel.move(lines)

    def action_page(self, direction: int) -> None:
        if isinstance(panel := self.target(), Canvas):
            panel.page(direction)

    def action_end(self, direction: int) -> None:
        if isinstance(panel := self.target(), Canvas):
            panel.end(direction)

    def _classify(self, size: Size) -> None:
        now = size_class(size.width, size.height)
        for one in SizeClass:
            self.set_class(one is now, one.value)
