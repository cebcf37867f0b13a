"""How spending goes on: by the hours of the day where at least a week says what they are like, else evenly. Pure.

The unit is whatever the figures are in: nano-dollars, or tokens. Hours are those on the clock of the budgets.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from ai_dashboard.core.costs import Forecast
from ai_dashboard.core.data import dataclass

SEASON_DAYS = 7
"""Full days from which on the hours of a day are told apart."""

LOOK_BACK_DAYS = 28
LINEAR_HOURS = 24
HORIZON_HOURS = 366 * 24
HOUR = "%Y-%m-%dT%H"


@dataclass(frozen=True, slots=True)
class Pace:
    """What is to be expected of each hour of a day."""

    method: Literal["seasonal", "linear"]
    hours: tuple[float, ...]

    def until(self, now: datetime, end: datetime) -> float:
        """From a moment to a later one."""
        first = now.replace(minute=0, second=0, microsecond=0)
        expected = -self.hours[now.hour] * (now - first) / timedelta(hours=1)
        while first < end:
            expected += self.hours[first.hour]
            first += timedelta(hours=1)
        return max(0.0, expected)

    def hours_until(self, amount: float, now: datetime) -> float | None:
        """How long it takes to spend so much; None for longer than anybody looks ahead."""
        day = sum(self.hours)
        if amount > day * HORIZON_HOURS / 24 or day <= 0:
            return None
        days = max(0, int(amount / day) - 1)
        amount -= days * day
        elapsed, part = days * 24.0, 1 - now.minute / 60 - now.second / 3600
        hour = now.hour
        while (expected := self.hours[hour] * part) < amount:
            amount -= expected
            elapsed += part
            hour, part = (hour + 1) % 24, 1.0
        return elapsed + (amount / self.hours[hour] if self.hours[hour] else 0.0)


def forecast(spent: Mapping[str, float], now: datetime, *, limit: float | None, unit: float = 1.0) -> Forecast:
    """From what each hour took (`2026-11-21T14`), oldest first. `now` is on the clock of the budgets; `limit` is for a
    month. Amounts come out divided by `unit`."""
    pace = pace_of(spent, now)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    month_start = midnight.replace(day=1)
    today = _between(spent, midnight, now)
    month = _between(spent, month_start, now)
    month_end = month + pace.until(now, (month_start + timedelta(days=32)).replace(day=1))
    left_hours = None
    if limit is not None:
        left_hours = 0.0 if month >= limit else pace.hours_until(limit - month, now)
    return Forecast(
        pace.method,
        sum(pace.hours) / 24 / unit,
        today / unit,
        (today + pace.until(now, midnight + timedelta(days=1))) / unit,
        month / unit,
        month_end / unit,
        None if limit is None else limit / unit,
        None if left_hours is None else left_hours / 24,
    )


def pace_of(spent: Mapping[str, float], now: datetime) -> Pace:
    """Hour by hour as the last weeks were, where there are enough; else as the last day was, on average."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    first = min(spent, default=None)
    begun = _hour(first) if first is not None else now.replace(tzinfo=None)
    wall = now.replace(tzinfo=None)
    days = (midnight.replace(tzinfo=None) - begun.replace(hour=0)).days
    full_days = min(LOOK_BACK_DAYS, days - (begun.hour > 0))  # the first day is seldom a whole one
    if full_days >= SEASON_DAYS:
        since = midnight - timedelta(days=full_days)
        sums = [0.0] * 24
        for hour, amount in spent.items():
            if since.strftime(HOUR) <= hour < midnight.strftime(HOUR):
                sums[int(hour[11:13])] += amount
        return Pace("seasonal", tuple(total / full_days for total in sums))
    since = max(begun, wall - timedelta(hours=LINEAR_HOURS))
    hours = max(1.0, (wall - since) / timedelta(hours=1))
    return Pace("linear", (_between(spent, since, wall) / hours,) * 24)


def _between(spent: Mapping[str, float], start: datetime, end: datetime) -> float:
    first, last = start.strftime(HOUR), end.strftime(HOUR)
    return sum(amount for hour, amount in spent.items() if first <= hour <= last)


def _hour(text: str) -> datetime:
    return datetime.strptime(text, HOUR)  # noqa: DTZ007 - on a clock that is known elsewhere
