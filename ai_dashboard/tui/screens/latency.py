"""Latency: every model at every provider over a window, and a chart of one or two of them."""

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container

from ai_dashboard.core.control import ControlPort
from ai_dashboard.core.history import HistoryView, SeriesKey, Window
from ai_dashboard.tui.feed import Unreachable
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.latency_chart import LatencyChart
from ai_dashboard.tui.panels.latency_table import LatencyTable, ordered
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.panels.table import Opened
from ai_dashboard.tui.panels.tabs import TabLine
from ai_dashboard.tui.past import Heard, unrecorded
from ai_dashboard.tui.picture import Freshness, Picture
from ai_dashboard.tui.screens.base import PictureScreen
from ai_dashboard.tui.tabs import Latest

OVERLAID = 2
"""Series in one chart: more could not be told apart without colour."""


class LatencyScreen(PictureScreen):
    """Table above, chart below. What is measured is asked for only while this screen is shown, once a picture."""

    BINDINGS = bindings(Scope.VIEW, Scope.AWAY, Scope.LATENCY)
    AUTO_FOCUS = "#latency-table"
    home = "latency-table"

    def __init__(self, latest: Latest, port: ControlPort) -> None:
        super().__init__(latest)
        self._port = port
        self._asking = False
        self._heard: Heard[Window, HistoryView] = Heard()

    def compose(self) -> ComposeResult:
        yield Header("header")
        yield TabLine(3)
        with Container(id="body"):
            yield LatencyTable("latency-table", classes="panel")
            yield LatencyChart("latency-chart", classes="panel")
        yield NoticeLine("notice")
        yield FooterBar("footer")

    @property
    def table(self) -> LatencyTable:
        """The table."""
        return self.query_one(LatencyTable)

    @property
    def chart(self) -> LatencyChart:
        """The chart."""
        return self.query_one(LatencyChart)

    def show(self, picture: Picture) -> None:
        history = self._heard.fitting(self.table.window, picture)
        self._put(history)
        self.table.missing = self.chart.missing = unrecorded(picture) if history is None else ""
        super().show(picture)
        if picture.freshness is Freshness.LIVE and not self._asking:
            self._ask()

    @work(group="history")
    async def _ask(self) -> None:
        self._asking = True
        try:
            history = await self._port.history(self.table.window, self.table.chosen)
        except Unreachable:
            return  # the header says that the gateway is gone
        finally:
            self._asking = False
        if history.window is not self.table.window:
            self._ask()
            return
        self._heard.add(history.window, history.at, history)
        if self.latest().is_past:
            return
        self._put(history)
        if not self.table.chosen and history.series:
            self._choose((ordered(history)[0].key,))
        self._reselect()

    def _put(self, history: HistoryView | None) -> None:
        for panel in (self.table, self.chart):
            panel.history = history

    def _reselect(self) -> None:
        self.table.reselect()
        self.chart.reselect()
        self.refresh_bindings()

    def _choose(self, keys: tuple[SeriesKey, ...]) -> None:
        """Show these in the chart, once their course is known."""
        for panel in (self.table, self.chart):
            panel.chosen = keys
        self._ask()

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        return self.table.selected is not None if action == "open" else True

    @on(Opened)
    def action_open(self) -> None:
        """Into the chart, or out of it; a third series takes the place of the second."""
        key, chosen = self.table.selected, tuple(self.table.chosen)
        if key is None:
            return
        if key in chosen:
            self._choose(tuple(other for other in chosen if other != key) or chosen)
        else:
            self._choose((*chosen[: OVERLAID - 1], key))
        self._reselect()

    def action_window(self, step: int) -> None:
        """The next window, or the one before."""
        windows = list(Window)
        window = windows[(windows.index(self.table.window) + step) % len(windows)]
        self.table.window = self.chart.window = window
        self._heard.drop_newest()
        self.show(self.latest())
        self._reselect()
        self._ask()

    def action_measure(self) -> None:
        """First token, whole answer, tokens a second."""
        self.chart.measure = self.chart.measure.next
        self._reselect()

    def action_boxes(self) -> None:
        """Over time, or how values are spread."""
        self.chart.kind = self.chart.kind.next
        self._reselect()
