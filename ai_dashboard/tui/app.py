"""The control centre: the app around the screens. It sees a `ControlPort` and nothing behind it."""

import gc
from typing import ClassVar

from textual import on
from textual.app import App
from textual.binding import BindingType
from textual.command import Provider
from textual.screen import ModalScreen, Screen

from ai_dashboard.core.control import ControlPort
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.feed import Feed
from ai_dashboard.tui.keys import Scope, active_keys, bindings
from ai_dashboard.tui.palette import Actions
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.screens.base import PictureScreen
from ai_dashboard.tui.screens.record import PlanWanted, ReplayWanted
from ai_dashboard.tui.tabs import HOME, ROUTING, Tab, tab_of
from ai_dashboard.tui.theme import DARK, DEFAULTS, LIGHT, THEMES

BLURRED_SLOWDOWN = 4
"""How many times slower the screen looks at the gateway while nobody looks at the screen."""


class ControlCentre(App[None]):
    """The screen of a gateway. `interval_s` is the time between two looks at it; `source` tells where it is, if not
    here; `quit_asks` whether leaving while real requests are in flight takes a second key.

    Whoever makes the app owns the port and closes it after `run` has returned.
    """

    TITLE = "ai-dashboard"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.APP)
    COMMANDS: ClassVar[set[type[Provider]]] = {Actions}  # type: ignore[assignment]
    ENABLE_COMMAND_PALETTE = True
    ALLOW_SELECT = False

    def __init__(self, port: ControlPort, *, interval_s: float = 1.0, source: str = "", quit_asks: bool = True) -> None:
        super().__init__()
        self.animation_level = "none"
        for theme in THEMES:
            self.register_theme(theme)
        if self.theme == "textual-dark":
            self.theme = DARK.name
        self.feed = Feed(port, self._published, interval_s=interval_s, source=source)
        self._port = port
        self._interval_s = interval_s
        self._quit_asks = quit_asks
        self._opened: dict[int, PictureScreen] = {}
        self._ticks = 0

    def get_default_screen(self) -> Screen[None]:
        return self._screen(HOME)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return DEFAULTS

    def on_mount(self) -> None:
        self.set_interval(self._interval_s, self._tick)
        self.run_worker(self.feed.poll(), group="feed")

    def on_ready(self) -> None:
        # What stands now stays until the end. Taking it out of the garbage collector's sight keeps its pauses, which
        # would hold up a gateway in the same process for tens of milliseconds, short.
        gc.collect()
        gc.freeze()

    def say(self, text: str) -> None:
        """Show for a while what an action did."""
        if isinstance(self.screen, PictureScreen):
            self.screen.say(text)

    def _tick(self) -> None:
        self._ticks += 1
        if self.app_focus or self._ticks % BLURRED_SLOWDOWN == 0:
            self.feed.publish()
            if not self.feed.busy:
                self.run_worker(self.feed.poll(), group="feed")

    def _latest(self) -> Picture:
        return self.feed.picture

    def _published(self, picture: Picture) -> None:
        for screen in reversed(self.screen_stack):
            if isinstance(screen, PictureScreen):
                screen.show(picture)  # those beneath look when they are shown again
                return

    def action_refresh_now(self) -> None:
        """Probe the providers and look at once."""
        self.say("probing the providers …")
        self.run_worker(self._refresh(), group="refresh", exclusive=True)

    async def _refresh(self) -> None:
        self.say(await self.feed.probe())

    def action_toggle_pause(self) -> None:
        self.feed.toggle_pause()

    def action_next_theme(self) -> None:
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name

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
            self.install_screen(self._opened[tab.number], tab.name)
        return self._opened[tab.number]

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

    def _quit(self) -> None:
        in_flight = self.feed.picture.in_flight
        if not self._quit_asks or not in_flight:
            self.exit()
            return
        from ai_dashboard.tui.screens.quit import QuitScreen

        if not isinstance(self.screen, QuitScreen):
            self.push_screen(QuitScreen(in_flight), self._leave)

    def _leave(self, leave: bool | None) -> None:
        if leave:
            self.exit()

    def action_help_quit(self) -> None:
        self.say("press q to quit")
