"""The same form in and out: the bytes pass through as they came, and a tap notes the little that has to be known.

Before the first content every event is read, since another provider can still answer. After it no chunk is decoded: the
last few kilobytes, read once at the end, tell everything else, and of the others only the shape is looked at. An event
with data that neither begins nor ends as an object does is read after all; where it is noise the stream ends before it.
Bytes leave at event boundaries only, so that an error event after a cut never lands inside half an event.
"""

import re
from collections.abc import Callable, Iterator
from typing import Protocol

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import UpstreamInvalid, UpstreamTruncated
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects import ndjson, sse

TAIL_BYTES = 8192
"""More than the finish, usage and end events of any provider take together."""

NEAR_BYTES = 1024
"""More than most events that have to be read have."""

MAX_HELD_BYTES = 64 << 20
"""A reply of which more would have to be held back before any of it may be sent is refused."""


PIECE_CHARS = 4
"""What an event of a stream says on average: a token."""


class Grammar(Protocol):
    """What the events of one form mean. `whole` says, after `closes` has seen the last ones, whether the provider said
    that its reply is complete; `failure` is an error that it reported inside the reply."""

    usage: Usage | None
    finish: str | None
    failure: str | None

    @property
    def whole(self) -> bool: ...

    def opens(self, data: bytes) -> bool:
        """Read an event before the commit: does it commit us to this provider? Raises `UpstreamInvalid` when it is no
        beginning of an answer."""
        ...

    def closes(self, data: bytes) -> bool:
        """Read one of the last events, the last one first. True when those before it have nothing to add. The first one
        in the buffer may be cut in its middle."""
        ...


@dataclass(frozen=True, slots=True)
class Framing:
    """How events are told apart: the bytes that are whole events, the first of them, all of them from the last to the
    first, the data that one carries (None when it carries none), and how many there are, roughly. `usual` matches
    events that look like those of a sound answer; others have to be read before anybody knows."""

    whole: Callable[[bytes], int]
    first: Callable[[bytes], int]
    backwards: Callable[[bytes], Iterator[bytes]]
    data: Callable[[bytes], bytes | None]
    count: Callable[[bytes], int]
    usual: re.Pattern[bytes]


# Possessive, and without a class to scan a line with: a quarter of the time that decoding takes.
_OBJECT = rb"\{.*+(?:(?<=\})|(?<=\}\r))\n"
SSE = Framing(
    sse.whole_events, sse.first_event, sse.backwards, sse.data_of, lambda events: events.count(b"data:"),
    re.compile(rb"(?:(?:event:.*+\n)?+data: ?+" + _OBJECT + rb"\r?+\n)++"),
)  # fmt: skip
NDJSON = Framing(
    ndjson.whole_lines, ndjson.first_line, ndjson.backwards, bytes.strip, lambda lines: lines.count(b"\n"),
    re.compile(rb"(?:" + _OBJECT + rb")++"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hidden:
    """Events that we asked for and the caller did not: those in which `pattern` is found and that `only` agrees to."""

    pattern: re.Pattern[bytes]
    only: Callable[[bytes], bool]


class StreamTap:
    """The relay for a stream."""

    __slots__ = (
        "_framing",
        "_grammar",
        "_held",
        "_hidden",
        "_passed",
        "_refused",
        "_tail",
        "_usual",
        "_waiting",
        "_waiting_bytes",
        "committed",
    )

    def __init__(self, grammar: Grammar, framing: Framing, hidden: Hidden | None = None) -> None:
        self.committed = False
        self._grammar = grammar
        self._framing = framing
        self._hidden = hidden
        self._held = 0
        self._passed = 0
        self._refused: UpstreamInvalid | None = None
        self._usual = framing.usual.fullmatch
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._tail = b""

    @property
    def said(self) -> int:
        """As many pieces as there are events in so many bytes, as far as its end tells."""
        return self._passed * PIECE_CHARS * self._framing.count(self._tail) // max(1, len(self._tail))

    @property
    def usage(self) -> Usage | None:
        return self._grammar.usage

    @property
    def finish(self) -> str | None:
        return self._grammar.finish

    @property
    def failure(self) -> str | None:
        return self._grammar.failure

    def feed(self, chunk: bytes) -> bytes:
        if self._refused is not None:
            raise self._refused
        out = self._whole_events(chunk)
        if not out:
            return b""
        if not self.committed:
            self._held = check_held(self._held + len(out))
            self.committed = self._read_opening(out)
        if self.committed and self._usual(out) is None:
            out = self._before_noise(out)
        size = len(out)
        self._passed += size
        # Pieces are far smaller than the tail: let it grow to twice its length before it is cut again.
        tail = self._tail + out if size < TAIL_BYTES else out
        self._tail = tail if len(tail) <= 2 * TAIL_BYTES else tail[-TAIL_BYTES:]
        hidden = self._hidden
        if hidden is not None and hidden.pattern.search(out):
            return self._without(hidden, out)
        return out

    def close(self) -> bytes:
        """Read the tail: is the answer whole, what did it use, did the provider report an error inside it?"""
        if self._refused is not None:
            raise self._refused
        grammar, framing = self._grammar, self._framing
        rest = b"".join(self._waiting)
        for event in framing.backwards(self._tail + rest):
            if (data := framing.data(event)) and grammar.closes(data):
                break
        if grammar.failure is None and not grammar.whole:
            raise UpstreamTruncated("the stream ended before the provider said that it was whole")
        # A last event without its blank line is whole all the same when the provider closed properly behind it.
        if rest and (_is_cut(framing.data(rest)) or (self._hidden is not None and self._hidden.only(rest))):
            return b""
        return rest

    def _whole_events(self, chunk: bytes) -> bytes:
        """What is whole of the events so far; the rest waits, in pieces until a line ends: joining an endless line
        with each of its pieces would take longer and longer."""
        waiting = self._waiting
        if waiting:
            waiting.append(chunk)
            if b"\n" not in chunk and b"\r" not in chunk:
                return self._checked_waiting()
            chunk = b"".join(waiting)
            waiting.clear()
        end = self._framing.whole(chunk)
        if end == len(chunk):
            self._waiting_bytes = 0
            return chunk
        waiting.append(chunk[end:])
        self._waiting_bytes = 0
        self._checked_waiting()
        return chunk[:end]

    def _checked_waiting(self) -> bytes:
        self._waiting_bytes += len(self._waiting[-1])
        if self._waiting_bytes > sse.MAX_EVENT_BYTES:
            raise UpstreamInvalid(f"an event of the stream is over {sse.MAX_EVENT_BYTES >> 20} MiB")
        return b""

    def _read_opening(self, events: bytes) -> bool:
        """Read event by event, and no further than the one that commits us: they may be the whole answer."""
        framing = self._framing
        while events:
            end = framing.first(events)
            if (data := framing.data(events[:end])) and self._grammar.opens(data):
                return True
            events = events[end:]
        return False

    def _before_noise(self, events: bytes) -> bytes:
        """The events in front of the first that is none of an answer: all of them where there is no such one. Raises at
        once, or at the next turn where something worth sending came before it."""
        framing, position = self._framing, 0
        while position < len(events):
            if (usual := framing.usual.match(events, position)) is not None:
                position = usual.end()
                continue
            event = self._first_from(position, events)
            if (data := framing.data(event)) and not _is_no_noise(data):
                message = f"an event of the stream is no JSON object; it begins with: {_shown(data)}"
                self._refused = UpstreamInvalid(message)
                if not position:
                    raise self._refused
                break
            position += len(event)
        return events[:position]

    def _first_from(self, position: int, events: bytes) -> bytes:
        """The first event from there on. Copying all that follows, for each of many short ones, would take for ever."""
        near = events[position : position + NEAR_BYTES]
        size = self._framing.first(near)
        if size < len(near):
            return near[:size]
        return events[position : position + self._framing.first(events[position:])]

    def _without(self, hidden: Hidden, out: bytes) -> bytes:
        """Take the hidden events out; everything else stays byte for byte."""
        framing = self._framing
        kept = []
        position = 0
        for found in hidden.pattern.finditer(out):
            if found.start() < position:
                continue  # the same event has said it before
            start = position + framing.whole(out[position : found.start()])
            end = start + framing.first(out[start:])
            if hidden.only(out[start:end]):
                kept.append(out[position:start])
            else:
                kept.append(out[position:end])
            position = end
        kept.append(out[position:])
        return b"".join(kept)


class WholeTap:
    """The relay for a reply in one piece: checked as a whole before any of it is sent. `read` gives its usage and its
    finish reason, and raises `UpstreamInvalid` when it is no answer."""

    __slots__ = ("_held", "_pieces", "_read", "committed", "failure", "finish", "said", "usage")

    def __init__(self, read: Callable[[JsonObject], tuple[Usage | None, str | None]]) -> None:
        self.committed = False
        self.usage: Usage | None = None
        self.finish: str | None = None
        self.failure: str | None = None
        self.said = 0
        self._read = read
        self._pieces: list[bytes] = []
        self._held = 0

    def feed(self, chunk: bytes) -> bytes:
        self._held = check_held(self._held + len(chunk))
        self._pieces.append(chunk)
        return b""

    def close(self) -> bytes:
        pieces = self._pieces
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self.usage, self.finish = self._read(object_in(body))
        self.said = self._held
        self.committed = True
        return body


def check_held(size: int) -> int:
    """The size of what is held back of a reply, refused when it is more than we keep for anybody."""
    if size > MAX_HELD_BYTES:
        raise UpstreamInvalid(f"the provider sent over {MAX_HELD_BYTES >> 20} MiB before any of it could be passed on")
    return size


def object_in(data: bytes) -> JsonObject:
    """The JSON object of a reply or of an event. Raises `UpstreamInvalid` for anything else."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise UpstreamInvalid(f"the provider's answer is not JSON; it begins with: {_shown(data)}") from None
    if not isinstance(value, dict):
        raise UpstreamInvalid("the provider's answer is JSON, but not an object")
    return value


def late_object(data: bytes) -> JsonObject | None:
    """The JSON object of one of the last events, None when it is none: the tail may begin in the middle of an event."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _is_cut(data: bytes | None) -> bool:
    """Whether the last event of a stream broke off inside its JSON."""
    return bool(data) and not _is_no_noise(data or b"")


def _is_no_noise(data: bytes) -> bool:
    return not data.strip() or data.strip() == b"[DONE]" or late_object(data) is not None


def _shown(data: bytes) -> str:
    return data[:80].decode("utf-8", "replace").strip() or "nothing"
