"""The overview: providers, machine, latency, alerts and the live request list on one screen."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Input

from ai_dashboard.tui.curl import curl_of
from ai_dashboard.tui.filter import FilterInput
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.alerts import AlertsPanel
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.panels.compact import CompactPanel
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.host import HostPanel
from ai_dashboard.tui.panels.latency import LatencyPanel
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.panels.providers import ProvidersPanel
from ai_dashboard.tui.panels.requests import RequestsPanel
from ai_dashboard.tui.screens.base import PictureScreen
from ai_dashboard.tui.screens.request import RequestScreen

ZOOMED = "-zoomed"
CHOSEN = "-chosen"


class OverviewScreen(PictureScreen):
    """The first screen."""

    BINDINGS = bindings(Scope.OVERVIEW)
    AUTO_FOCUS = "#requests"
    home = "requests"

    def compose(self) -> ComposeResult:
        yield Header("header")
        with Container(id="body"):
            yield CompactPanel("compact")
            yield ProvidersPanel("providers", classes="panel")
            yield HostPanel("host", classes="panel")
            yield LatencyPanel("latency", classes="panel")
            yield AlertsPanel("alerts", classes="panel")
            yield RequestsPanel("requests", classes="panel")
        yield FilterInput("filter")
        yield NoticeLine("notice")
        yield FooterBar("footer")

    @property
    def requests(self) -> RequestsPanel:
        """The request list."""
        return self.query_one(RequestsPanel)

    @property
    def zoomed(self) -> bool:
        """Whether one panel has the whole screen."""
        return self.has_class(ZOOMED)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        match action:
            case "open" | "copy":
                return self.requests.display and self.requests.selected is not None
            case "follow" | "filter":
                return self.requests.display
            case "back":
                return self.zoomed or bool(self.requests.needle)
            case "sort":
                return self.query_one(ProvidersPanel).display
            case "metric":
                return self.query_one(LatencyPanel).display
            case _:
                return True

    @on(RequestsPanel.Opened)
    def action_open(self) -> None:
        """Show everything about the selected request."""
        if (record := self.requests.selected) is not None:
            self.app.push_screen(RequestScreen(self.latest, record))

    def action_copy(self) -> None:
        """Put the selected request on the clipboard as a curl command."""
        snapshot = self.requests.picture.snapshot
        if (record := self.requests.selected) is not None and snapshot is not None:
            command = curl_of(snapshot.gateway, record)
            self.app.copy_to_clipboard(command)
            self.say(f"copied: {command}")

    def action_follow(self) -> None:
        self.requests.toggle_follow()

    def action_sort(self) -> None:
        self.query_one(ProvidersPanel).next_sort()

    def action_metric(self) -> None:
        self.query_one(LatencyPanel).next_metric()

    def action_zoom(self) -> None:
        """Give the body to the focused panel, or give it back to all."""
        panel = self.focused if isinstance(self.focused, Panel) else self.requests
        zoom = not self.zoomed
        for each in self.query(".panel"):
            each.set_class(zoom and each is panel, CHOSEN)
        self.set_class(zoom, ZOOMED)
        self.refresh_bindings()

    def action_back(self) -> None:
        """Undo the zoom, else drop the filter."""
        if self.zoomed:
            self.action_zoom()
        else:
            self.action_drop_filter()

    def action_filter(self) -> None:
        """Ask for a substring."""
        line = self.query_one(FilterInput)
        line.add_class("-open")
        line.focus()

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        """Search while typing."""
        self.requests.search(event.value)
        self.refresh_bindings()

    def action_keep_filter(self) -> None:
        """Close the line and keep what it says."""
        self.query_one(FilterInput).remove_class("-open")
        self.requests.focus()

    def action_drop_filter(self) -> None:
        """Close the line and show all requests again."""
        self.query_one(FilterInput).value = ""
        self.action_keep_filter()
