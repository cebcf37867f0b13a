"""The live inspector: the request list with the whole screen, sorted, compared and written to files."""

import asyncio

from textual import work
from textual.app import ComposeResult

from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.export import place_of, refusal, write
from ai_dashboard.tui.filter import FilterBar
from ai_dashboard.tui.format import plural
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.panels.requests import RequestsPanel
from ai_dashboard.tui.panels.tabs import TabLine
from ai_dashboard.tui.requesting import root_url
from ai_dashboard.tui.screens.ask import ConfirmScreen
from ai_dashboard.tui.screens.compare import CompareScreen
from ai_dashboard.tui.screens.line import LineScreen
from ai_dashboard.tui.screens.listing import ListScreen

FILE = "requests.har"


class RequestsScreen(ListScreen):
    """The list and what can be done with it."""

    BINDINGS = bindings(Scope.INSPECTOR)

    def compose(self) -> ComposeResult:
        yield Header("header")
        yield TabLine(4)
        yield RequestsPanel("requests", classes="panel")
        yield FilterBar(self.listed)
        yield NoticeLine("notice")
        yield FooterBar("footer")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        match action:
            case "compare":
                return self.chosen() is not None
            case "export":
                # A browser would have the file on the gateway's machine, which nobody in front of it expects.
                return self.chosen() is not None and not self.app.is_web
            case _:
                return super().check_action(action, parameters)

    def action_sort(self) -> None:
        self.requests.next_sort()

    async def action_back(self) -> None:
        """Drop the mark, else the filter, else go back to the overview."""
        if self.requests.marked is not None:
            self.requests.mark(None)
        elif self.requests.filter.text:
            self.action_drop_filter()
        else:
            await self.run_action("app.show_screen(1)")

    def action_compare(self) -> None:
        """Mark the selected request, or compare it with the marked one."""
        record, marked = self.chosen(), self.requests.marked
        if record is None:
            return
        if marked is None:
            self.requests.mark(record)
            self.say(f"marked {record.id}: m on another one compares them, esc drops the mark")
        elif marked.id == record.id:
            self.requests.mark(None)
            self.say(f"{record.id} is no longer marked")
        else:
            self.app.push_screen(CompareScreen(self.latest, marked, record))
        self.refresh_bindings()

    def action_export(self) -> None:
        """Write the listed requests to a file."""
        view, snapshot = self.requests.view, self.latest().snapshot
        if view is not None and view.rows and snapshot is not None:
            self._export(view.rows, root_url(snapshot.gateway))

    @work(group="export", exclusive=True)
    async def _export(self, rows: tuple[RequestRecord, ...], root: str) -> None:
        said = f"{plural(len(rows), 'request')}: .har for the network panel of a browser, or .jsonl"
        path = await self.app.push_screen_wait(LineScreen("Export to", said, FILE, "write", refusal))
        if path is None:
            return
        place = place_of(path)
        replace = place.exists()
        if replace and not await self.app.push_screen_wait(ConfirmScreen("Replace it?", f"{place} is there already.")):
            self.say("nothing was written")
            return
        try:
            await asyncio.to_thread(write, place, rows, root, replace=replace)
        except OSError as failure:
            self.say(f"nothing was written to {place}: {failure.strerror or failure}")
        else:
            self.say(f"wrote {plural(len(rows), 'request')} to {place.absolute()}")
