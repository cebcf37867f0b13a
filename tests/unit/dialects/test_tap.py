"""Bytes that pass as they came, with a grammar of four words: say, n, end, error. The dialects' own are tested beside
them."""

import re
from collections.abc import Callable, Iterator

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import UpstreamInvalid, UpstreamTruncated
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects import tap as module
from ai_dashboard.dialects.sse import MAX_EVENT_BYTES
from ai_dashboard.dialects.tap import (
    MAX_HELD_BYTES,
    NDJSON,
    SSE,
    TAIL_BYTES,
    Framing,
    Hidden,
    StreamTap,
    WholeTap,
    check_held,
    late_object,
    object_in,
)  # fmt: skip

Chunkings = Callable[[bytes], Iterator[list[bytes]]]

ROLE, SAY, COUNT, END = b"data: {}\n\n", b'data: {"say":1}\n\n', b'data: {"n":7}\n\n', b'data: {"end":1}\n\n'
ERROR = b'data: {"error":"broken"}\n\n'


class Words:
    """The grammar. `read` counts what it was shown, before the commit and at the end."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.finish: str | None = None
        self.failure: str | None = None
        self.whole = False
        self.read = 0

    def opens(self, data: bytes) -> bool:
        self.read += 1
        if b"error" in data:
            raise UpstreamInvalid("broken")
        return b"say" in data

    def closes(self, data: bytes) -> bool:
        self.read += 1
        event = late_object(data)
        if event is None:
            return False
        if "error" in event:
            self.failure = "broken"
        if "end" in event:
            self.whole, self.finish = True, "stop"
        if "n" in event:
            self.usage = Usage(event["n"], 0)
        return self.usage is not None


def pass_on(tap: StreamTap, chunks: list[bytes], sent: list[bytes]) -> None:
    """As far as it comes."""
    sent.extend(map(tap.feed, chunks))
    sent.append(tap.close())


def passed(tap: StreamTap, *chunks: bytes) -> bytes:
    return b"".join(map(tap.feed, chunks)) + tap.close()


def test_every_byte_passes_however_it_is_cut(chunkings: Chunkings) -> None:
    stream = ROLE + b": a comment\r\n\r\n" + SAY + SAY + COUNT + END
    for chunks in chunkings(stream):
        words = Words()
        assert passed(StreamTap(words, SSE), *chunks) == stream
        assert (words.usage, words.finish, words.failure) == (Usage(7, 0), "stop", None)


@given(st.lists(st.text(max_size=40)), st.lists(st.integers(0, 400)))
def test_lines_of_any_text_pass_as_well(texts: list[str], cuts: list[int]) -> None:
    lines = [b'{"say":1}', *(b'{"text":' + orjson.dumps(text) + b"}" for text in texts), b'{"end":1}']
    stream = b"".join(line + b"\n" for line in lines)
    places = sorted({0, *(cut for cut in cuts if cut < len(stream))})
    chunks = [stream[start:end] for start, end in zip(places, [*places[1:], len(stream)], strict=True)]
    assert passed(StreamTap(Words(), NDJSON), *chunks) == stream


def test_it_commits_with_the_first_word_and_reads_nothing_between_it_and_the_end() -> None:
    words = Words()
    tap = StreamTap(words, SSE)
    tap.feed(ROLE)
    committed = [tap.committed]
    tap.feed(SAY)
    committed.append(tap.committed)
    assert committed == [False, True]
    seen = words.read
    for _ in range(50):
        tap.feed(SAY)
    assert words.read == seen
    assert (tap.usage, tap.finish, tap.failure) == (None, None, None)


def test_nothing_leaves_before_its_event_is_whole() -> None:
    tap = StreamTap(Words(), SSE)
    assert tap.feed(SAY[:-1]) == b""
    assert tap.feed(SAY[-1:] + SAY[:5]) == SAY
    assert tap.feed(SAY[5:]) == SAY


def test_an_error_before_the_first_word_is_raised_and_one_after_it_is_noted() -> None:
    with pytest.raises(UpstreamInvalid, match="broken"):
        StreamTap(Words(), SSE).feed(ROLE + ERROR)
    tap = StreamTap(Words(), SSE)
    assert passed(tap, SAY, ERROR) == SAY + ERROR
    assert tap.failure == "broken"


NOISE = b"data: \xff\xfe\x00 not JSON\n\n"
LINE, LAST = b'{"say":1}\n', b'{"end":1,"n":7}\n'


@pytest.mark.parametrize(
    ("framing", "before", "noise", "after"),
    [
        (SSE, SAY, NOISE, SAY + COUNT + END),
        (SSE, SAY, b"data: [1]\r\n\r\n", COUNT + END),
        (SSE, SAY + SAY[:-1].replace(b"\n", b"\r\n") + b"\r\n", b'event: x\ndata: {"say"\n\n', END),
        (SSE, SAY + b": still there\n\n" * 99, b'data: "say"\n\n', b""),
        (SSE, SAY, b"data: " + b"x" * 2 * module.NEAR_BYTES + b"\n\n", END),
        (NDJSON, LINE, b"\xff\xfe\x00\n", LINE + LAST),
        (NDJSON, LINE + b"\r\n" + LINE, b"<html>\n", LAST),
        (NDJSON, LINE, b'{"say":\n', LAST),
    ],
)
def test_a_stream_ends_in_front_of_noise(
    framing: Framing, before: bytes, noise: bytes, after: bytes, chunkings: Chunkings
) -> None:
    for chunks in chunkings(before + noise + after):
        sent: list[bytes] = []
        with pytest.raises(UpstreamInvalid, match="an event of the stream is no JSON object"):
            pass_on(StreamTap(Words(), framing), chunks, sent)
        assert b"".join(sent) == before


@pytest.mark.parametrize(
    "event",
    [
        b": a comment\n\n", b"\n", b"data:\n\n", b"event: ping\n\n", b"data:{}\n\n", b"id: 7\ndata: {}\n\n",
        b'data: {"a":\ndata: 1}\n\n', b'data: {"text":"}\\n\\ndata: {"} \n\n', b"data: {}\r\n\r\n", b"data: {}\r\r",
        b"retry: 9\n\n",
    ],
)  # fmt: skip
def test_what_looks_unusual_and_is_sound_passes(event: bytes) -> None:
    stream = SAY + event + SAY + event + COUNT + END
    assert passed(StreamTap(Words(), SSE), stream) == stream
    assert passed(StreamTap(Words(), SSE), SAY, event, SAY + event + COUNT + END) == stream


def test_many_short_events_take_no_longer_than_their_length() -> None:
    """With a copy of the rest for each of them this would be several gigabytes."""
    noise = b":\n\n" * 50_000
    tap = StreamTap(Words(), SSE)
    assert tap.feed(SAY + noise) == SAY + noise


@pytest.mark.parametrize("stream", [b"", ROLE, SAY, SAY + b'data: {"end":1', SAY + b"garbage\n\n"])
def test_a_stream_without_its_end_is_never_whole(stream: bytes) -> None:
    tap = StreamTap(Words(), SSE)
    tap.feed(stream)
    with pytest.raises(UpstreamTruncated):
        tap.close()


def test_a_last_event_without_its_blank_line_counts_and_passes() -> None:
    assert passed(StreamTap(Words(), SSE), SAY, END.rstrip()) == SAY + END.rstrip()


def test_half_an_event_behind_the_end_is_dropped() -> None:
    assert passed(StreamTap(Words(), SSE), SAY + COUNT + END, b'data: {"mo') == SAY + COUNT + END


def test_the_end_is_found_in_the_tail_of_a_long_stream() -> None:
    words = Words()
    tap = StreamTap(words, SSE)
    events = 5 * TAIL_BYTES // len(SAY)
    size = sum(len(tap.feed(SAY)) for _ in range(events)) + len(tap.feed(COUNT + END)) + len(tap.close())
    assert size == events * len(SAY) + len(COUNT + END)
    assert (tap.usage, tap.finish) == (Usage(7, 0), "stop")
    assert words.read < 10
    assert tap.said == pytest.approx(module.PIECE_CHARS * events, rel=0.02)


def test_what_the_caller_did_not_ask_for_is_taken_out_byte_for_byte(chunkings: Chunkings) -> None:
    hidden = Hidden(re.compile(rb'"n"'), lambda event: b"say" not in event)
    both = b'data: {"say":1,"n":7}\n\n'
    stream = ROLE + SAY + COUNT + both + COUNT + SAY + COUNT + END
    for chunks in chunkings(stream):
        words = Words()
        assert passed(StreamTap(words, SSE, hidden), *chunks) == ROLE + SAY + both + SAY + END
        assert words.usage == Usage(7, 0)


def test_an_endless_event_and_an_endless_beginning_are_refused() -> None:
    tap = StreamTap(Words(), SSE)
    pieces = [b"x" * (MAX_EVENT_BYTES // 4)] * 6
    with pytest.raises(UpstreamInvalid, match="MiB"):
        list(map(tap.feed, pieces))
    with pytest.raises(UpstreamInvalid, match="MiB before any of it"):
        check_held(MAX_HELD_BYTES + 1)
    assert check_held(MAX_HELD_BYTES) == MAX_HELD_BYTES


def test_a_whole_reply_is_checked_before_any_of_it_leaves() -> None:
    def read(body: JsonObject) -> tuple[Usage | None, str | None]:
        if "error" in body:
            raise UpstreamInvalid("broken")
        return Usage(1, 2), "stop"

    tap = WholeTap(read)
    assert (tap.feed(b'{"say"'), tap.feed(b": 1}"), tap.committed) == (b"", b"", False)
    assert tap.close() == b'{"say": 1}'
    assert (tap.committed, tap.usage, tap.finish, tap.failure, tap.said) == (True, Usage(1, 2), "stop", None, 10)
    broken = WholeTap(read)
    broken.feed(b'{"error": 1}')
    with pytest.raises(UpstreamInvalid, match="broken"):
        broken.close()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"<!doctype html><title>Hi", "not JSON; it begins with: <!doctype html>"),
        (b"", "it begins with: nothing"),
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "not an object"),
        (b"NaN", "not JSON"),
    ],
)
def test_what_is_no_object_is_no_reply(data: bytes, says: str) -> None:
    with pytest.raises(UpstreamInvalid, match=re.escape(says)):
        object_in(data)
    assert late_object(data) is None


def test_an_object_is_read_early_and_late() -> None:
    assert object_in(b'{"a": 1}') == late_object(b'{"a": 1}') == {"a": 1}
