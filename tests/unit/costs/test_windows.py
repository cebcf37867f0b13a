"""Midnights, months and hours, wherever the operator is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.costs.windows import Calendar

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo",
         "America/Havana", "Pacific/Apia", "Asia/Kathmandu")  # fmt: skip
WALLS = st.floats(946_684_800, 4_000_000_000)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("zone", "wall", "hour", "day", "month"),
    [
        ("UTC", "2026-11-21T12:00", "2026-11-21T12", "2026-11-21", "2026-11"),
        ("Europe/Berlin", "2026-11-30T23:00", "2026-12-01T00", "2026-12-01", "2026-12"),
        ("Asia/Kolkata", "2026-11-21T18:29", "2026-11-21T23", "2026-11-21", "2026-11"),
        ("Asia/Kolkata", "2026-11-21T18:30", "2026-11-22T00", "2026-11-22", "2026-11"),
        ("America/New_York", "2026-01-01T04:59", "2025-12-31T23", "2025-12-31", "2025-12"),
    ],
)
def test_a_moment_on_the_clock_there(zone: str, wall: str, hour: str, day: str, month: str) -> None:
    assert Calendar(zone).at(at(wall)) == (hour, day, month)


@pytest.mark.parametrize(
    ("zone", "wall", "day", "month"),
    [
        ("UTC", "2026-11-21T12:00", "2026-11-22T00:00", "2026-12-01T00:00"),
        ("UTC", "2026-12-31T23:59:59", "2027-01-01T00:00", "2027-01-01T00:00"),
        ("UTC", "2028-02-01T00:00", "2028-02-02T00:00", "2028-03-01T00:00"),
        # 23 hours long, then 25
        ("Europe/Berlin", "2026-03-28T23:00", "2026-03-29T22:00", "2026-03-31T22:00"),
        ("Europe/Berlin", "2026-10-24T22:00", "2026-10-25T23:00", "2026-10-31T23:00"),
        # clocks that skip midnight, and that have it twice
        ("America/Sao_Paulo", "2017-10-14T12:00", "2017-10-15T03:00", "2017-11-01T02:00"),
        ("America/Havana", "2024-11-02T12:00", "2024-11-03T04:00", "2024-12-01T05:00"),
    ],
)
def test_when_the_next_day_and_the_next_month_begin(zone: str, wall: str, day: str, month: str) -> None:
    calendar = Calendar(zone)
    assert calendar.next_start("daily", at(wall)) == at(day)
    assert calendar.next_start("monthly", at(wall)) == at(month)
    assert calendar.next_start("total", at(wall)) is None


@given(st.sampled_from(ZONES), WALLS)
def test_windows_roll_at_their_end_and_not_before(zone: str, wall: float) -> None:
    calendar = Calendar(zone)
    now = calendar.at(wall)
    for window, part in (("daily", 1), ("monthly", 2)):
        end = calendar.next_start(window, wall)  # type: ignore[arg-type]
        assert end is not None
        assert wall < end <= wall + timedelta(days=33).total_seconds()
        assert calendar.at(end)[part] > now[part]
        assert calendar.at(end - 1)[part] == now[part]


@given(st.sampled_from(ZONES), WALLS, st.floats(0, 10_000))
def test_a_calendar_that_was_asked_before_says_the_same_as_a_fresh_one(zone: str, wall: float, later: float) -> None:
    calendar = Calendar(zone)
    calendar.at(wall)
    assert calendar.at(wall + later) == Calendar(zone).at(wall + later)
