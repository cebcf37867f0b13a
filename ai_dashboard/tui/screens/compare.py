"""Two requests on a screen of their own."""

from collections.abc import Callable

from textual.app import ComposeResult

from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.compare import ComparePanel
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.screens.base import PictureScreen


class CompareScreen(PictureScreen):
    """What tells two requests apart; it goes on while one of them runs."""

    BINDINGS = bindings(Scope.COMPARE)
    AUTO_FOCUS = "#request"
    home = "request"

    def __init__(self, latest: Callable[[], Picture], first: RequestRecord, second: RequestRecord) -> None:
        super().__init__(latest)
        self._panel = ComparePanel(first, second, "request")

    def compose(self) -> ComposeResult:
        yield Header("header")
        yield self._panel
        yield NoticeLine("notice")
        yield FooterBar("footer")
