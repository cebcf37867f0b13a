"""A window as the time axis of a chart: what stands at its ends, and where configurations came into force. Pure."""

from collections.abc import Iterable

from ai_dashboard.core.history import Mark, Window
from ai_dashboard.tui.chart import Ticks

_SAID: dict[Window, tuple[str, str]] = {
    Window.MINUTE: ("1m", "30s"),
    Window.FIVE: ("5m", "2m30"),
    Window.HOUR: ("1h", "30m"),
    Window.DAY: ("24h", "12h"),
}


NOW = "now"
"""What stands at the end of a window that ends now."""


def time_axis(window: Window, end: str = NOW) -> Ticks:
    """Where it begins, its middle, and its end."""
    far, half = _SAID[window]
    return Ticks([0, (window.points - 1) / 2, window.points - 1], [far, half, end])


def marked_steps(marks: Iterable[Mark], at: float, window: Window) -> tuple[tuple[int, int], ...]:
    """The steps at which a configuration came into force, and its number, for a window that ends `at`."""
    last = window.points - 1
    steps = ((last - int((at - mark.at) // window.step_s), mark.number) for mark in marks)
    return tuple((step, number) for step, number in steps if 0 <= step <= last)
