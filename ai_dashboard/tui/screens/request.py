"""One request on a screen of its own."""

from collections.abc import Callable

from textual.app import ComposeResult

from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.curl import curl_of
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.panels.request import RequestPanel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.screens.base import PictureScreen


class RequestScreen(PictureScreen):
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

    def action_copy(self) -> None:
        """Put the request on the clipboard as a curl command."""
        panel = self.query_one(RequestPanel)
        if panel.picture.snapshot is not None:
            command = curl_of(panel.picture.snapshot.gateway, panel.record)
            self.app.copy_to_clipboard(command)
            self.say(f"copied: {command}")
