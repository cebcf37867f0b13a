"""How it goes on, by what was."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.costs.forecast import HOUR, forecast, pace_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MIDNIGHT = NOW.replace(hour=0)


def hours(amount_of_hour: dict[int, float], days: int, until: datetime = NOW) -> dict[str, float]:
    """Every one of the last days alike, today up to now."""
    start = until.replace(hour=0) - timedelta(days=days)
    moments = (start + timedelta(hours=step) for step in range(24 * days + until.hour))
    return {moment.strftime(HOUR): amount_of_hour[moment.hour] for moment in moments if moment.hour in amount_of_hour}


def test_nothing_was_spent_and_nothing_will_be() -> None:
    made = forecast({}, NOW, limit=100)
    assert (made.method, made.per_hour, made.day_end, made.month_end, made.days_left) == ("linear", 0, 0, 0, None)


def test_a_few_hours_go_on_evenly() -> None:
    spent = {(MIDNIGHT + timedelta(hours=hour)).strftime(HOUR): 2.0 for hour in range(6, 12)}
    made = forecast(spent, NOW, limit=36)
    assert (made.method, made.per_hour, made.today, made.month) == ("linear", 2.0, 12.0, 12.0)
    assert made.day_end == 12 + 12 * 2
    assert made.month_end == 12 + (12 + 9 * 24) * 2
    assert made.days_left == pytest.approx(0.5)


def test_the_pace_of_the_last_day_counts_where_there_is_less_than_a_week() -> None:
    quiet = {(NOW - timedelta(hours=hour)).strftime(HOUR): 100.0 for hour in range(30, 60)}
    recent = {(NOW - timedelta(hours=hour)).strftime(HOUR): 1.0 for hour in range(1, 25)}
    made = forecast({**quiet, **recent}, NOW, limit=None)
    assert (made.method, made.per_hour) == ("linear", 1.0)


def test_a_week_says_what_hours_are_like() -> None:
    spent = hours({0: 0.0, 9: 10.0, 14: 30.0}, days=7)
    made = forecast(spent, NOW, limit=1000)
    assert made.method == "seasonal"
    assert (made.today, made.day_end) == (10.0, 40.0)
    assert made.month == 7 * 40 + 10
    assert made.month_end == pytest.approx(made.month + 30 + 9 * 40)
    # 710 are left: 30 today, 17 whole days, and nothing more
    assert made.days_left == pytest.approx(17 + (14 - 12 + 1) / 24, abs=0.01)


def test_six_days_do_not() -> None:
    assert pace_of(hours({9: 10.0}, days=6), NOW).method == "linear"
    partial = hours({9: 10.0}, days=7)  # the first day begins at nine
    assert pace_of(partial, NOW).method == "linear"
    assert pace_of({**partial, (MIDNIGHT - timedelta(days=7)).strftime(HOUR): 0.0}, NOW).method == "seasonal"


def test_a_budget_that_is_used_up_lasts_no_longer_and_one_that_is_hardly_touched_for_a_year() -> None:
    spent = hours({9: 10.0}, days=8)
    assert forecast(spent, NOW, limit=5).days_left == 0
    assert forecast(spent, NOW, limit=1e9).days_left is None
    assert forecast(spent, NOW, limit=None).days_left is None


def test_figures_come_in_the_unit_that_is_wanted() -> None:
    nanos = {name: amount * 1e9 for name, amount in hours({9: 10.0}, days=8).items()}
    made = forecast(nanos, NOW, limit=50e9, unit=1e9)
    assert (made.today, made.day_end, made.limit) == (10, 10, 50)


@given(
    st.dictionaries(st.integers(0, 40 * 24), st.floats(0, 1000), max_size=60),
    st.integers(0, 59),
    st.floats(0, 10_000),
)
def test_what_is_expected_is_never_less_than_what_was(ago: dict[int, float], minute: int, limit: float) -> None:
    now = NOW.replace(minute=minute)
    spent = {(now - timedelta(hours=hour)).strftime(HOUR): amount for hour, amount in ago.items()}
    made = forecast(spent, now, limit=limit)
    assert made.day_end >= made.today >= 0
    assert made.month_end >= made.month >= 0
    assert made.days_left is None or made.days_left >= 0
    assert (made.days_left == 0) >= (made.month >= limit)
