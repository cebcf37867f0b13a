"""The data of events, however they are cut and whoever wrote them."""

from collections.abc import Callable, Iterator

import pytest

from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.dialects.anthropic.stream import DataReader
from ai_dashboard.dialects.sse import MAX_EVENT_BYTES

Chunkings = Callable[[bytes], Iterator[list[bytes]]]

A, B = b'{"type":"a","x":"\xc3\xa9\xe2\x80\xa8"}', b'{"type":"b"}'
USUAL = b"event: a\ndata: " + A + b"\n\nevent: b\ndata: " + B + b"\n\n"


def read(chunks: list[bytes]) -> list[bytes]:
    reader = DataReader()
    found = [data for chunk in chunks for data in reader.feed(chunk)]
    last = reader.close()
    return found if last is None else [*found, last]


@pytest.mark.parametrize(
    "stream",
    [
        USUAL,
        USUAL.replace(b"\n", b"\r\n"),
        USUAL.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + USUAL,
        b": hello\n\n" + USUAL,
        b"\n\n\n" + USUAL,
        b"retry: 10\n\n" + USUAL + b": bye\n\n",
        b"data: " + A + b"\n\ndata:" + B + b"\n\n",
        b'event: a\ndata: {"type":"a",\ndata: "x":"\xc3\xa9\xe2\x80\xa8"}\n\nevent: b\ndata: ' + B + b"\n\n",
        b"event: a\nid: 1\ndata: " + A + b"\n\nevent: b\ndata: " + B + b"\nid: 2\n\n",
        USUAL.rstrip(),
        USUAL.rstrip() + b"\n",
    ],
)
def test_the_same_events_are_found_however_they_are_written_and_cut(stream: bytes, chunkings: Chunkings) -> None:
    for chunks in chunkings(stream):
        assert [data.replace(b"\n", b"") for data in read(chunks)] == [A, B]


def test_a_last_event_that_was_cut_is_none(chunkings: Chunkings) -> None:
    for chunks in chunkings(USUAL.rstrip()[:-3]):
        assert read(chunks) == [A]


@pytest.mark.parametrize("nothing", [b"", b"\n\n", b": still here\n\n", b"event: a\n\n"])
def test_a_stream_without_data_is_empty(nothing: bytes) -> None:
    assert read([nothing]) == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<!doctype html><title>502</title>", "not JSON; it begins with: <!doctype html>"),
        (b'{"type":"error","error":{"message":"busy"}}', "busy"),
        (b'{"type":"message"}', "one JSON object where a stream"),
        (b"[1]", "not an object"),
        (b"Internal Server Error", "begins with: Internal Server Error"),
    ],
)
def test_what_is_no_stream_is_refused(body: bytes, message: str, chunkings: Chunkings) -> None:
    for chunks in chunkings(body):
        with pytest.raises(UpstreamInvalid, match=message):
            read(chunks)


@pytest.mark.parametrize("start", [b"event: a\ndata: ", b"data: "])
def test_an_endless_event_is_refused(start: bytes) -> None:
    reader = DataReader()
    reader.feed(b": comment\n\n" if start == b"data: " else USUAL)
    reader.feed(start)
    reader.feed(b"x" * (MAX_EVENT_BYTES // 2))
    with pytest.raises(UpstreamInvalid, match="over 16 MiB"):
        reader.feed(b"x" * (MAX_EVENT_BYTES // 2))
