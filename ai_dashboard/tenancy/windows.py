"""Days and months, which begin at midnight UTC."""

from datetime import UTC, datetime, timedelta

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.tenancy import Calendar


@dataclass(frozen=True, slots=True)
class Window:
    """From `begins` until `ends`, in Unix time."""

    begins: float
    ends: float

    def __contains__(self, wall: float) -> bool:
        return self.begins <= wall < self.ends


def window_of(calendar: Calendar, wall: float) -> Window:
    """The day or month that a moment belongs to."""
    day = datetime.fromtimestamp(wall, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match calendar:
        case "day":
            return Window(day.timestamp(), (day + timedelta(days=1)).timestamp())
        case "month":
            first = day.replace(day=1)
            next_first = (first + timedelta(days=32)).replace(day=1)
            return Window(first.timestamp(), next_first.timestamp())
