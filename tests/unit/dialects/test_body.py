"""Bodies written again: what nobody meant to change does not change."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.body import encode, with_numbers_as_written

LONG = b'{"seed": 123456789012345678901234567890, "top_p": 0.10000000000000000001, "n": 1}'


def test_numbers_beyond_64_bits_keep_their_spelling() -> None:
    written = encode(with_numbers_as_written(orjson.loads(LONG), LONG))
    assert b"123456789012345678901234567890" in written
    assert b"0.10000000000000000001" in written


def test_a_body_without_long_numbers_is_the_same_object() -> None:
    body = {"seed": 12}
    assert with_numbers_as_written(body, b'{"seed": 12}') is body


def test_nesting_that_cannot_be_written_is_the_callers_error() -> None:
    raw = b'{"a":' * 300 + b"1" + b"}" * 300
    with pytest.raises(CallerError, match="cannot be passed on"):
        encode(orjson.loads(raw))


@given(st.dictionaries(st.text(), st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()))
def test_what_is_written_reads_the_same(body: dict[str, object]) -> None:
    raw = orjson.dumps({name: value for name, value in body.items() if not isinstance(value, int)})
    assert orjson.loads(encode(with_numbers_as_written(orjson.loads(raw), raw))) == orjson.loads(raw)
