"""What screens with a request list have in common: open, copy, follow and filter its requests."""

from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.filter import INPUT, FilterBar
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.requests import RequestsPanel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.screens.record import RecordScreen
from ai_dashboard.tui.screens.request import RequestScreen


class FilterWanted(Message):
    """Somebody wants to see the requests that such a filter lets pass."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class ListScreen(RecordScreen):
    """A screen with a `RequestsPanel` called `requests` and a `FilterBar`."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.LIST, Scope.VIEW)
    AUTO_FOCUS = "#requests"
    home = "requests"

    @property
    def requests(self) -> RequestsPanel:
        """The request list."""
        return self.query_one(RequestsPanel)

    @property
    def filter_bar(self) -> FilterBar:
        """Where a filter is typed."""
        return self.query_one(FilterBar)

    def chosen(self) -> RequestRecord | None:
        return self.requests.selected if self.requests.display else None

    def listed(self) -> tuple[RequestRecord, ...]:
        """Every request that could be in the list."""
        return self.requests.everything

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.is_mounted and action in ("follow", "filter"):
            return self.requests.display
        return super().check_action(action, parameters)

    @on(RequestsPanel.Opened)
    def action_open(self) -> None:
        """Show everything about the selected request."""
        if (record := self.chosen()) is not None:
            self.app.push_screen(RequestScreen(self.latest, record))

    def action_follow(self) -> None:
        self.requests.toggle_follow()

    def action_filter(self) -> None:
        """Ask for a filter."""
        self.filter_bar.open()
        self._tell()

    @on(Input.Changed, f"#{INPUT}")
    def search(self, event: Input.Changed) -> None:
        """Search while typing."""
        self.requests.search(event.value)
        self._tell()
        self.refresh_bindings()

    def action_complete_filter(self) -> None:
        self.filter_bar.complete()

    def action_keep_filter(self) -> None:
        """Close the line and keep what it says."""
        self.filter_bar.close()
        self.requests.focus()

    def filter_by(self, text: str) -> None:
        """Show what this filter lets pass; the screen may be on its way up still."""
        self.call_later(self._filter_by, text)

    def _filter_by(self, text: str) -> None:
        self.filter_bar.line.write(text)
        self.requests.search(text)
        self.action_keep_filter()
        self.refresh_bindings()

    def action_drop_filter(self) -> None:
        """Close the line and show all requests again."""
        self.filter_bar.line.value = ""
        self.action_keep_filter()

    def show(self, picture: Picture) -> None:
        super().show(picture)
        if self.filter_bar.is_open:
            self._tell()

    def _tell(self) -> None:
        requests = self.requests
        self.filter_bar.tell(requests.wrong, len(requests.view.rows if requests.view else ()), len(self.listed()))
