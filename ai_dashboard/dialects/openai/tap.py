"""OpenAI in, OpenAI out: the bytes pass through as they came, and a tap notes the little that has to be known.

Before the first content every event is read, since another provider can still answer. After it no chunk is decoded: a
search for a usage object (memory speed) and the last few kilobytes, read once at the end, tell everything else. Bytes
leave at event boundaries only, so that an error event after a cut never lands inside half an event.
"""

import re
from typing import Any

import orjson

from ai_dashboard.core.errors import UpstreamInvalid, UpstreamTruncated
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.sse import MAX_EVENT_BYTES, backwards, data_of, first_event, whole_events

TAIL_BYTES = 8192
"""More than the finish, usage and end events of any provider take together."""

MAX_HELD_BYTES = 64 << 20
"""A reply of which more would have to be held back before any of it may be sent is refused."""

DONE = b"[DONE]"
EMPTY = "the provider's answer is empty"
_USAGE = re.compile(rb'"usage"\s*:\s*\{')
_CUT = object()


class StreamTap:
    """The relay for a stream."""

    def __init__(self, *, hide_usage: bool) -> None:
        self.committed = False
        self.usage: Usage | None = None
        self.finish: str | None = None
        self.failure: str | None = None
        self._hide_usage = hide_usage
        self._held = 0
        self._done = False
        self._finishes: dict[str, str | None] = {}
        self._rest = b""
        self._tail = b""

    def feed(self, chunk: bytes) -> bytes:
        data = self._rest + chunk if self._rest else chunk
        end = whole_events(data)
        out, self._rest = (data, b"") if end == len(data) else (data[:end], data[end:])
        if len(self._rest) > MAX_EVENT_BYTES:
            raise UpstreamInvalid(f"an event of the stream is over {MAX_EVENT_BYTES >> 20} MiB")
        if not out:
            return b""
        if not self.committed:
            self._held = check_held(self._held + len(out))
            self.committed = self._read_opening(out)
        self._tail = out[-TAIL_BYTES:] if len(out) >= TAIL_BYTES else (self._tail + out)[-TAIL_BYTES:]
        if self._hide_usage and _USAGE.search(out):
            return self._without_usage(out)
        return out

    def close(self) -> bytes:
        """Read the tail: is the answer whole, what did it use, did the provider report an error inside it?"""
        for event in backwards(self._tail + self._rest):
            if (data := data_of(event)) is not None and self._read_closing(data):
                break
        finished = bool(self._finishes) and None not in self._finishes.values()
        if self.failure is None and not self._done and not finished:
            raise UpstreamTruncated("the stream ended before the provider said that it was whole")
        # A last event without its blank line is whole all the same when the provider closed properly behind it.
        if self._rest and (_is_cut(self._rest) or (self._hide_usage and _is_usage_only(self._rest))):
            return b""
        return self._rest

    def _read_opening(self, events: bytes) -> bool:
        """Read event by event, and no further than the one that commits us: they may be the whole answer."""
        while events:
            end = first_event(events)
            if (data := data_of(events[:end])) is not None and self._opens(data):
                return True
            events = events[end:]
        return False

    def _opens(self, data: bytes) -> bool:
        """Whether an event commits us to this provider. Raises when it is no beginning of an answer."""
        if not data.strip():
            return False  # some servers keep the line alive with empty events
        if data == DONE:
            raise UpstreamInvalid(EMPTY)
        event = _loads(data)
        if (message := _error_in(event)) is not None:
            raise UpstreamInvalid(message)
        for choice in _choices(event):
            finish = _finish_of(choice)
            if _says_something(choice) or finish not in (None, "stop"):
                return True
            if finish == "stop":
                raise UpstreamInvalid(EMPTY)
        return False

    def _read_closing(self, data: bytes) -> bool:
        """Note what one of the last events says, the last one first. True when those before it have nothing to add: the
        end was seen, the reason for it is known, and this is a piece of the answer like any other."""
        if data == DONE:
            self._done = True
            return False
        try:
            event = orjson.loads(data)
        except orjson.JSONDecodeError:
            return False  # the tail may begin in the middle of an event
        if not isinstance(event, dict):
            return False
        self.failure = self.failure or _error_in(event)
        self.usage = self.usage or usage_of(event.get("usage"))
        ordinary = False
        for choice in _choices(event):
            finish = _finish_of(choice)
            self.finish = self.finish or finish
            index = repr(choice.get("index", 0))
            self._finishes[index] = self._finishes.get(index) or finish
            ordinary = finish is None
        return ordinary and self._done and self.finish is not None

    def _without_usage(self, out: bytes) -> bytes:
        """Take out the usage event that we asked for and the caller did not; everything else stays byte for byte."""
        kept = []
        position = 0
        for found in _USAGE.finditer(out):
            if found.start() < position:
                continue  # the same event has said it before
            start = position + whole_events(out[position : found.start()])
            end = start + first_event(out[start:])
            if _is_usage_only(out[start:end]):
                kept.append(out[position:start])
            else:
                kept.append(out[position:end])
            position = end
        kept.append(out[position:])
        return b"".join(kept)


class WholeTap:
    """The relay for a reply in one piece: checked as a whole before any of it is sent."""

    def __init__(self) -> None:
        self.committed = False
        self.usage: Usage | None = None
        self.finish: str | None = None
        self.failure: str | None = None
        self._pieces: list[bytes] = []
        self._held = 0

    def feed(self, chunk: bytes) -> bytes:
        self._held = check_held(self._held + len(chunk))
        self._pieces.append(chunk)
        return b""

    def close(self) -> bytes:
        body = b"".join(self._pieces)
        reply = _loads(body)
        if (message := _error_in(reply)) is not None:
            raise UpstreamInvalid(message)
        choices = _choices(reply)
        if not choices:
            raise UpstreamInvalid("the provider's answer has no choices")
        self.finish = _finish_of(choices[0])
        if self.finish in (None, "stop") and not any(_says_something(choice) for choice in choices):
            raise UpstreamInvalid(EMPTY)
        self.usage = usage_of(reply.get("usage"))
        self.committed = True
        return body


def check_held(size: int) -> int:
    """The size of what is held back of a reply, refused when it is more than we keep for anybody."""
    if size > MAX_HELD_BYTES:
        raise UpstreamInvalid(f"the provider sent over {MAX_HELD_BYTES >> 20} MiB before any of it could be passed on")
    return size


def usage_of(value: object) -> Usage | None:
    """OpenAI's usage object, or None when it is none."""
    if not isinstance(value, dict):
        return None
    return Usage(
        prompt_tokens=_count(value, "prompt_tokens"),
        completion_tokens=_count(value, "completion_tokens"),
        cached_tokens=_count(value.get("prompt_tokens_details"), "cached_tokens"),
        reasoning_tokens=_count(value.get("completion_tokens_details"), "reasoning_tokens"),
    )


def _count(holder: object, name: str) -> int:
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, int) and value > 0 else 0


def _loads(data: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        shown = data[:80].decode("utf-8", "replace").strip() or "nothing"
        raise UpstreamInvalid(f"the provider's answer is not JSON; it begins with: {shown}") from None
    if not isinstance(value, dict):
        raise UpstreamInvalid("the provider's answer is JSON, but not an object")
    return value


def _error_in(event: dict[str, Any]) -> str | None:
    if not (error := event.get("error")):
        return None
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else "the provider reported an error without a message"


def _choices(event: dict[str, Any]) -> list[dict[str, Any]]:
    choices = event.get("choices")
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []


def _finish_of(choice: dict[str, Any]) -> str | None:
    """Why a choice ended; some providers send an empty reason with every piece, which is none."""
    finish = choice.get("finish_reason")
    return finish if isinstance(finish, str) and finish else None


def _says_something(choice: dict[str, Any]) -> bool:
    """Whether a piece or a message holds content, a tool call, thinking or a refusal: anything but the role."""
    said = choice.get("delta", choice.get("message"))
    if not isinstance(said, dict):
        return bool(choice.get("text"))
    return any(value for name, value in said.items() if name != "role")


def _is_usage_only(event: bytes) -> bool:
    if not _USAGE.search(event):
        return False
    body = _json_of(event)
    return isinstance(body, dict) and not body.get("choices") and not body.get("error") and "usage" in body


def _is_cut(event: bytes) -> bool:
    """Whether the last event of a stream broke off inside its JSON."""
    return _json_of(event) is _CUT


def _json_of(event: bytes) -> object:
    """The JSON that an event carries, None when it carries none, `_CUT` when it is none."""
    data = data_of(event)
    if data is None or data == DONE:
        return None
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return _CUT
