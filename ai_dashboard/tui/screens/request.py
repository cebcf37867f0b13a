"""One request on a screen of its own."""

from collections.abc import Callable

from textual.app import ComposeResult

from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.panels.request import RequestPanel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.screens.record import RecordScreen


class RequestScreen(RecordScreen):
    """What a request went through; it goes on while the request runs."""

    BINDINGS = bindings(Scope.REQUEST)
    AUTO_FOCUS = "#request"
    home = "request"

    def __init__(self, latest: Callable[[], Picture], record: RequestRecord) -> None:
        super().__init__(latest)
        self._record = record

    def compose(self) -> ComposeResult:
        yield Header("header")
        yield RequestPanel(self._record, "request")
        yield NoticeLine("notice")
        yield FooterBar("footer")

    def chosen(self) -> RequestRecord:
        return self.query_one(RequestPanel).record
