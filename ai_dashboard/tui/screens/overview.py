"""The overview: providers, machine, latency, alerts and the live request list on one screen."""

from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from ai_dashboard.tui.filter import FilterBar
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.alerts import AlertsPanel
from ai_dashboard.tui.panels.compact import CompactPanel
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.gauges import GaugesPanel
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.host import HostPanel
from ai_dashboard.tui.panels.latency import LatencyPanel
from ai_dashboard.tui.panels.money import MoneyPanel
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.panels.providers import ProvidersPanel
from ai_dashboard.tui.panels.requests import RequestsPanel
from ai_dashboard.tui.panels.status_lines import StatusLines
from ai_dashboard.tui.panels.tabs import TabLine
from ai_dashboard.tui.panels.welcome import WelcomePanel, is_first_run
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.screens.listing import ListScreen

WELCOME = "-welcome"
NOBODY = "-nobody"


class OverviewScreen(ListScreen):
    """The first screen. On the first run a welcome stands where there is nothing to show yet."""

    BINDINGS = bindings(Scope.OVERVIEW)
    _welcomes = True

    def compose(self) -> ComposeResult:
        yield Header("header")
        yield TabLine(1)
        with Container(id="body"):
            yield CompactPanel("compact")
            yield StatusLines("status-lines")
            yield ProvidersPanel("providers", classes="panel")
            yield HostPanel("host", classes="panel")
            yield GaugesPanel("gauges", classes="panel")
            yield LatencyPanel("latency", classes="panel")
            yield MoneyPanel("money", classes="panel")
            yield AlertsPanel("alerts", classes="panel")
            yield RequestsPanel("requests", classes="panel")
            yield WelcomePanel("welcome", classes="panel")
        yield FilterBar(self.listed)
        yield NoticeLine("notice")
        yield FooterBar("footer")

    @property
    def welcoming(self) -> bool:
        """Whether the welcome is shown."""
        return self.has_class(WELCOME)

    def show(self, picture: Picture) -> None:
        welcome = self._welcomes and is_first_run(picture)
        self.set_class(welcome, WELCOME)
        self.set_class(welcome and not (picture.snapshot and picture.snapshot.providers), NOBODY)
        super().show(picture)

    def target(self) -> Widget | None:
        lines = self.query_one(StatusLines)
        return lines if lines.display else super().target()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        match action:
            case "back":
                return self.zoomed or self.welcoming or bool(self.requests.filter.text)
            case "sort":
                return self.query_one(ProvidersPanel).display
            case "metric":
                return self.query_one(LatencyPanel).display
            case _:
                return super().check_action(action, parameters)

    def action_sort(self) -> None:
        self.query_one(ProvidersPanel).next_sort()

    def action_metric(self) -> None:
        self.query_one(LatencyPanel).next_metric()

    def action_back(self) -> None:
        """Undo the zoom, else hide the welcome, else drop the filter."""
        if self.zoomed:
            self.action_zoom()
        elif self.welcoming:
            self._welcomes = False
            self.show(self.latest())
        else:
            self.action_drop_filter()
