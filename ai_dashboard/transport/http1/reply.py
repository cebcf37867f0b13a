"""Reply heads as bytes. Framing headers are written here and nowhere else, so a reply cannot contradict itself."""

from collections.abc import Sequence
from http import HTTPStatus

import orjson

from ai_dashboard.core.errors import GatewayError

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"

FRAMING_HEADERS = frozenset({b"content-length", b"transfer-encoding", b"connection", b"keep-alive"})
"""What only the server knows. A handler that relays a provider's reply drops these first."""

BODILESS = frozenset({204, 304})

_BREAKS = b"\r\n\0"

_STATUS_LINES = {status.value: b"HTTP/1.1 %d %b\r\n" % (status.value, status.phrase.encode()) for status in HTTPStatus}


Headers = Sequence[tuple[bytes, bytes]]


class HeaderBlock(bytes):
    """Headers that are encoded and checked already: whole lines, CRLF included."""

    __slots__ = ()


def header_block(headers: Headers) -> HeaderBlock:
    """Encode headers, once for many replies.

    Raises `ValueError` for a framing header or a CR, LF or NUL inside a name or value: such a reply would end somewhere
    else than we think.
    """
    for name, _ in headers:
        if name in FRAMING_HEADERS:
            raise ValueError(f"the header {name.decode('latin-1')} is the server's own to write")
    block = b"".join([b"%b: %b\r\n" % header for header in headers])
    if len(block) - len(block.translate(None, _BREAKS)) != 2 * len(headers):
        raise ValueError("a reply header holds CR, LF or NUL")
    return HeaderBlock(block)


def encode_head(status: int, headers: Headers | HeaderBlock, framing: bytes) -> bytes:
    """Status line, headers, then `framing` (whole lines, CRLF included) and the empty line. Raises `ValueError` as
    `header_block` does."""
    status_line = _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status
    block = headers if isinstance(headers, HeaderBlock) else header_block(headers)
    return b"%b%b%b\r\n" % (status_line, block, framing)


def error_body(error: GatewayError) -> bytes:
    """The reply of last resort, for clients of whose dialect nothing is known: OpenAI's form, which most can read."""
    text = f"{error.message.removesuffix('.')}. {error.hint}" if error.hint else error.message
    return orjson.dumps({"error": {"message": text, "type": error.kind, "code": error.code}})


JSON_HEADERS = ((b"content-type", b"application/json"),)
