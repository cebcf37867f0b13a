"""Server-sent events as they really come: split anywhere, LF, CRLF or CR, comments, a BOM, several `data:` lines.

Lines end at CR and LF only (never at U+2028 or U+0085, where `str.splitlines` would cut an answer in two), and the text
is UTF-8 whatever the charset header says. Grammar: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import re
from collections.abc import Iterator

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import UpstreamInvalid

MAX_EVENT_BYTES = 16 << 20
"""An event longer than this is refused: nobody sends one, and an endless line must not fill the memory."""

_LINE_END = re.compile(rb"\r\n|\n|\r")
# After LF or CRLF a CR at the very end is the first half of a CRLF; only where lines end in CR it is a line end itself.
_BLANK_LINE = re.compile(rb"(?:\r\n|\n)(?:\r\n|\n|\r(?=[^\n]))|\r\r\n?")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One dispatched event: its `event:` name ("" when it has none) and its `data:` lines joined by LF."""

    name: str
    data: bytes


class SseDecoder:
    """Bytes in, events out. An event that the stream's end cuts off is never handed out."""

    def __init__(self) -> None:
        self._rest = b""
        self._first = True
        self._after_cr = False
        self._name = ""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """The events that this chunk completes."""
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        buffer = self._rest + chunk
        if self._first:
            if _BOM.startswith(buffer):
                self._rest = buffer
                return []
            buffer = buffer.removeprefix(_BOM)
            self._first = False
        events: list[SseEvent] = []
        position = 0
        for end in _LINE_END.finditer(buffer):
            if (event := self._line(buffer[position : end.start()])) is not None:
                events.append(event)
            position = end.end()
        self._after_cr = position > 0 and position == len(buffer) and buffer.endswith(b"\r")
        self._rest = buffer[position:]
        if len(self._rest) + self._size > MAX_EVENT_BYTES:
            raise UpstreamInvalid(f"an event of the stream is over {MAX_EVENT_BYTES >> 20} MiB")
        return events

    def _line(self, line: bytes) -> SseEvent | None:
        if not line:
            event = SseEvent(self._name, b"\n".join(self._data)) if self._data else None
            self._name, self._data, self._size = "", [], 0
            return event
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
            self._size += len(line)
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
        return None


def data_of(event: bytes) -> bytes | None:
    """The data of one whole event, None when it has none (a comment, a blank line). The usual event is a single line of
    data, which needs no decoder."""
    if (
        event.startswith(b"data: ")
        and event.endswith(b"\n\n")
        and event.find(b"\n") == len(event) - 2
        and b"\r" not in event
    ):
        return event[6:-2]
    return next((decoded.data for decoded in SseDecoder().feed(event + b"\n\n")), None)


def first_event(buffer: bytes) -> int:
    """How many leading bytes are the first event; all of them when it is not whole."""
    if b"\r" not in buffer:
        end = buffer.find(b"\n\n")
        return end + 2 if end >= 0 else len(buffer)
    blank = _BLANK_LINE.search(buffer)
    return blank.end() if blank else len(buffer)


def whole_events(buffer: bytes) -> int:
    """How many leading bytes of a buffer are whole events; what follows has to wait for more."""
    if buffer.endswith((b"\n\n", b"\r\n\r\n")):
        return len(buffer)
    if b"\r" not in buffer:
        end = buffer.rfind(b"\n\n")
        return end + 2 if end >= 0 else 0
    end = 0
    for blank in _BLANK_LINE.finditer(buffer):
        end = blank.end()
    return end


def backwards(buffer: bytes) -> Iterator[bytes]:
    """The events of a buffer from the last to the first, each with its blank line; the last may be without."""
    while buffer:
        start = whole_events(buffer.rstrip(b"\r\n"))
        yield buffer[start:]
        buffer = buffer[:start]
