"""Averages and percentiles of one model at one provider."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.routing.averages import FADES_AT, Average, Averages, Distribution


def test_nothing_is_known_before_the_first_answer() -> None:
    fresh = Averages()
    assert (fresh.ttft_s, fresh.total_s, fresh.p95_s, fresh.load_s, fresh.success_ratio) == (
        None,
        None,
        None,
        None,
        1.0,
    )
    fresh.answered([])
    assert fresh.total_s is None


def test_the_first_value_is_the_average() -> None:
    averages = Averages()
    averages.answered([(2.0, 0.5, 9)])
    assert (averages.ttft_s, averages.total_s) == (0.5, 2.0)


def test_an_average_follows_what_is_new() -> None:
    averages = Averages()
    averages.answered([(1.0, 0.1, 9)])
    for _ in range(40):
        averages.answered([(3.0, 0.3, 9)])
    assert averages.total_s == pytest.approx(3.0, rel=0.02)
    assert averages.ttft_s == pytest.approx(0.3, rel=0.02)


@given(st.floats(0.001, 100), st.integers(1, 64))
def test_a_batch_counts_as_much_as_its_answers_one_by_one(value: float, count: int) -> None:
    together, singly = Average(), Average()
    together.add(1.0)
    singly.add(1.0)
    together.add(value, count)
    for _ in range(count):
        singly.add(value)
    assert together.value == pytest.approx(singly.value)


def test_answers_without_a_first_token_have_no_part_in_its_average() -> None:
    averages = Averages()
    averages.answered([(2.0, None, 9), (4.0, 1.0, 9)])
    assert (averages.ttft_s, averages.total_s) == (1.0, 3.0)


def test_failures_lower_the_success_ratio_and_leave_times_alone() -> None:
    averages = Averages()
    averages.answered([(1.0, 0.1, 9)] * 20)
    before = averages.total_s
    for _ in range(10):
        averages.failed()
    assert averages.success_ratio == pytest.approx(0.9**10)
    assert averages.total_s == before
    averages.answered([(1.0, 0.1, 9)] * 50)
    assert averages.success_ratio > 0.99


def test_a_percentile_is_near_the_truth() -> None:
    draw = random.Random(1)
    seconds = [draw.lognormvariate(0, 1) for _ in range(400)]
    distribution = Distribution()
    for value in seconds:
        distribution.add(value)
    assert distribution.quantile(0.95) == pytest.approx(sorted(seconds)[379], rel=0.14)
    assert distribution.quantile(0.5) == pytest.approx(sorted(seconds)[199], rel=0.14)
    assert distribution.p95_s == distribution.quantile(0.95)
    for _ in range(400):
        distribution.add(100.0)
    assert distribution.p95_s == distribution.quantile(0.95) == pytest.approx(100, rel=0.14)


def test_the_distribution_forgets() -> None:
    distribution = Distribution()
    for _ in range(FADES_AT):
        distribution.add(0.1)
    for _ in range(3 * FADES_AT):
        distribution.add(10.0)
    assert distribution.quantile(0.2) == pytest.approx(10.0, rel=0.14)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_a_percentile_lies_among_what_was_added(seconds: list[float], q: float) -> None:
    distribution = Distribution()
    for value in seconds:
        distribution.add(value)
    found = distribution.quantile(q)
    assert found is not None
    assert found >= 0


def test_loading_is_learned_apart_from_the_usual_times() -> None:
    averages = Averages()
    averages.answered([(1.0, 0.4, 9)])
    averages.loaded(18.4)
    averages.loaded(0.5)
    assert (averages.load_s, averages.ttft_s) == (18.0, 0.4)
