from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.tenancy import Calendar
from ai_dashboard.tenancy.windows import window_of


@pytest.mark.parametrize(
    ("calendar", "at", "begins", "ends"),
    [
        ("day", "2026-11-21T13:00", "2026-11-21T00:00", "2026-11-22T00:00"),
        ("day", "2026-12-31T23:59", "2026-12-31T00:00", "2027-01-01T00:00"),
        ("month", "2026-11-30T23:59", "2026-11-01T00:00", "2026-12-01T00:00"),
        ("month", "2028-02-29T00:00", "2028-02-01T00:00", "2028-03-01T00:00"),
        ("month", "2026-12-01T00:00", "2026-12-01T00:00", "2027-01-01T00:00"),
    ],
)
def test_windows(calendar: Calendar, at: str, begins: str, ends: str) -> None:
    def unix(text: str) -> float:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()

    window = window_of(calendar, unix(at))
    assert (window.begins, window.ends) == (unix(begins), unix(ends))


@given(st.floats(0, 4e9), st.sampled_from(("day", "month")))
def test_every_moment_is_in_one_window_and_the_next_begins_where_it_ends(wall: float, calendar: Calendar) -> None:
    window = window_of(calendar, wall)
    assert wall in window
    following = window_of(calendar, window.ends)
    assert (following.begins, window.ends in window) == (window.ends, False)
