"""Newline-delimited JSON as it really comes: split anywhere, LF or CRLF, blank lines, no newline at the end."""

from collections.abc import Iterator
from typing import Any

import orjson

from ai_dashboard.core.errors import UpstreamInvalid

MAX_LINE_BYTES = 16 << 20


class NdjsonDecoder:
    """Bytes in, objects out."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []  # of a line; joined once, since a line may come in thousands of them
        self._size = 0

    def feed(self, chunk: bytes) -> list[dict[str, Any]]:
        """The objects that this chunk completes."""
        first, *others = chunk.split(b"\n")
        self._pieces.append(first)
        self._size += len(first)
        if self._size > MAX_LINE_BYTES:
            raise UpstreamInvalid(f"a line of the stream is over {MAX_LINE_BYTES >> 20} MiB")
        if not others:
            return []
        lines = [b"".join(self._pieces), *others]
        self._pieces = [lines.pop()]
        self._size = len(self._pieces[0])
        return [_object(line) for line in lines if line.strip()]

    def close(self) -> list[dict[str, Any]]:
        """The last object, when the stream ended without a newline; one that was cut in half is not an object."""
        rest = b"".join(self._pieces).strip()
        self._pieces.clear()
        if not rest:
            return []
        try:
            return [_object(rest)]
        except UpstreamInvalid:
            return []


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise UpstreamInvalid(f"a line of the stream is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise UpstreamInvalid("a line of the stream is JSON, but not an object")
    return value


def whole_lines(buffer: bytes) -> int:
    """How many leading bytes of a buffer are whole lines; what follows has to wait for more."""
    return buffer.rfind(b"\n") + 1


def first_line(buffer: bytes) -> int:
    """How many leading bytes are the first line; all of them when it is not whole."""
    return buffer.find(b"\n") + 1 or len(buffer)


def backwards(buffer: bytes) -> Iterator[bytes]:
    """The lines of a buffer from the last to the first, each with its newline; the last may be without."""
    while buffer:
        start = buffer.rfind(b"\n", 0, len(buffer) - 1) + 1
        yield buffer[start:]
        buffer = buffer[:start]
