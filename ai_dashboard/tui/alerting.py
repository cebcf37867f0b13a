"""What somebody wants to do about an alert, wherever it is listed: go to its cause, take note of it, silence it."""

from typing import TYPE_CHECKING, Literal, assert_never

from textual.message import Message

from ai_dashboard.core.control import ControlPort
from ai_dashboard.core.logs import AlertAction
from ai_dashboard.core.snapshot import Alert
from ai_dashboard.tui.causes import Configuration, ProviderPage, Requests, cause
from ai_dashboard.tui.feed import Unreachable, reason
from ai_dashboard.tui.tabs import REQUESTS

if TYPE_CHECKING:
    from ai_dashboard.tui.app import ControlCentre

Wish = Literal["cause", "ack", "silence"]

USUAL_MINUTES = "60"
MOST_MINUTES = 7 * 24 * 60


class AlertWanted(Message):
    """Somebody wants something of an alert."""

    def __init__(self, alert: Alert, wish: Wish) -> None:
        super().__init__()
        self.alert = alert
        self.wish = wish


async def about(app: "ControlCentre", port: ControlPort, wanted: AlertWanted) -> None:
    """Do it. To be run by a worker of the app: it may ask."""
    alert = wanted.alert
    match wanted.wish:
        case "cause":
            _go(app, port, alert)
        case "ack":
            await _act(app, port, alert, "reopen" if not alert.is_open else "ack")
        case "silence":
            minutes = await _minutes(app, alert)
            if minutes is not None:
                await _act(app, port, alert, "silence", minutes)
        case _:
            assert_never(wanted.wish)


def refusal(minutes: str) -> str:
    """Why that is no time to be silent, in words; empty where it is one."""
    text = minutes.strip()
    if text.isascii() and text.isdigit() and 0 < int(text) <= MOST_MINUTES:
        return ""
    return f"write minutes: a whole number from 1 to {MOST_MINUTES}, which is a week"


def _go(app: "ControlCentre", port: ControlPort, alert: Alert) -> None:
    match cause(alert, app.feed.picture.records):
        case Requests(text):
            from ai_dashboard.tui.screens.listing import ListScreen

            app.action_show_screen(REQUESTS)
            if isinstance(app.screen, ListScreen):
                app.screen.filter_by(text)
        case ProviderPage(name):
            from ai_dashboard.tui.screens.provider import ProviderScreen

            app.push_screen(ProviderScreen(lambda: app.feed.picture, port, name))
        case Configuration():
            app.action_show_config()
        case None:
            app.say(f"no screen shows more of it: {alert.text}")


async def _minutes(app: "ControlCentre", alert: Alert) -> float | None:
    from ai_dashboard.tui.screens.line import LineScreen

    said = f"minutes for which nobody hears of it: {alert.text}"
    typed = await app.push_screen_wait(LineScreen("Silence", said, USUAL_MINUTES, "silence", refusal))
    return float(typed) if typed is not None else None


async def _act(
    app: "ControlCentre", port: ControlPort, alert: Alert, action: AlertAction, minutes: float = 60.0
) -> None:
    try:
        await port.alert(alert.key, action, minutes)
    except Unreachable as failure:
        app.say(f"not done: {reason(failure)}")
        return
    match action:
        case "ack":
            app.say(f"noted, until it ends: {alert.text}")
        case "silence":
            app.say(f"silent for {minutes:g} minutes: {alert.text}")
        case "reopen":
            app.say(f"open again: {alert.text}")
    await app.feed.poll()
