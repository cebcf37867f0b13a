"""The screens that a number leads to, once: keys, the line under the header, help and palette are made from `TABS`.

A screen is imported and made when it is first shown, and kept from then on, so that it is found again as it was left.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ai_dashboard.core.control import ControlPort
from ai_dashboard.core.data import dataclass
from ai_dashboard.tui.picture import Picture

if TYPE_CHECKING:
    from ai_dashboard.tui.screens.base import PictureScreen

Latest = Callable[[], Picture]


@dataclass(frozen=True, slots=True)
class Tab:
    """`number` is its key, `name` what people call it; `open` makes the screen."""

    number: int
    name: str
    open: Callable[[Latest, ControlPort], "PictureScreen"]


def _overview(latest: Latest, _port: ControlPort) -> "PictureScreen":
    from ai_dashboard.tui.screens.overview import OverviewScreen

    return OverviewScreen(latest)


def _requests(latest: Latest, _port: ControlPort) -> "PictureScreen":
    from ai_dashboard.tui.screens.requests import RequestsScreen

    return RequestsScreen(latest)


def _routing(latest: Latest, port: ControlPort) -> "PictureScreen":
    from ai_dashboard.tui.screens.routing import RoutingScreen

    return RoutingScreen(latest, port)


def _providers(latest: Latest, port: ControlPort) -> "PictureScreen":
    from ai_dashboard.tui.screens.providers import ProvidersScreen

    return ProvidersScreen(latest, port)


def _latency(latest: Latest, port: ControlPort) -> "PictureScreen":
    from ai_dashboard.tui.screens.latency import LatencyScreen

    return LatencyScreen(latest, port)


def _cache(latest: Latest, port: ControlPort) -> "PictureScreen":
    from ai_dashboard.tui.screens.cache import CacheScreen

    return CacheScreen(latest, port)


def _host(latest: Latest, _port: ControlPort) -> "PictureScreen":
    from ai_dashboard.tui.screens.host import HostScreen

    return HostScreen(latest)


def _costs(latest: Latest, port: ControlPort) -> "PictureScreen":
    from ai_dashboard.tui.screens.costs import CostsScreen

    return CostsScreen(latest, port)


def _playground(latest: Latest, port: ControlPort) -> "PictureScreen":
    from ai_dashboard.tui.screens.playground import PlaygroundScreen

    return PlaygroundScreen(latest, port)


def _logs(latest: Latest, port: ControlPort) -> "PictureScreen":
    from ai_dashboard.tui.screens.logs import LogsScreen

    return LogsScreen(latest, port)


TABS: tuple[Tab, ...] = (
    Tab(1, "Overview", _overview),
    Tab(2, "Providers", _providers),
    Tab(3, "Latency", _latency),
    Tab(4, "Requests", _requests),
    Tab(5, "Routing", _routing),
    Tab(6, "Cache·Queue", _cache),
    Tab(7, "GPU·Host", _host),
    Tab(8, "Costs", _costs),
    Tab(9, "Logs", _logs),
)

PLAYGROUND = Tab(0, "Playground", _playground)
"""Shown like the others, by a key of its own."""

HOME = TABS[0]

REQUESTS = 4
"""The number of the screen that lists requests."""

ROUTING = 5
"""The number of the screen that plans requests."""


def tab_of(number: int) -> Tab:
    """The tab with that number; there must be one."""
    return next(tab for tab in (*TABS, PLAYGROUND) if tab.number == number)
