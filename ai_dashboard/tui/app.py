"""The control centre: the app around the screens. It sees a `ControlPort` and nothing behind it."""

import gc
from enum import StrEnum
from typing import ClassVar

import textual
from rich.segment import Segments
from rich.traceback import Traceback
from textual import on
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.screen import ModalScreen, Screen

from ai_dashboard.core.control import ControlPort
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.core.screen import ScreenSettings
from ai_dashboard.tui.alerting import AlertWanted, about
from ai_dashboard.tui.feed import Feed
from ai_dashboard.tui.in_order import InOrder
from ai_dashboard.tui.keys import Scope, active_keys, bindings
from ai_dashboard.tui.keys.key import display_of
from ai_dashboard.tui.look import colourless, put_on
from ai_dashboard.tui.palette import Actions
from ai_dashboard.tui.panels.base import Canvas
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.screens.base import PictureScreen
from ai_dashboard.tui.screens.listing import FilterWanted, ListScreen
from ai_dashboard.tui.screens.overview import OverviewScreen
from ai_dashboard.tui.screens.record import PlanWanted, ReplayWanted
from ai_dashboard.tui.tabs import HOME, REQUESTS, ROUTING, Tab, tab_of
from ai_dashboard.tui.theme import DEFAULTS, THEMES, opposite

BLURRED_SLOWDOWN = 4
"""How many times slower the screen looks at the gateway while nobody looks at the screen."""


class Ending(StrEnum):
    """What shall be when the screen has ended."""

    QUIT = "quit"
    LEAVE = "leave"
    """The gateway goes on by itself."""
    DEMO = "demo"
    """The demo begins."""


class ControlCentre(InOrder):
    """The screen of a gateway. `settings` are how it looks until the gateway says otherwise; `compact` makes it small
    whatever the gateway says; `source` tells where the gateway is, if not here; `quit_asks` whether leaving
    while real requests are in flight takes a second key.

    Whoever makes the app owns the port, closes it after `run` has returned, and does what `ending` says then: `endings`
    are what can be done beside quitting.
    """

    TITLE = "ai-dashboard"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.APP, Scope.TRAVEL)
    COMMANDS: ClassVar[set[type[Provider]]] = {Actions}  # type: ignore[assignment]
    ENABLE_COMMAND_PALETTE = True
    ALLOW_SELECT = False

    def __init__(
        self,
        port: ControlPort,
        *,
        settings: ScreenSettings | None = None,
        compact: bool = False,
        source: str = "",
        quit_asks: bool = True,
        endings: frozenset[Ending] = frozenset(),
    ) -> None:
        super().__init__()
        self.animation_level = "none"
        for theme in THEMES:
            self.register_theme(theme)
        if self.no_color:
            self._filters = colourless(self._filters)
        self._settings = settings or ScreenSettings()
        put_on(self, self._settings, None)
        self.feed = Feed(port, self._published, interval_s=self._settings.refresh_s, source=source)
        self.ending = Ending.QUIT
        self.endings = endings
        self._port = port
        self._compact = compact
        self._quit_asks = quit_asks
        self._opened: dict[int, PictureScreen] = {}
        self._ticks = 0

    def get_default_screen(self) -> Screen[None]:
        return self._screen(HOME)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return DEFAULTS

    def on_mount(self) -> None:
        self._clock = self.set_interval(self._settings.refresh_s, self._tick)
        self._look()

    def on_ready(self) -> None:
        # What stands now stays until the end. Taking it out of the garbage collector's sight keeps its pauses, which
        # would hold up a gateway in the same process for tens of milliseconds, short.
        gc.collect()
        gc.freeze()

    def say(self, text: str) -> None:
        """Show for a while what an action did."""
        if isinstance(self.screen, PictureScreen):
            self.screen.say(text)

    def _look(self) -> None:
        # Not `poll()`: of a worker that an ending app never starts a coroutine would be left over.
        self.run_worker(self.feed.poll, group="feed")  # type: ignore[arg-type]  # Textual types the call, not its end

    def _tick(self) -> None:
        self._ticks += 1
        if self.app_focus or self._ticks % BLURRED_SLOWDOWN == 0:
            self.feed.publish()
            if not self.feed.busy:
                self._look()

    def _latest(self) -> Picture:
        return self.feed.picture

    def _published(self, picture: Picture) -> None:
        if (settings := self.feed.settings) is not None and settings != self._settings:
            self._adopt(settings)
        for screen in reversed(self.screen_stack):
            if isinstance(screen, PictureScreen):
                if screen.is_mounted:  # one that is still being made looks when it is
                    screen.show(picture)  # those beneath look when they are shown again
                return

    def _adopt(self, settings: ScreenSettings) -> None:
        """Look as the configuration says now."""
        before, self._settings = self._settings, settings
        put_on(self, settings, before)
        if settings.refresh_s != before.refresh_s:
            self._clock.stop()
            self._clock = self.set_interval(settings.refresh_s, self._tick)
        for screen in self._opened.values():
            screen.compact = self._compact or settings.compact
            screen.classify()
        if settings.keys != before.keys:
            for one in {*self._opened.values(), *self.screen_stack}:
                for canvas in one.query(Canvas):
                    canvas.rekeyed()

    def get_key_display(self, binding: Binding) -> str:
        """As it is to be pressed now: of several keys of the operator's own the first."""
        own = dict(self._settings.keys).get(binding.id or "", "")
        return display_of(own.split(",")[:1]) if own else super().get_key_display(binding)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "live":
                return self.feed.travelling
            case "travel" | "travel_to_mark":
                return parameters == (-1,) or self.feed.travelling
            case "zoom":
                return isinstance(self.screen, PictureScreen) and self.screen.zoomable()
            case "demo":
                welcoming = isinstance(self.screen, OverviewScreen) and self.screen.welcoming
                return welcoming and Ending.DEMO in self.endings
            case "hand_over":
                return Ending.LEAVE in self.endings
            case _:
                return True

    def action_zoom(self) -> None:
        if isinstance(self.screen, PictureScreen):
            self.screen.action_zoom()

    def action_travel(self, steps: int) -> None:
        """One moment back in time, or forth."""
        if not self.feed.travel(steps):
            self.say("nothing was seen before that")

    def action_travel_to_mark(self, steps: int) -> None:
        """To the mark before, or to the next one."""
        if not self.feed.travel_to_mark(steps):
            self.say("there is no mark before that")

    def action_live(self) -> None:
        self.feed.live()

    def action_refresh_now(self) -> None:
        """Probe the providers and look at once."""
        self.say("probing the providers …")
        self.run_worker(self._refresh(), group="refresh", exclusive=True)

    async def _refresh(self) -> None:
        self.say(await self.feed.probe())

    def action_toggle_pause(self) -> None:
        self.feed.toggle_pause()

    def action_next_theme(self) -> None:
        self.theme = opposite(self.current_theme)

    def action_show_screen(self, number: int) -> None:
        """Show the screen with this number in place of all that is shown; home stays beneath."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        if (screen := self._screen(tab_of(number))) is not self.screen:
            self.push_screen(screen)

    def _screen(self, tab: Tab) -> PictureScreen:
        """The screen of a tab, made when it is first asked for and kept from then on."""
        if tab.number not in self._opened:
            self._opened[tab.number] = tab.open(self._latest, self._port)
            self._opened[tab.number].compact = self._compact or self._settings.compact
            self.install_screen(self._opened[tab.number], tab.name)
        return self._opened[tab.number]

    @on(FilterWanted)
    def filter_requests(self, wanted: FilterWanted) -> None:
        """Show such requests."""
        self.action_show_screen(REQUESTS)
        if isinstance(self.screen, ListScreen):
            self.screen.filter_by(wanted.text)

    @on(PlanWanted)
    def plan_anew(self, wanted: PlanWanted) -> None:
        """Show where such a request would go now."""
        from ai_dashboard.tui.screens.routing import RoutingScreen

        self.action_show_screen(ROUTING)
        if isinstance(self.screen, RoutingScreen):
            self.screen.ask(wanted.facts, wanted.about)

    @on(ReplayWanted)
    def replay(self, wanted: ReplayWanted) -> None:
        """Ask a request again."""
        self.run_worker(self._replay(wanted.record), group="replay")

    async def _replay(self, record: RequestRecord) -> None:
        from ai_dashboard.tui.replaying import question, replayed

        model = await self.push_screen_wait(question(record))
        if model is not None:
            self.say(f"asking {model} again …")
            self.say(await replayed(self._port, record, model))

    def action_show_help(self) -> None:
        from ai_dashboard.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(active_keys(self.screen.active_bindings.values())))

    def action_show_config(self) -> None:
        from ai_dashboard.tui.screens.config import ConfigScreen

        if not isinstance(self.screen, ConfigScreen):
            self.push_screen(ConfigScreen(self._latest, self._port))

    async def action_quit(self) -> None:
        """Leave; where edits would be lost, or somebody waits for an answer, ask first."""
        screens = [screen for screen in self.screen_stack if isinstance(screen, PictureScreen)]
        unsaved = next((said for screen in screens if (said := screen.unsaved())), "")
        if not unsaved:
            self._quit()
            return
        from ai_dashboard.tui.screens.ask import ConfirmScreen

        if not isinstance(self.screen, ModalScreen):
            said = f"{unsaved}. Quit and lose them?"
            self.push_screen(ConfirmScreen("Quit?", said), lambda lose: self._quit() if lose else None)

    @on(AlertWanted)
    def about_alert(self, wanted: AlertWanted) -> None:
        """Do what somebody wants of an alert."""
        self.run_worker(about(self, self._port, wanted), group="alert")

    def action_demo(self) -> None:
        """Start the demo in place of this gateway."""
        self.end(Ending.DEMO)

    def action_hand_over(self) -> None:
        """Leave the gateway running, and quit."""
        self.end(Ending.LEAVE)

    def end(self, ending: Ending) -> None:
        """End the screen."""
        self.ending = ending
        self.exit()

    def _quit(self) -> None:
        in_flight = self.feed.in_flight
        if not self._quit_asks or not in_flight:
            self.end(Ending.QUIT)
            return
        from ai_dashboard.tui.screens.quit import QuitScreen

        if not isinstance(self.screen, QuitScreen):
            self.push_screen(QuitScreen(in_flight, can_leave=Ending.LEAVE in self.endings), self._answered)

    def _answered(self, answer: str | None) -> None:
        if answer in (Ending.QUIT, Ending.LEAVE):
            self.end(Ending(answer))

    def _fatal_error(self) -> None:
        """What ends the app is told without the values that were at hand: any of them may be a secret."""
        self.bell()
        traceback = Traceback(show_locals=False, suppress=[textual])
        self._exit_renderables.append(Segments(self.console.render(traceback, self.console.options)))
        self._close_messages_no_wait()

    def action_help_quit(self) -> None:
        self.say("press q to quit")
