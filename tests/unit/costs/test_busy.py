"""A machine's seconds, shared out."""

from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.costs.busy import Busy


def test_calls_side_by_side_share_the_time() -> None:
    busy = Busy()
    first = busy.begin(0)
    second = busy.begin(4)
    assert busy.end(10, first) == 4 + 3
    assert busy.end(12, second) == 3 + 2
    third = busy.begin(100)
    assert busy.end(101, third) == 1


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=30))
def test_all_parts_add_up_to_the_time_with_any_call(calls: list[tuple[int, int]]) -> None:
    spans = [(min(call), max(call)) for call in calls]
    events = sorted([(begin, 1, place) for place, (begin, _) in enumerate(spans)]
                    + [(end, 2, place) for place, (_, end) in enumerate(spans)])  # fmt: skip
    busy, begun, shared = Busy(), {}, 0.0
    for now, kind, place in events:
        if kind == 1:
            begun[place] = busy.begin(now)
        else:
            shared += busy.end(now, begun[place])
    covered = sum(any(begin <= second < end for begin, end in spans) for second in range(1000))
    assert abs(shared - covered) < 1e-6
    assert busy.in_flight == 0
