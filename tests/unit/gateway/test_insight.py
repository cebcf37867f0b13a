from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.histogram import BUCKETS, bucket_of
from ai_dashboard.gateway.insight import bars


def test_nothing_measured_is_no_bar() -> None:
    assert list(bars([0] * BUCKETS)) == []


@given(st.lists(st.floats(1e-5, 1e4), min_size=1, max_size=50))
def test_every_value_is_in_the_bar_that_covers_it(values: list[float]) -> None:
    counts = [0] * BUCKETS
    for value in values:
        counts[bucket_of(value)] += 1
    drawn = list(bars(counts))
    assert sum(bar.count for bar in drawn) == len(values)
    assert drawn[0].count
    assert drawn[-1].count
    assert all(left.end == right.start for left, right in pairwise(drawn))
    for bar in drawn:
        # A value is counted by whole microseconds.
        inside = sum(bar.start <= int(value * 1e6) / 1e6 < bar.end for value in values)
        assert inside == bar.count
