"""What answers come to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.cli.benching.figures import Spread, figures, spread
from ai_dashboard.cli.benching.load import OK, Answer


def answer(began: float, ended: float, outcome: str = OK, provider: str = "a") -> Answer:
    return Answer(began, ended, first=0.1, tokens=5, provider=provider, overhead=0.001, outcome=outcome)


def test_only_what_ended_well_is_measured_and_everything_is_counted() -> None:
    made = figures([answer(0, 1), answer(0, 2, provider="b"), answer(1, 4, "429"), answer(3, 4)])
    assert (made.requests, made.answered, made.seconds, made.rate) == (4, 3, 4, 0.75)
    assert (made.tokens, made.tokens_per_second) == (15, 3.75)
    assert (made.outcomes, made.providers) == ({"ok": 3, "429": 1}, {"a": 2, "b": 1})
    assert (made.total.p50, made.total.longest, made.first.p99) == (1, 2, 0.1)


def test_the_course_holds_every_answer() -> None:
    made = figures([answer(number, number + 1) for number in range(200)])
    course = made.course
    assert sum(rate * course.slice_s for rate in course.rate) == pytest.approx(200)
    assert len(course.rate) == len(course.p95) == 25
    assert figures([answer(0, 1, "429")]).course.p95 == (None,) * 8


def test_nothing_is_no_division_by_nothing() -> None:
    made = figures([])
    assert (made.rate, made.total, made.course.rate) == (0.0, Spread(), ())


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_percentiles_are_values_in_order(values: list[float]) -> None:
    made = spread(values)
    ranks = [made.p50, made.p90, made.p95, made.p99, made.longest]
    assert all(it in values for it in ranks)
    assert ranks == sorted(it for it in ranks if it is not None)
    assert made.longest == max(values)


@pytest.mark.parametrize(("count", "p50", "p99"), [(1, 0, 0), (2, 1, 1), (100, 50, 99), (1000, 500, 990)])
def test_percentiles_by_rank(count: int, p50: float, p99: float) -> None:
    made = spread([float(value) for value in reversed(range(count))])
    assert (made.p50, made.p99) == (p50, p99)
