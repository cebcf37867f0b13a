"""A provider's bytes as a reply: llhttp's callbacks, and the limits on what a head may be.

The protocol and its parser are one object, as in `http1.parsing`, and for the same reason.
"""

import asyncio
from abc import abstractmethod

import httptools

from ai_dashboard.core.errors import UpstreamError, UpstreamInvalid
from ai_dashboard.transport.client.endpoint import Endpoint
from ai_dashboard.transport.client.reply import UpstreamReply

MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 256

IDLE_S = 60.0
"""How long an idle connection is kept."""

_BODILESS = frozenset({204, 304})


class ResponseParser(asyncio.Protocol):
    """Feeds llhttp. `_reply` is there from the end of its head; `_ended` says that it is whole, `_answered` that a byte
    of it came, `_reusable_s` for how long the connection may rest afterwards, 0 for not at all."""

    __slots__ = (
        "_answered",
        "_connected_s",
        "_ended",
        "_head_bytes",
        "_head_only",
        "_headers",
        "_in_head",
        "_parser",
        "_pieces",
        "_reply",
        "_reusable_s",
        "endpoint",
        "on_body",
    )

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._pieces: list[bytes] = []
        self.on_body = self._pieces.append  # llhttp's callback: no frame of ours per piece
        self._connected_s: float | None = None
        self._head_only = False
        self._reply: UpstreamReply | None = None
        self._answered = False
        self._in_head = False
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._ended = False
        self._reusable_s = 0.0
        self._parser = httptools.HttpResponseParser(self)

    @abstractmethod
    def more(self) -> asyncio.Future[None]:
        """For the reply, as are `read_on` and `abandon`: see `reply.Source`."""

    @abstractmethod
    def read_on(self) -> None: ...

    @abstractmethod
    def abandon(self) -> None: ...

    def _let_go_of_parser(self) -> None:
        """The last read is over; parser and connection refer to each other."""
        del self._parser

    def _parse(self, data: bytes) -> UpstreamError | None:
        """Take a read in; what is wrong with it, if anything is."""
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return UpstreamInvalid(f"{self.endpoint}: it switched to another protocol.")
        except httptools.HttpParserError as error:
            if not self._ended:
                known = error.__context__ if isinstance(error.__context__, UpstreamError) else None
                return known or UpstreamInvalid(f"{self.endpoint}: what it sent is not HTTP ({error}).")
            self._reusable_s = 0.0  # the reply was whole before this began
        if self._reply is None and self._in_head and self._head_bytes > MAX_HEAD_BYTES:
            return self._head_too_large()
        return None

    def _end(self, reply: UpstreamReply) -> None:
        self._ended = True
        if self._pieces:
            reply.feed(self._pieces)
            self._pieces.clear()
        reply.end()

    def _head_too_large(self) -> UpstreamInvalid:
        return UpstreamInvalid(f"{self.endpoint}: its headers are over {MAX_HEAD_BYTES} bytes or {MAX_HEADERS} lines.")

    # ── llhttp calls ─────────────────────────────────────────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        if self._ended:
            self._reusable_s = 0.0  # a reply that nobody asked for
        self._in_head = True
        self._head_bytes = 0
        self._headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value.rstrip()))

    def on_headers_complete(self) -> None:
        self._in_head = False
        headers = self._headers
        self._headers = []  # trailers end up here, and nobody reads them
        status = self._parser.get_status_code()
        if status < 200 or self._ended:
            return
        if len(headers) > MAX_HEADERS:
            raise self._head_too_large()
        fields = dict(headers)
        coding = fields.get(b"transfer-encoding")
        if coding is not None and coding.lower() != b"chunked":
            raise UpstreamInvalid(f"{self.endpoint}: it uses a transfer coding that is not understood.")
        sized = coding is not None or b"content-length" in fields or status in _BODILESS or self._head_only
        self._reply = UpstreamReply(self, status, headers, not sized, self._connected_s)
        self._reusable_s = _idle_limit(fields[b"keep-alive"]) if b"keep-alive" in fields else IDLE_S
        if self._head_only:
            self._reusable_s = 0.0  # llhttp expects the body that HEAD leaves out
            self._end(self._reply)

    def on_message_complete(self) -> None:
        if self._reply is not None and not self._ended:
            if not self._parser.should_keep_alive():
                self._reusable_s = 0.0
            self._end(self._reply)


def _idle_limit(keep_alive: bytes) -> float:
    """Seconds to keep a connection whose provider said `Keep-Alive: timeout=N`: a second less, to close first."""
    for part in keep_alive.split(b","):
        name, _, value = part.strip().partition(b"=")
        if name.lower() == b"timeout" and value.isdigit():
            return min(IDLE_S, int(value) - 1.0)
    return IDLE_S
