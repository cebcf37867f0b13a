"""Cache and queue: what is known already, what that saves, and who waits for what is not."""

from collections import Counter
from collections.abc import Callable

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container

from ai_dashboard.core.cache import CacheView
from ai_dashboard.core.control import ControlPort
from ai_dashboard.core.history import Window
from ai_dashboard.core.queue import QueueView
from ai_dashboard.tui.feed import Unreachable, reason
from ai_dashboard.tui.format import plural
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.cache_course import CacheCourse
from ai_dashboard.tui.panels.cache_figures import CacheFiguresPanel
from ai_dashboard.tui.panels.cache_near import NearMisses
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.panels.queue_course import QueueCourse
from ai_dashboard.tui.panels.queue_lines import QueueLines
from ai_dashboard.tui.panels.queue_places import QueuePlaces
from ai_dashboard.tui.panels.table import Opened
from ai_dashboard.tui.panels.tabs import TabLine
from ai_dashboard.tui.past import Heard, unrecorded
from ai_dashboard.tui.picture import Freshness, Picture
from ai_dashboard.tui.query import quoted
from ai_dashboard.tui.screens.ask import ConfirmScreen
from ai_dashboard.tui.screens.base import PictureScreen
from ai_dashboard.tui.screens.line import LineScreen
from ai_dashboard.tui.screens.listing import FilterWanted
from ai_dashboard.tui.tabs import Latest

CACHED = "cached:*"
"""The filter that lets those pass that were answered from the cache."""


class CacheScreen(PictureScreen):
    """What happened over the window is asked for only while this screen is shown, once a picture."""

    BINDINGS = bindings(Scope.VIEW, Scope.AWAY, Scope.CACHE)
    AUTO_FOCUS = "#queue-lines"
    home = "queue-lines"

    def __init__(self, latest: Latest, port: ControlPort) -> None:
        super().__init__(latest)
        self._port = port
        self._window = Window.FIVE
        self._heard: Heard[Window, tuple[CacheView, QueueView]] = Heard()
        self._cache: CacheView | None = None
        self._asking = False

    def compose(self) -> ComposeResult:
        yield Header("header")
        yield TabLine(6)
        with Container(id="body"):
            yield CacheCourse("cache-course", classes="panel")
            yield CacheFiguresPanel("cache-figures", classes="panel")
            yield NearMisses("cache-near", classes="panel")
            yield QueueCourse("queue-course", classes="panel")
            yield QueuePlaces("queue-places", classes="panel")
            yield QueueLines("queue-lines", classes="panel")
        yield NoticeLine("notice")
        yield FooterBar("footer")

    def show(self, picture: Picture) -> None:
        self._fit(picture)
        super().show(picture)
        if picture.freshness is Freshness.LIVE and not self._asking:
            self._ask()

    @work(group="cache")
    async def _ask(self) -> None:
        self._asking = True
        try:
            cache, queue = await self._port.cache(self._window), await self._port.queue(self._window)
        except Unreachable:
            return  # the header says that the gateway is gone
        finally:
            self._asking = False
        if {cache.window, queue.window} != {self._window}:
            self._ask()
            return
        self._heard.add(cache.window, cache.at, (cache, queue))
        self._refit()

    def _fit(self, picture: Picture) -> None:
        """Hand the panels what belongs to a picture: the newest answer, or what was heard then."""
        self._cache, queue = self._heard.fitting(self._window, picture) or (None, None)
        missing = unrecorded(picture) if self._cache is None else ""
        for panel in (self.query_one(CacheCourse), self.query_one(CacheFiguresPanel), self.query_one(NearMisses)):
            panel.cache = self._cache
        for line in (self.query_one(QueueLines), self.query_one(QueueCourse), self.query_one(QueuePlaces)):
            line.queue = queue
        # The other two have something to say all the same: of what the picture holds.
        self.query_one(CacheCourse).missing = self.query_one(NearMisses).missing = missing
        self.query_one(QueueLines).missing = self.query_one(QueuePlaces).missing = missing

    def _refit(self) -> None:
        """The same for the picture that is shown."""
        self._fit(self.latest())
        for panel in self.panels():
            panel.reselect()
        self.refresh_bindings()

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        match action:
            case "open":
                return self._wanted() is not None
            case "forget" | "forget_all":
                return self._holds() and not self.latest().is_past
            case "clear":
                return not self.latest().is_past
            case _:
                return True

    def _holds(self) -> bool:
        """Whether there may be anything to forget: a cache that was switched off holds what it had."""
        figures = self._cache.figures if self._cache is not None else None
        return figures is not None and (figures.enabled or figures.exact.entries > 0)

    def _wanted(self) -> str | None:
        """The filter for what the focused panel is about."""
        lines = self.query_one(QueueLines)
        if self.focused is lines and lines.selected is not None:
            provider, model = lines.selected
            return f"provider:{quoted(provider)} model:{quoted(model)}"
        return CACHED if self._holds() else None

    @on(Opened)
    def action_open(self) -> None:
        """The requests behind it."""
        if (text := self._wanted()) is not None:
            self.post_message(FilterWanted(text))

    def action_window(self, step: int) -> None:
        """The next window, or the one before."""
        windows = list(Window)
        self._window = windows[(windows.index(self._window) + step) % len(windows)]
        self.query_one(CacheCourse).window = self.query_one(QueueCourse).window = self._window
        self._heard.drop_newest()
        self._refit()
        if not self.latest().is_past:
            self._ask()

    def action_forget(self) -> None:
        """Ask for a model, and forget its answers."""

        def named(model: str | None) -> None:
            if model is not None:
                self._forget(model.strip())

        said = "as callers name it; those of all tenants go, from memory and from Redis"
        self.app.push_screen(LineScreen("Forget the answers of", said, self._likely(), "forget", unnamed), named)

    def _likely(self) -> str:
        """The model that most answers from the cache were asked of."""
        asked = Counter(record.asked for record in self.latest().records if record.cached)
        return next((model for model, _ in asked.most_common(1)), "")

    def action_forget_all(self) -> None:
        """Forget all answers, once somebody has said yes."""
        said = "All cached answers go, of all models and tenants, here and in Redis. Nothing brings them back."
        self._confirmed("Forget all answers?", said, lambda: self._forget(None))

    def action_clear(self) -> None:
        """Clear what is expired, once somebody has said yes."""
        said = (
            "Cached answers whose time is over go now, and not when they are asked for; requests that wait past their "
            "deadline are told so."
        )
        self._confirmed("Clear what is expired?", said, self._clear)

    def _confirmed(self, title: str, said: str, do: Callable[[], object]) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                do()

        self.app.push_screen(ConfirmScreen(title, said), answered)

    @work(group="forget")
    async def _forget(self, model: str | None) -> None:
        try:
            gone = await self._port.invalidate(model)
        except Unreachable as failure:
            self.say(f"not forgotten: {reason(failure)}")
            return
        later = "" if gone.complete else " · Redis cannot be asked now, it is told when it is back"
        what = "" if model is None else f" of {model}"
        self.say(f"forgotten: {plural(gone.exact, 'answer')}{what}, {gone.semantic:,} by meaning{later}")
        self._ask()

    @work(group="forget")
    async def _clear(self) -> None:
        try:
            entries, requests = await self._port.clear_expired()
        except Unreachable as failure:
            self.say(f"not cleared: {reason(failure)}")
            return
        answers = plural(entries.exact + entries.semantic, "expired answer")
        self.say(f"cleared: {answers}, {plural(requests.expired, 'request')} past the deadline")
        self._ask()


def unnamed(model: str) -> str:
    """Why this is no model, in words; empty when it may be one."""
    return "" if model.strip() else "write the name of a model; I forgets the answers of all"
