"""What a `traceparent` names (https://www.w3.org/TR/trace-context/#traceparent-header)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.telemetry.traces import Parent, parent_of

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f" 00-{TRACE}-{SPAN}-00 ", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f"cc-{TRACE}-{SPAN}-01-what-comes-later", True),
    ],
)
def test_a_sound_one_is_read(header: str, sampled: bool) -> None:
    assert parent_of(header.encode()) == Parent(int(TRACE, 16), int(SPAN, 16), sampled)


@pytest.mark.parametrize(
    "header",
    [
        "",
        f"00-{TRACE}-{SPAN}",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
    ],
)
def test_one_that_is_not_sound_is_as_none(header: str) -> None:
    assert parent_of(header.encode()) is None


@given(st.none() | st.binary())
def test_nothing_that_a_caller_sends_breaks_it(header: bytes | None) -> None:
    found = parent_of(header)
    assert found is None or (0 < found.trace_id < 1 << 128 and 0 < found.span_id < 1 << 64)
