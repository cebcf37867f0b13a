import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.tui.pace import LEAST, SAMPLE, Pace


@pytest.mark.parametrize(("seconds", "limit"), [(0.0, 5_000), (0.001, 5_000), (0.1, 250), (0.5, 50), (5.0, LEAST)])
def test_a_sample_says_what_a_line_carries(seconds: float, limit: int) -> None:
    pace = Pace(5_000)
    pace.sampled(seconds)
    assert pace.limit == limit


def test_a_page_that_takes_too_long_is_followed_by_a_shorter_one() -> None:
    pace = Pace(5_000)
    pace.took(200, 2.0)
    assert pace.limit == SAMPLE
    pace.took(50, 0.4)
    assert pace.limit == SAMPLE


def test_a_full_page_that_came_quickly_is_followed_by_a_longer_one() -> None:
    pace = Pace(5_000)
    pace.sampled(0.5)
    pace.took(49, 0.05)
    assert pace.limit == 50
    pace.took(50, 0.05)
    assert pace.limit == 100


def test_what_never_came_is_not_asked_for_again_in_that_length() -> None:
    pace = Pace(400)
    for limit in (100, 25, LEAST, LEAST):
        pace.gave_up()
        assert pace.limit == limit


@given(st.lists(st.tuples(st.integers(0, 5_000), st.floats(0, 100)), max_size=20))
def test_there_is_always_something_to_ask_for_and_never_too_much(taken: list[tuple[int, float]]) -> None:
    pace = Pace(500)
    for count, seconds in taken:
        pace.took(count, seconds)
        assert LEAST <= pace.limit <= 500
