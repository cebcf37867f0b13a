import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.cache.entry import pack, unpack
from ai_dashboard.core.events import Usage
from tests.unit.cache.asks import entry

counts = st.integers(0, 2**53)


@given(st.binary(max_size=3000), st.integers(0, 4000), st.none() | st.builds(Usage, counts, counts))
def test_what_is_packed_is_unpacked(body: bytes, compress_above: int, usage: Usage | None) -> None:
    kept = entry(body, usage=usage, answer_id="chatcmpl-1")
    assert unpack(pack(kept, compress_above)) == kept


def test_a_long_body_is_compressed() -> None:
    kept = entry(b"a long answer " * 1000)
    assert len(pack(kept, 4096)) < 1000 < len(pack(kept, 1 << 20))


@pytest.mark.parametrize("packed", [b"", b"p", b"p[9,{}]\n", b"zzz", b"p{}\nx", b"hello", b"p[1,{}]\nx"])
def test_what_somebody_else_has_written_is_nothing(packed: bytes) -> None:
    assert unpack(packed) is None


@given(st.binary(max_size=200))
def test_nothing_that_can_stand_there_is_taken_for_an_answer(packed: bytes) -> None:
    assert unpack(b"p" + packed) is None
    assert unpack(b"z" + packed) is None
