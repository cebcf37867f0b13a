"""Providers: all of them in a table; the selected one in short below it."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from ai_dashboard.core.snapshot import ProviderView
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.panels.provider_card import ProviderCard
from ai_dashboard.tui.panels.provider_table import ProviderTable
from ai_dashboard.tui.panels.table import Moved, Opened
from ai_dashboard.tui.panels.tabs import TabLine
from ai_dashboard.tui.screens.operating import OperatingScreen
from ai_dashboard.tui.screens.provider import ProviderScreen


class ProvidersScreen(OperatingScreen):
    """The table and the card."""

    BINDINGS = bindings(Scope.VIEW, Scope.AWAY, Scope.PROVIDERS, Scope.OPERATE)
    AUTO_FOCUS = "#provider-table"
    home = "provider-table"

    def compose(self) -> ComposeResult:
        yield Header("header")
        yield TabLine(2)
        with Container(id="body"):
            yield ProviderTable("provider-table", classes="panel")
            yield ProviderCard("provider-card", classes="panel")
        yield NoticeLine("notice")
        yield FooterBar("footer")

    @property
    def table(self) -> ProviderTable:
        """The table."""
        return self.query_one(ProviderTable)

    def at_hand(self) -> ProviderView | None:
        return self.provider_named(self.table.selected)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.is_mounted and action == "open":
            return self.table.selected is not None
        return super().check_action(action, parameters)

    @on(Moved)
    def follow(self) -> None:
        """The card shows the selected provider."""
        card = self.query_one(ProviderCard)
        card.provider = self.table.selected
        card.reselect()

    @on(Opened)
    def action_open(self) -> None:
        """Everything about the selected provider."""
        if (name := self.table.selected) is not None:
            self.app.push_screen(ProviderScreen(self.latest, self.port, name))

    def action_sort(self) -> None:
        self.table.next_sort()
