"""The rate of a line, and the advice that follows from it."""

import pytest

from ai_dashboard.queueing.pace import MAX_RETRY_S, UNKNOWN_RETRY_S, Pace


@pytest.mark.parametrize("per_second", [0.1, 1.0, 20.0])
@pytest.mark.parametrize("seconds", [60, 600])
def test_an_even_rate_is_found_out(per_second: float, seconds: int) -> None:
    pace = Pace()
    for number in range(1, int(seconds * per_second) + 1):
        pace.served(number / per_second)
    assert pace.per_second(seconds) == pytest.approx(per_second, rel=0.25)


def test_a_rate_that_falls_is_followed_within_two_minutes() -> None:
    pace = Pace()
    for number in range(3000):
        pace.served(number / 10)
    for number in range(12):
        pace.served(300 + number * 10)
    assert 0.05 < pace.per_second(420) < 0.8


def test_advice_is_the_time_that_those_ahead_take() -> None:
    pace = Pace()
    assert pace.retry_after_s(10, 0.0) == UNKNOWN_RETRY_S
    for number in range(600):
        pace.served(number / 2)
    assert pace.retry_after_s(99, 300) == pytest.approx(50, rel=0.1)
    assert pace.retry_after_s(0, 300) == 1.0
    assert pace.retry_after_s(10_000_000, 300) == MAX_RETRY_S
