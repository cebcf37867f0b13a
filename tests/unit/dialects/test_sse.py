"""The decoder against an oracle that follows the specification line by line, and where a stream may be cut."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.dialects import sse
from ai_dashboard.dialects.sse import SseDecoder, SseEvent, first_event, whole_events

ATOMS = (
    *(b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", b"\r\r"),
    *(b"data: one", b"data:two", b"data:  three", b"data", b"data:", b"event: ping", b"event:"),
    *(b": a comment", b"id: 7", b"retry: 10", b"unknown: field", b" data: indented", b"data: a: b"),
    "data: é 🙂 \u2028 \u2029 \u0085 end".encode(),
    b"data: \xff\xfe",
)
streams = st.lists(st.sampled_from(ATOMS), max_size=24).map(b"".join)
cuts = st.lists(st.integers(0, 200), max_size=8)


def oracle(stream: bytes) -> list[SseEvent]:
    """https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation, without hurry."""
    *lines, _unfinished = re.split(rb"\r\n|\n|\r", stream.removeprefix(b"\xef\xbb\xbf"))
    events = []
    name, data, has_data = "", b"", False
    for line in lines:
        if line == b"":
            if has_data:
                events.append(SseEvent(name, data.removesuffix(b"\n")))
            name, data, has_data = "", b"", False
        elif not line.startswith(b":"):
            field, _, value = line.partition(b":")
            if value.startswith(b" "):
                value = value[1:]
            if field == b"event":
                name = value.decode("utf-8", "replace")
            if field == b"data":
                data, has_data = data + value + b"\n", True
    return events


def decoded(chunks: list[bytes]) -> list[SseEvent]:
    decoder = SseDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)]


def split(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(place, len(stream)) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


@given(streams, cuts, st.booleans())
def test_any_split_of_any_stream_gives_the_events_of_the_specification(
    stream: bytes, places: list[int], bom: bool
) -> None:
    stream = b"\xef\xbb\xbf" * bom + stream
    assert decoded(split(stream, places)) == oracle(stream)


@given(streams)
def test_byte_by_byte_gives_the_same_events(stream: bytes) -> None:
    assert decoded([bytes([byte]) for byte in stream]) == oracle(stream)


@given(streams)
def test_whole_events_never_cuts_an_event(stream: bytes) -> None:
    end = whole_events(stream)
    assert oracle(stream[:end]) + oracle(stream[end:]) == oracle(stream)


@given(streams)
def test_what_whole_events_leaves_holds_no_finished_event(stream: bytes) -> None:
    rest = stream[whole_events(stream) :]
    # A CR that may be the first half of a CRLF ends its line already, and still waits.
    assert oracle(rest.removesuffix(b"\r")) == []


@given(streams)
def test_first_event_is_one_event_and_cuts_none(stream: bytes) -> None:
    end = first_event(stream)
    assert len(oracle(stream[:end])) <= 1
    assert oracle(stream[:end]) + oracle(stream[end:]) == oracle(stream)
    assert end > 0 or not stream


@pytest.mark.parametrize(
    ("stream", "whole"),
    [
        (b"", b""),
        (b"data: a\n", b""),
        (b"data: a\n\n", b"data: a\n\n"),
        (b"data: a\n\ndata: b", b"data: a\n\n"),
        (b"data: a\r\n\r\ndata: b\r\n", b"data: a\r\n\r\n"),
        (b"data: a\r\n\r", b""),
        (b"data: a\r\rdata: b", b"data: a\r\r"),
        (b": ping\n\n", b": ping\n\n"),
        ("data: a\u2028\u2028b".encode(), b""),
    ],
)
def test_how_much_of_a_buffer_is_whole(stream: bytes, whole: bytes) -> None:
    assert stream[: whole_events(stream)] == whole


@pytest.mark.parametrize("line", [b"data: " + b"x" * 100, b"data: 123456\n" * 8, b"data:\n" * 20, b": " + b"c" * 100])
def test_an_endless_event_is_refused(line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 64)
    with pytest.raises(UpstreamInvalid, match="over"):
        decoded([bytes([byte]) for byte in line])


def test_many_small_events_are_not_one_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 64)
    assert len(decoded([b"data: 12345678\n\n" * 50])) == 50
