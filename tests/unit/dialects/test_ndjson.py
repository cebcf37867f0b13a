"""Lines of JSON, cut anywhere."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.dialects import ndjson
from ai_dashboard.dialects.ndjson import NdjsonDecoder

objects = st.dictionaries(st.text(max_size=3), st.text("a\u2028\u0085é🙂\n\r", max_size=6), max_size=3)
ends = st.sampled_from((b"\n", b"\r\n", b"\n\n", b"\n \t\r\n"))


def decoded(chunks: list[bytes]) -> list[dict[str, Any]]:
    decoder = NdjsonDecoder()
    return [*(value for chunk in chunks for value in decoder.feed(chunk)), *decoder.close()]


@given(st.lists(st.tuples(objects, ends), max_size=5), st.booleans(), st.integers(1, 7))
def test_any_split_gives_the_same_objects(lines: list[tuple[dict[str, Any], bytes]], last: bool, step: int) -> None:
    stream = b"".join(orjson.dumps(value) + end for value, end in lines)
    stream = stream if last else stream.rstrip()
    chunks = [stream[place : place + step] for place in range(0, len(stream), step)]
    assert decoded(chunks) == [value for value, _ in lines]


@pytest.mark.parametrize("rest", [b'{"a":', b'{"a":1', b"{", b"tru"])
def test_half_an_object_at_the_end_is_none(rest: bytes) -> None:
    assert decoded([b'{"b":2}\n' + rest]) == [{"b": 2}]


@pytest.mark.parametrize(
    ("line", "message"),
    [(b"<html>", "not JSON"), (b"[1]", "not an object"), (b'"text"', "not an object"), (b"{'a'}", "not JSON")],
)
def test_a_line_that_is_no_object_is_refused(line: bytes, message: str) -> None:
    with pytest.raises(UpstreamInvalid, match=message):
        NdjsonDecoder().feed(line + b"\n")


def test_an_endless_line_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndjson, "MAX_LINE_BYTES", 64)
    with pytest.raises(UpstreamInvalid, match="over"):
        decoded([b"x" * 10] * 7)
