"""Newline-delimited JSON as it really comes: split anywhere, LF or CRLF, blank lines, no newline at the end."""

from typing import Any

import orjson

from ai_dashboard.core.errors import UpstreamInvalid

MAX_LINE_BYTES = 16 << 20


class NdjsonDecoder:
    """Bytes in, objects out."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[dict[str, Any]]:
        """The objects that this chunk completes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            raise UpstreamInvalid(f"a line of the stream is over {MAX_LINE_BYTES >> 20} MiB")
        return [_object(line) for line in lines if line.strip()]

    def close(self) -> list[dict[str, Any]]:
        """The last object, when the stream ended without a newline; one that was cut in half is not an object."""
        rest, self._rest = self._rest.strip(), b""
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
