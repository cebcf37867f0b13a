"""The counter against a list of everything that ever happened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.telemetry.rate import SPAN_S, RateCounter

steps = st.lists(
    st.tuples(st.sampled_from((0.0, 0.3, 1.0, 7.5, 59.0, 60.0, 61.0, 1000.0)), st.integers(0, 5)), max_size=30
)


@given(st.floats(0, 1e7), steps, st.integers(0, 80))
def test_a_sum_is_that_of_the_events_in_those_seconds(
    start: float, events: list[tuple[float, int]], seconds: int
) -> None:
    counter, now, seen = RateCounter(), start, list[tuple[int, int]]()
    for step, amount in events:
        now += step
        counter.add(now, amount)
        seen.append((int(now), amount))
    span = min(seconds, SPAN_S)
    for later in (now, now + 3, now + 3 + SPAN_S):
        expected = sum(amount for second, amount in seen if int(later) - span < second <= int(later))
        assert counter.over(later, seconds) == expected


def test_nothing_has_happened_at_first() -> None:
    assert RateCounter().over(12345.6, SPAN_S) == 0


def test_a_clock_that_steps_back_loses_nothing() -> None:
    counter = RateCounter()
    counter.add(100)
    counter.add(40)
    assert counter.over(100, 1) == counter.over(40, 1) == 2


@pytest.mark.parametrize(("later", "left"), [(105.0, 3), (109.9, 3), (110.0, 1), (114.9, 1), (115.0, 0)])
def test_seconds_leave_the_window_one_by_one(later: float, left: int) -> None:
    counter = RateCounter()
    counter.add(100.9, 2)
    counter.add(105.0)
    assert counter.over(later, 10) == left
