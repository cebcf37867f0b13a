"""One provider on a screen of its own, with what may be done with it and with the service that runs it."""

from typing import cast, get_args

from textual import work
from textual.app import ComposeResult

from ai_dashboard.core.control import ControlPort
from ai_dashboard.core.history import ProviderDetail, ServiceAction, ServiceView
from ai_dashboard.core.snapshot import ProviderView
from ai_dashboard.tui.feed import Unreachable, reason
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.panels.provider import ProviderPanel
from ai_dashboard.tui.past import Heard
from ai_dashboard.tui.picture import Freshness, Picture
from ai_dashboard.tui.screens.ask import ConfirmScreen
from ai_dashboard.tui.screens.operating import OperatingScreen
from ai_dashboard.tui.tabs import Latest

SERVICE_EVERY = 5
"""Pictures between two looks at the service: each look starts two processes."""

_USEFUL: dict[ServiceAction, frozenset[str]] = {
    "start": frozenset({"inactive", "failed"}),
    "stop": frozenset({"active", "activating", "reloading"}),
    "restart": frozenset({"active", "failed", "activating"}),
}
"""The states in which an action makes sense."""


class ProviderScreen(OperatingScreen):
    """The details are asked for with every new picture, and only while this screen is shown."""

    BINDINGS = bindings(Scope.PROVIDER, Scope.OPERATE)
    AUTO_FOCUS = "#provider"
    home = "provider"

    def __init__(self, latest: Latest, port: ControlPort, name: str) -> None:
        super().__init__(latest, port)
        self._provider = name
        self._asking = False
        self._looks = 0
        self._heard: Heard[str, ProviderDetail] = Heard()

    def compose(self) -> ComposeResult:
        yield Header("header")
        yield ProviderPanel(self._provider, "provider")
        yield NoticeLine("notice")
        yield FooterBar("footer")

    @property
    def panel(self) -> ProviderPanel:
        """The one panel."""
        return self.query_one(ProviderPanel)

    def at_hand(self) -> ProviderView | None:
        return self.provider_named(self._provider)

    def show(self, picture: Picture) -> None:
        self.panel.detail = self._heard.fitting(self._provider, picture)
        super().show(picture)
        if picture.freshness is Freshness.LIVE and not self._asking and self.at_hand() is not None:
            self._ask()

    @work(group="detail")
    async def _ask(self) -> None:
        self._asking = True
        try:
            detail = await self.port.provider(self._provider)
            self._heard.add(self._provider, detail.at, detail)
            if self.latest().is_past:
                return
            self.panel.detail = detail
            if detail.unit and self._looks % SERVICE_EVERY == 0:
                self.panel.service = await self.port.service(self._provider)
        except Unreachable:
            return  # the header says that the gateway is gone
        finally:
            self._asking = False
        self._looks += 1
        self._redraw()

    def _redraw(self) -> None:
        self.panel.reselect()
        self.refresh_bindings()

    def operated(self) -> None:
        self._ask()

    def action_measure(self) -> None:
        """The other histogram."""
        self.panel.whole = not self.panel.whole
        self.panel.reselect()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.is_mounted and action == "service" and self.latest().is_past:
            return False
        if self.is_mounted and action == "service":
            service = self.panel.service
            return service is not None and service.state in _USEFUL[cast("ServiceAction", parameters[0])]
        return super().check_action(action, parameters)

    def action_service(self, action: ServiceAction) -> None:
        """Ask, then have systemd do it."""
        service = self.panel.service
        if service is None or action not in get_args(ServiceAction):
            return
        said = f"systemctl --user {action} {service.unit}, on the gateway's machine."

        def confirmed(yes: bool | None) -> None:
            if yes:
                self._act(action)

        self.app.push_screen(ConfirmScreen(f"{action.capitalize()} the service?", said), confirmed)

    @work(group="service")
    async def _act(self, action: ServiceAction) -> None:
        self.say(f"{action} …")
        try:
            service: ServiceView = await self.port.service(self._provider, action)
        except Unreachable as failure:
            self.say(f"not done: {reason(failure)}")
            return
        self.panel.service = service
        self.say(f"{service.unit}: {service.note}")
        self._redraw()
