"""One connection to a provider: it carries one exchange at a time and is idle in between.

What llhttp says is turned into an `UpstreamReply`; whatever ends the exchange early becomes one member of the error
tree here. A connection that failed, was abandoned or has unread bytes is closed and never reused.
"""

import asyncio
from collections.abc import Callable
from typing import cast

import httptools

from ai_dashboard.core.errors import UpstreamError, UpstreamInvalid
from ai_dashboard.transport.client.endpoint import Endpoint
from ai_dashboard.transport.client.failures import cut, late
from ai_dashboard.transport.client.reply import UpstreamReply
from ai_dashboard.transport.client.timeouts import Timeouts
from ai_dashboard.transport.deadline import NEVER, Deadline

READ_AHEAD = 256 * 1024
"""Body bytes that wait for their reader before no more is read from the provider."""

MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 256

JOIN_UP_TO = 64 * 1024
"""Head and body below this many bytes leave in one piece; above it the copy costs more than the second write."""

IDLE_S = 60.0
"""How long an idle connection is kept."""

_BODILESS = frozenset({204, 304})


class Stale(Exception):
    """A pooled connection turned out to be closed before a byte of the reply: nothing was answered, try a fresh one."""


Outcome = UpstreamReply | UpstreamError | Stale
"""What a request comes to, as far as the head of its reply."""


class UpstreamConnection(asyncio.Protocol):
    """`on_idle` is told when the connection may be used again, `on_lost` when it is gone."""

    def __init__(
        self,
        endpoint: Endpoint,
        on_idle: "Callable[[UpstreamConnection], None]",
        on_lost: "Callable[[UpstreamConnection], None]",
    ) -> None:
        self.endpoint = endpoint
        self.lost = False
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._deadline = Deadline(self._loop, self._on_deadline)
        self._pieces: list[bytes] = []
        self.on_body = self._pieces.append  # llhttp's callback: no frame of ours per piece
        self._parser = httptools.HttpResponseParser(self)
        # the exchange in progress
        self._busy = False
        self._timeouts = Timeouts()
        self._total_due = NEVER
        self._connected_s: float | None = None
        self._head_only = False
        self._head_waiter: asyncio.Future[Outcome] | None = None
        self._body_waiter: asyncio.Future[None] | None = None
        self._reply: UpstreamReply | None = None
        # what was received of it
        self._answered = False
        self._in_head = False
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._ended = False
        self._reusable_s = 0.0
        self._reading_paused = False

    def request(
        self, head: bytes, body: bytes, timeouts: Timeouts, total_due: float, connected_s: float | None, head_only: bool
    ) -> asyncio.Future[Outcome]:
        """Send a request; the future is resolved when the head of its reply is here, or with what went wrong.

        `connected_s` is None on a pooled connection; `head_only` says that the method was HEAD. Whoever is cancelled
        while waiting calls `give_up`.
        """
        self._busy = True
        self._timeouts = timeouts
        self._total_due = total_due
        self._connected_s = connected_s
        self._head_only = head_only
        self._answered = self._ended = False
        waiter: asyncio.Future[Outcome] = self._loop.create_future()
        self._head_waiter = waiter
        transport = self._transport
        if transport.is_closing():
            self._fail(cut(self.endpoint, "before it answered"))
        elif len(body) < JOIN_UP_TO:
            transport.write(head + body)
        else:
            transport.write(head)
            transport.write(body)
        self._deadline.set(min(self._loop.time() + timeouts.first_byte_s, total_due))
        return waiter

    def give_up(self, waiter: asyncio.Future[Outcome]) -> None:
        """Nobody waits for this reply any more: close, unless it came this very moment and the connection is
        somebody else's already."""
        if self._head_waiter is waiter:
            self.abandon()
        elif not waiter.cancelled() and isinstance(reply := waiter.result(), UpstreamReply):
            reply.close()

    def close(self) -> None:
        """Close the socket at once, whatever it is doing; an exchange in progress fails."""
        self._fail(cut(self.endpoint, "because the client was closed"))

    # ── the reply calls ──────────────────────────────────────────────────────────────────────────────────────────────

    def more(self) -> asyncio.Future[None]:
        self._deadline.set(min(self._loop.time() + self._timeouts.idle_s, self._total_due))
        self._body_waiter = self._loop.create_future()
        return self._body_waiter

    def taken(self) -> None:
        if self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()

    def abandon(self) -> None:
        self._busy = False
        self._head_waiter = self._body_waiter = self._reply = None
        self._deadline.close()
        self._transport.abort()

    # ── the event loop calls ─────────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if not self._busy:
            self._transport.abort()  # nothing was asked: a provider that is confused, or that says goodbye in words
            return
        self._answered = True
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(UpstreamInvalid(f"{self.endpoint}: it switched to another protocol."))
            return
        except httptools.HttpParserError as error:
            if not self._ended:
                known = error.__context__ if isinstance(error.__context__, UpstreamError) else None
                self._fail(known or UpstreamInvalid(f"{self.endpoint}: what it sent is not HTTP ({error})."))
                return
            self._reusable_s = 0.0  # the reply was whole before this began
        if self._reply is not None:
            self._after_read(self._reply)
        elif self._in_head and self._head_bytes > MAX_HEAD_BYTES:
            self._fail(self._head_too_large())

    def eof_received(self) -> None:
        reply = self._reply
        if reply is not None and reply.ends_at_eof:
            self._reusable_s = 0.0
            self._end(reply)
            self._after_read(reply)

    def connection_lost(self, _exc: Exception | None) -> None:
        self.lost = True
        self._fail(cut(self.endpoint, "before the reply was whole" if self._answered else "before it answered"))
        self._deadline.close()
        self._on_lost(self)

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

    # ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _end(self, reply: UpstreamReply) -> None:
        self._ended = True
        if self._pieces:
            reply.feed(self._pieces)
            self._pieces.clear()
        reply.end()

    def _after_read(self, reply: UpstreamReply) -> None:
        """Tell the reader, and let go of the connection when the reply is whole."""
        if self._pieces:
            if not self._ended:
                reply.feed(self._pieces)
            self._pieces.clear()
        if self._head_waiter is not None or reply.buffered or self._ended:
            self._wake(reply)
        if self._ended:
            self._rest()
        elif reply.buffered > READ_AHEAD and not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()

    def _rest(self) -> None:
        self._busy = False
        self._reply = None
        # Unsent bytes mean that the provider answered before it had read the request: what follows is anyone's guess.
        if self._reusable_s <= 0 or self._transport.get_write_buffer_size():
            self._transport.abort()
            return
        self._deadline.set(self._loop.time() + self._reusable_s)
        self._on_idle(self)

    def _wake(self, outcome: Outcome) -> None:
        self._deadline.due = NEVER
        if self._head_waiter is not None:
            waiter, self._head_waiter = self._head_waiter, None
            if not waiter.done():
                waiter.set_result(outcome)
        elif self._body_waiter is not None:
            reader, self._body_waiter = self._body_waiter, None
            if not reader.done():
                reader.set_result(None)

    def _fail(self, error: UpstreamError) -> None:
        if self._busy:
            self._busy = False
            if self._reply is not None:
                if self._pieces:
                    self._reply.feed(self._pieces)
                    self._pieces.clear()
                self._reply.fail(error)
            stale = self._connected_s is None and not self._answered
            self._wake(self._reply or (Stale() if stale else error))
        self._transport.abort()

    def _head_too_large(self) -> UpstreamInvalid:
        return UpstreamInvalid(f"{self.endpoint}: its headers are over {MAX_HEAD_BYTES} bytes or {MAX_HEADERS} lines.")

    def _on_deadline(self) -> None:
        limits = self._timeouts
        if not self._busy:
            self._transport.abort()  # idle for long enough
        elif self._loop.time() + 0.001 >= self._total_due:
            self._expire(late(self.endpoint, "the reply was not whole", limits.total_s))
        elif self._reply is None:
            self._expire(late(self.endpoint, "it did not begin to answer", limits.first_byte_s))
        else:
            self._expire(late(self.endpoint, "it sent nothing more", limits.idle_s))

    def _expire(self, error: UpstreamError) -> None:
        self._answered = True  # a silent connection is slow, not stale: a second try would only double the wait
        self._fail(error)


def _idle_limit(keep_alive: bytes) -> float:
    """Seconds to keep a connection whose provider said `Keep-Alive: timeout=N`: a second less, to close first."""
    for part in keep_alive.split(b","):
        name, _, value = part.strip().partition(b"=")
        if name.lower() == b"timeout" and value.isdigit():
            return min(IDLE_S, int(value) - 1.0)
    return IDLE_S
