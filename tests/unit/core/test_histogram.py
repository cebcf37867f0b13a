"""The buckets' layout, and how far a percentile may be from the truth."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.histogram import BUCKETS, bucket_of, buckets_of, edges, middle, quantiles

LONGEST_S = 66_000.0
durations = st.floats(0, LONGEST_S)


@given(durations, durations)
def test_a_longer_duration_is_never_in_an_earlier_bucket(one: float, other: float) -> None:
    assert bucket_of(min(one, other)) <= bucket_of(max(one, other))


@given(durations)
def test_a_buckets_middle_is_near_all_that_it_holds(seconds: float) -> None:
    assert abs(middle(bucket_of(seconds)) - seconds) <= max(seconds * 0.032, 1e-6)


def test_every_bucket_holds_its_own_middle() -> None:
    assert [bucket_of(middle(bucket)) for bucket in range(BUCKETS)] == list(range(BUCKETS))


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(-1.0, 0), (0.0, 0), (1e-7, 0), (1e-6, 1), (15.5e-6, 15), (16.5e-6, 16), (1e9, BUCKETS - 1), (1e300, BUCKETS - 1)],
)
def test_the_edges(seconds: float, bucket: int) -> None:
    assert bucket_of(seconds) == bucket
    assert buckets_of([seconds]) == [bucket]


@given(st.lists(st.floats(-1, 1e6) | st.floats(0, 1e-4)))
def test_many_are_found_as_each_by_itself(seconds: list[float]) -> None:
    assert buckets_of(seconds) == [bucket_of(each) for each in seconds]


@given(st.lists(st.floats(1e-4, 600), min_size=1, max_size=60), st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_quantiles_are_near_those_of_the_sorted_list(values: list[float], qs: list[float]) -> None:
    counts = sorted(Counter(map(bucket_of, values)).items())
    qs.sort()
    exact = [sorted(values)[max(1, math.ceil(len(values) * q)) - 1] for q in qs]
    assert quantiles(counts, len(values), qs) == pytest.approx(exact, rel=0.032)


def test_buckets_lie_side_by_side_and_hold_their_middle() -> None:
    for bucket in range(BUCKETS - 1):
        start, end = edges(bucket)
        assert end == edges(bucket + 1)[0]
        assert start <= middle(bucket) < end
