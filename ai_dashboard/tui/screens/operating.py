"""What screens of providers have in common: doing something with the provider at hand, once somebody has said yes."""

from typing import cast

from textual import work

from ai_dashboard.core.control import ControlPort, ProviderAction
from ai_dashboard.core.snapshot import Health, ProviderView
from ai_dashboard.tui.feed import Unreachable, reason
from ai_dashboard.tui.screens.ask import ConfirmScreen
from ai_dashboard.tui.screens.base import PictureScreen
from ai_dashboard.tui.tabs import Latest

MEANS: dict[ProviderAction, tuple[str, str]] = {
    "enable": ("Ask again?", "{} is asked again, and its health is checked."),
    "drain": ("Drain?", "{} gets no new requests; those in flight may end."),
    "disable": ("Disable?", "{} is left out until it is enabled again, or the gateway starts anew."),
    "reset": ("Reset?", "Breakers, cooldown and failures of {} are forgotten; it is asked as usual."),
}


class OperatingScreen(PictureScreen):
    """`at_hand` is the provider that actions are about."""

    def __init__(self, latest: Latest, port: ControlPort) -> None:
        super().__init__(latest)
        self.port = port

    def at_hand(self) -> ProviderView | None:
        """The provider that actions are about, as it stands."""
        raise NotImplementedError

    def provider_named(self, name: str | None) -> ProviderView | None:
        """A provider of the latest picture."""
        snapshot = self.latest().snapshot
        return next((it for it in snapshot.providers if it.name == name), None) if snapshot is not None else None

    def may(self, action: ProviderAction) -> bool:
        """Whether it makes sense now: never while the past is shown. What the configuration keeps off, only the
        configuration puts on."""
        provider = self.at_hand()
        if self.latest().is_past:
            return False
        if provider is None or (provider.health is Health.DISABLED and provider.wish is None):
            return False
        match action:
            case "enable":
                return provider.wish is not None
            case "drain":
                return provider.wish is None
            case "disable":
                return provider.wish != "disabled"
            case "reset":
                return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted or action != "operate":
            return True
        return self.may(cast("ProviderAction", parameters[0]))

    def action_operate(self, action: ProviderAction) -> None:
        """Ask, then do it."""
        provider = self.at_hand()
        if provider is None or not self.may(action):
            return
        title, means = MEANS[action]
        name = provider.name

        def confirmed(yes: bool | None) -> None:
            if yes:
                self._operate(name, action)

        self.app.push_screen(ConfirmScreen(title, means.format(name)), confirmed)

    @work(group="operate")
    async def _operate(self, name: str, action: ProviderAction) -> None:
        try:
            view = await self.port.operate(name, action)
        except Unreachable as failure:
            self.say(f"not done: {reason(failure)}")
            return
        self.say(f"{action}: {name} is {view.health}" + (f" ({view.reason})" if view.reason else ""))
        self.operated()

    def operated(self) -> None:
        """Called when something was done."""
