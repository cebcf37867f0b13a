"""Days and months in the operator's time zone. Names of them sort as the days and months do."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple, assert_never
from zoneinfo import ZoneInfo

from ai_dashboard.core.costs import Window

QUARTER_S = 900
"""All time zones are away from UTC by a multiple of this: within one such stretch neither hour nor day changes."""


class Moment(NamedTuple):
    """When something is charged, on the clock there: `2026-11-21T14`, `2026-11-21`, `2026-11`."""

    hour: str
    day: str
    month: str


class Calendar:
    """What day it is, for a moment in Unix time."""

    def __init__(self, timezone: str = "UTC") -> None:
        self.timezone = timezone
        self._zone = ZoneInfo(timezone)
        self._quarter = -1
        self._moment = Moment("", "", "")

    def at(self, wall: float) -> Moment:
        """The moment. Made anew every quarter of an hour: requests ask for it all the time."""
        quarter = int(wall // QUARTER_S)
        if quarter != self._quarter:
            hour = self.local(wall).strftime("%Y-%m-%dT%H")
            self._quarter, self._moment = quarter, Moment(hour, hour[:10], hour[:7])
        return self._moment

    def local(self, wall: float) -> datetime:
        """The time on the clock there."""
        return datetime.fromtimestamp(wall, UTC).astimezone(self._zone)

    def next_start(self, window: Window, wall: float) -> float | None:
        """When a window ends and the next one begins, in Unix time; None for one that does not end."""
        today = self.local(wall).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        match window:
            case "daily":
                # Days are counted on the clock: not all of them have 24 hours. A midnight that the clocks skip is the
                # moment at which they do.
                return (today + timedelta(days=1)).timestamp()
            case "monthly":
                return (today.replace(day=1) + timedelta(days=32)).replace(day=1).timestamp()
            case "total":
                return None
            case _:
                assert_never(window)
