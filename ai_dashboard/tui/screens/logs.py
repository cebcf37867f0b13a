"""Logs and alerts: what the gateway tells of itself, what somebody should look at, and who changed what."""

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import Input

from ai_dashboard.core.control import ControlPort
from ai_dashboard.tui.feed import Unreachable
from ai_dashboard.tui.format import plural
from ai_dashboard.tui.ink import Ink
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.alert_list import AlertList
from ai_dashboard.tui.panels.audit_trail import AuditPanel
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.log_tail import REMEMBERED, LogTail
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.panels.tabs import TabLine
from ai_dashboard.tui.picture import Freshness, Picture
from ai_dashboard.tui.screens.base import PictureScreen
from ai_dashboard.tui.screens.provider import ProviderScreen
from ai_dashboard.tui.screens.request import RequestScreen
from ai_dashboard.tui.tabs import Latest
from ai_dashboard.tui.typed_line import TypedLine, TypingBar

INPUT = "log-filter"

AUDIT_EVERY = 5
"""Pictures between two looks at the audit log: it is read from a disk."""

AUDIT_ENTRIES = 200


class LogFilter(TypedLine):
    """The line in which words are typed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FILTER)


class LogsScreen(PictureScreen):
    """Events are asked for with every new picture, and only while this screen is shown."""

    BINDINGS = bindings(Scope.VIEW, Scope.AWAY, Scope.LOGS)
    AUTO_FOCUS = "#log-tail"
    home = "log-tail"

    def __init__(self, latest: Latest, port: ControlPort) -> None:
        super().__init__(latest)
        self._port = port
        self._asking = False
        self._looks = 0

    def compose(self) -> ComposeResult:
        yield Header("header")
        yield TabLine(9)
        with Container(id="body"):
            yield LogTail("log-tail", classes="panel")
            yield AlertList("alert-list", classes="panel")
            yield AuditPanel("audit-trail", classes="panel")
        yield TypingBar(LogFilter(INPUT, placeholder="words that an event holds; -word leaves out"))
        yield NoticeLine("notice")
        yield FooterBar("footer")

    @property
    def tail(self) -> LogTail:
        """The events."""
        return self.query_one(LogTail)

    @property
    def bar(self) -> TypingBar:
        """Where a filter is typed."""
        return self.query_one(TypingBar)

    def show(self, picture: Picture) -> None:
        super().show(picture)
        # Events and changes tell themselves when they were: one answer is enough for all the past.
        unheard = picture.is_past and self.tail.store.told is None
        if (picture.freshness is Freshness.LIVE or unheard) and not self._asking:
            self._ask()

    @work(group="logs")
    async def _ask(self) -> None:
        self._asking = True
        try:
            self.tail.store.add(await self._port.logs(self.tail.store.after, REMEMBERED))
            if self._looks % AUDIT_EVERY == 0:
                self.query_one(AuditPanel).trail = await self._port.audit(AUDIT_ENTRIES)
        except Unreachable:
            return  # the header says that the gateway is gone
        finally:
            self._asking = False
        self._looks += 1
        self.tail.reselect()
        self.query_one(AuditPanel).reselect()
        self._tell()
        self.refresh_bindings()

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted or action != "open":
            return True
        event = self.tail.selected
        return self.target() is self.tail and event is not None and bool(event.request_id or event.provider)

    @on(LogTail.Opened)
    def action_open(self) -> None:
        """The request that an event is about, as long as it is remembered; else the provider."""
        event, picture = self.tail.selected, self.latest()
        if event is None:
            return
        record = picture.find(event.request_id) if event.request_id else None
        known = picture.snapshot.providers if picture.snapshot is not None else ()
        if record is not None:
            self.app.push_screen(RequestScreen(self.latest, record))
        elif event.provider and any(one.name == event.provider for one in known):
            self.app.push_screen(ProviderScreen(self.latest, self._port, event.provider))
        else:
            self.say(f"nothing is remembered of {event.request_id or event.provider} any more")

    def action_level(self) -> None:
        """Only what matters more."""
        self.tail.next_level()
        self.say(f"events of level {self.tail.level} and above")

    def action_follow(self) -> None:
        self.tail.toggle_follow()

    async def action_go_home(self) -> None:
        """Drop the filter, else what every screen does."""
        if self.tail.text and not self.zoomed:
            self.action_drop_filter()
        else:
            await super().action_go_home()

    def action_filter(self) -> None:
        """Ask for words."""
        self.bar.open()
        self._tell()

    @on(Input.Changed, f"#{INPUT}")
    def search(self, event: Input.Changed) -> None:
        """Search while typing."""
        self.tail.search(event.value)
        self._tell()

    def action_complete_filter(self) -> None:
        self.bar.complete()

    def action_keep_filter(self) -> None:
        """Close the line and keep what it says."""
        self.bar.close()
        self.tail.focus()

    def action_drop_filter(self) -> None:
        """Close the line and show all events again."""
        self.bar.line.value = ""
        self.tail.search("")
        self.action_keep_filter()

    def _tell(self) -> None:
        if self.bar.is_open and (view := self.tail.view) is not None:
            found = len(view.rows or ())
            self.bar.hint([(f"{found:,} of {plural(view.of, 'event')} match", Ink.DIM)], ())
