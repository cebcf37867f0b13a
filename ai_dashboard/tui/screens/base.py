"""What screens that show the gateway have in common: a header, news, a footer, the class of their size, the zoom."""

from collections.abc import Callable, Iterator

from textual import events
from textual.await_remove import AwaitRemove
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.layout import SizeClass, size_class
from ai_dashboard.tui.panels.base import Canvas, Panel
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.picture import Picture

ZOOMED = "-zoomed"
CHOSEN = "-chosen"
PANELS = ".panel"


class PictureScreen(Screen[None]):
    """A screen of panels. `latest` gives its first picture; `home` is the panel that moving keys act on when nothing is
    focused. Panels of the class `panel` in a container called `body` can be zoomed."""

    BINDINGS = bindings(Scope.SCROLL)
    home = ""
    compact = False
    """Whether it shows no more than the smallest terminal would, however much room there is."""

    def __init__(self, latest: Callable[[], Picture]) -> None:
        super().__init__()
        self.latest = latest

    def on_mount(self) -> None:
        self.classify()
        self.show(self.latest())

    def on_screen_resume(self) -> None:
        # A screen that is not shown hears of no picture, and of no other size.
        if self.is_mounted:
            self.classify()
            self.show(self.latest())

    def show(self, picture: Picture) -> None:
        """Hand the picture to every panel, and let the keys follow what is possible now."""
        for panel in self.panels():
            panel.show(picture)
        self.refresh_bindings()

    def remove(self) -> AwaitRemove:
        """Take it away. Whoever works for it stops first: an answer that comes while its parts are being taken away
        would find none of them."""
        self.workers.cancel_node(self)
        return super().remove()

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
        self.classify(event.size)

    def target(self) -> Widget | None:
        """What the moving keys act on."""
        return self.focused or (self.query_one(f"#{self.home}") if self.home else None)

    @property
    def zoomed(self) -> bool:
        """Whether one panel has the whole body."""
        return self.has_class(ZOOMED)

    def zoomable(self) -> bool:
        """Whether there is more than one panel to choose from."""
        return self.zoomed or sum(panel.display for panel in self.query(PANELS)) > 1

    def action_zoom(self) -> None:
        """Give the body to the focused panel, or give it back to all."""
        if not self.zoomable():
            return
        target = self.target()
        chosen = target if target is not None and target.has_class("panel") else self.query(PANELS).first()
        zoom = not self.zoomed
        for panel in self.query(PANELS):
            panel.set_class(zoom and panel is chosen, CHOSEN)
        self.set_class(zoom, ZOOMED)
        self.refresh_bindings()

    async def action_go_home(self) -> None:
        """Undo the zoom, else go back to the overview."""
        if self.zoomed:
            self.action_zoom()
        else:
            await self.run_action("app.show_screen(1)")

    def action_move(self, lines: int) -> None:
        if isinstance(panel := self.target(), Canvas):
            panel.move(lines)

    def action_page(self, direction: int) -> None:
        if isinstance(panel := self.target(), Canvas):
            panel.page(direction)

    def action_end(self, direction: int) -> None:
        if isinstance(panel := self.target(), Canvas):
            panel.end(direction)

    def classify(self, size: Size | None = None) -> None:
        """Carry the class of a size, or of the terminal's."""
        size = size or self.app.size
        now = SizeClass.TINY if self.compact else size_class(size.width, size.height)
        if not self.has_class(now.value):
            self.remove_class(*(one.value for one in SizeClass), update=False)  # styles are worked out once
            self.add_class(now.value)
