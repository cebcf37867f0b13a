"""The data of a stream's events, fast where they look as Anthropic writes them, and right where they do not."""

import orjson

from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.dialects.anthropic.replies import error_in
from ai_dashboard.dialects.sse import MAX_EVENT_BYTES, SseDecoder
from ai_dashboard.dialects.tap import object_in

_HEAD_BYTES = 4096


class DataReader:
    """Bytes in, the data of events out. Anthropic's events are a line with their name, a line with their data and a
    blank line, ended by LF; from the first one on that is not, the stream is read line by line."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: SseDecoder | None = None
        self._head = b""
        self._seen = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of the events that this chunk completes."""
        if not self._seen and len(self._head) < _HEAD_BYTES:
            self._head += chunk[:_HEAD_BYTES]
        if self._lines is not None:
            return self._by_line(self._lines, chunk)
        buffer = self._rest + chunk if self._rest else chunk
        end = buffer.rfind(b"\n\n") + 2
        if end == 1:
            end = 0
        found = _data_of(buffer[:end])
        if found is None or b"\r" in chunk:
            self._rest = b""
            self._lines = SseDecoder()
            return self._by_line(self._lines, buffer)
        self._rest = buffer[end:]
        if len(self._rest) > MAX_EVENT_BYTES:
            raise UpstreamInvalid(f"an event of the stream is over {MAX_EVENT_BYTES >> 20} MiB")
        self._seen = self._seen or bool(found)
        return found

    def close(self) -> bytes | None:
        """The data of a last event without its blank line, None when there is none, or one that was cut. Raises
        `UpstreamInvalid` when what came is no stream of events."""
        found = self._by_line(self._lines or SseDecoder(), self._rest + b"\n\n")
        if found:
            try:
                orjson.loads(found[-1])
            except orjson.JSONDecodeError:
                return None
            return found[-1]
        if not self._seen and (head := self._head.strip()) and not head.startswith((b":", b"event:", b"data:")):
            message = error_in(object_in(head))
            raise UpstreamInvalid(message or "the provider's answer is one JSON object where a stream was asked for")
        return None

    def _by_line(self, lines: SseDecoder, chunk: bytes) -> list[bytes]:
        found = [event.data for event in lines.feed(chunk)]
        self._seen = self._seen or bool(found)
        return found


def _data_of(events: bytes) -> list[bytes] | None:
    """The data of whole events, None when one does not look as expected."""
    found: list[bytes] = []
    position = 0
    size = len(events)
    while position < size:
        if not events.startswith(b"event: ", position):
            return None
        data = events.find(b"\n", position) + 1
        if not events.startswith(b"data: ", data):
            return None
        end = events.find(b"\n", data)
        if events[end + 1 : end + 2] != b"\n":
            return None
        found.append(events[data + 6 : end])
        position = end + 2
    return found
