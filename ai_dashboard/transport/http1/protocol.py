"""One client's connection: bytes to exchanges, in order, within the limits.

Exchanges are answered one at a time in the order they came; those that wait behind are `_waiting`. The last one parsed
may still be receiving its body. A mistake in a request's framing leaves no way to know where the next one begins, so
from then on the connection is deaf: what was understood before is answered, then the refusal, then it closes.
"""

import asyncio
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools

from ai_dashboard.core.errors import BodyTimeout, BodyTooLarge, CallerError, GatewayError, HeadersTooLarge, Overloaded
from ai_dashboard.transport.deadline import NEVER, Deadline
from ai_dashboard.transport.http1.body import Body
from ai_dashboard.transport.http1.exchange import Exchange
from ai_dashboard.transport.http1.head import Header, check_framing, method_name
from ai_dashboard.transport.http1.reply import JSON_HEADERS, encode_head, error_body

if TYPE_CHECKING:
    from ai_dashboard.transport.http1.server import Server

SLICE = 64 * 1024
"""Most bytes parsed in one go: bounds how many pipelined requests exist before reading is paused."""


class Connection(asyncio.Protocol):
    """Feeds llhttp and hands exchanges to the server. All methods run on the loop's thread."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self._limits = server.limits
        self._loop = asyncio.get_running_loop()
        self._deadline = Deadline(self._loop, self._on_deadline)
        self._current: Exchange | None = None
        self._waiting: deque[Exchange] = deque()
        self._receiving: Exchange | None = None
        self._pieces: list[bytes] = []
        self.on_body = self._pieces.append  # llhttp's callback: no frame of ours per piece
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: list[Header] = []
        self._in_head = False
        self._long = False
        self._framing_bytes = 0
        self._unparsed = b""
        self._reading_paused = False
        self._deaf = False
        self._farewell: GatewayError | None = None
        self._lingering = False
        self._drained: asyncio.Future[None] | None = None
        self.write_paused = False
        self.retiring = False
        self.lost = False
        self.peer = ""

    # ── the event loop calls ─────────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=self._limits.write_high_water)
        name = transport.get_extra_info("peername")
        self.peer = name[0] if isinstance(name, tuple) else "unix"
        if self._server.admit(self):
            self._deadline.set(self._loop.time() + self._limits.header_read_s)
        else:
            self._deaf = True
            self._write_refusal(Overloaded("Too many connections are open.", hint="Try again in a moment."))
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        if len(data) <= SLICE and not self._unparsed:
            self._parse(data)
        else:
            self._unparsed += data
            self._parse_waiting()
        if self._receiving is not None or self._in_head or self._waiting or self._reading_paused:
            self.watch()

    def eof_received(self) -> None:
        """Whoever says goodbye before the reply is whole has left; asyncio closes the transport when we return."""
        if self._current is not None:
            self._transport.abort()
            self._client_left()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._deadline.close()
        self._client_left()
        self._resume_writer()
        self._server.dismiss(self)

    def pause_writing(self) -> None:
        self.write_paused = True

    def resume_writing(self) -> None:
        self.write_paused = False
        self._resume_writer()
        if self._current is None:
            self._next()

    # ── llhttp calls ─────────────────────────────────────────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        self._in_head = True
        self._framing_bytes = 0
        self._target = b""
        self._headers = []

    def on_url(self, piece: bytes) -> None:
        self._target += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value.rstrip()))

    def on_headers_complete(self) -> None:
        parser = self._parser
        if parser.should_upgrade() and parser.get_method() != b"CONNECT":
            return  # _parse goes on without the upgrade
        self._in_head = False
        self._deadline.due = NEVER
        headers = self._headers
        self._headers = []  # trailers end up here, and nobody reads them
        if len(headers) > self._limits.max_headers or (
            self._long and self._head_size(headers) > self._limits.max_header_bytes
        ):
            raise self._head_too_large()
        version = parser.get_http_version()
        fields = dict(headers)
        check_framing(version, headers, fields)
        exchange = Exchange(
            self,
            method_name(parser.get_method()),
            self._target,
            headers,
            fields,
            version == "1.0",
            parser.should_keep_alive(),
        )
        self._receiving = exchange
        if self._current is None and not self.write_paused:
            self._begin(exchange)
        else:
            self._waiting.append(exchange)
        length = fields.get(b"content-length")
        if length is not None and int(length) > self._limits.max_body_bytes:
            raise self._body_too_large()

    def on_message_complete(self) -> None:
        exchange = self._receiving
        if exchange is None:
            return  # an upgrade that _parse is about to undo
        pieces = self._pieces
        if isinstance(exchange.incoming, Body):
            self._collect(exchange.incoming)
            exchange.incoming.end()
        elif pieces:
            exchange.incoming = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            pieces.clear()
        self._receiving = None
        if not exchange.keep_alive:
            self._deaf = True

    # ── parsing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _parse(self, data: bytes) -> None:
        was_receiving = self._receiving
        self._long = self._in_head or len(data) > self._limits.max_header_bytes
        if self._in_head:
            self._framing_bytes += len(data)
        try:
            self._parser.feed_data(data)
            if self._receiving is not None:
                self._keep_rest(self._receiving, len(data) if self._receiving is was_receiving else 0)
        except httptools.HttpParserUpgrade as upgrade:
            self._parse_without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError as error:
            if not isinstance(error.__context__, GatewayError):
                raise
            self._refuse(error.__context__)
        except httptools.HttpParserError as error:
            if not self._deaf:  # else: bytes after a request that said it was the last one
                self._refuse(CallerError(f"This is not HTTP/1.1: {error}.", hint="The connection was closed."))
        except CallerError as error:
            self._refuse(error)
        if self._in_head and self._framing_bytes > self._limits.max_header_bytes:
            self._refuse(self._head_too_large())

    def _keep_rest(self, exchange: Exchange, received: int) -> None:
        """The body goes on in a later read: collect what is here of it. `received` counts a read that was all body.

        Chunk extensions and trailers have no length of their own; they must not go on for ever without content.
        """
        if isinstance(exchange.incoming, bytes):
            exchange.incoming = Body()
            self._framing_bytes = 0
        if self._pieces:
            self._collect(exchange.incoming)
            self._framing_bytes = 0
        else:
            self._framing_bytes += received
            if self._framing_bytes > self._limits.max_header_bytes:
                raise CallerError("The body holds more framing than content.", hint="Leave chunk extensions out.")

    def _collect(self, body: Body) -> None:
        for piece in self._pieces:
            body.feed(piece)
        self._pieces.clear()
        if body.size > self._limits.max_body_bytes:
            raise self._body_too_large()

    def _head_size(self, headers: list[Header]) -> int:
        return len(self._target) + sum(len(name) + len(value) + 4 for name, value in headers)

    def _parse_without_upgrade(self, rest: bytes) -> None:
        """Go on as if no upgrade had been asked for, as RFC 9110 (7.8) allows; llhttp has skipped the body."""
        parser = self._parser
        lines = [b"%b %b HTTP/%b" % (parser.get_method(), self._target, parser.get_http_version().encode())]
        lines += [b"%b: %b" % header for header in self._headers if header[0] != b"upgrade"]
        self._parser = httptools.HttpRequestParser(self)
        self._parse(b"\r\n".join([*lines, b"", b""]) + rest)

    def _parse_waiting(self) -> None:
        """Parse what was received, slice by slice, until enough requests wait."""
        while self._unparsed and not self._deaf and not self._crowded:
            data, self._unparsed = self._unparsed[:SLICE], self._unparsed[SLICE:]
            self._parse(data)

    def _head_too_large(self) -> HeadersTooLarge:
        limits = self._limits
        return HeadersTooLarge(
            f"Request line and headers are over {limits.max_header_bytes} bytes or {limits.max_headers} lines."
        )

    def _body_too_large(self) -> BodyTooLarge:
        return BodyTooLarge(
            f"The body is over {self._limits.max_body_bytes} bytes.", hint="Send less, or raise the limit."
        )

    def _refuse(self, error: GatewayError) -> None:
        """Understand nothing more. Whoever waits for the body hears of it; otherwise the refusal is the last reply."""
        self._deaf = True
        self._unparsed = b""
        self._deadline.due = NEVER
        self._pieces.clear()
        if self._receiving is not None:
            if isinstance(self._receiving.incoming, bytes):
                self._receiving.incoming = Body()
            self._receiving.incoming.fail(error)
            return
        self._farewell = error
        if self._current is None:
            self._next()

    # ── exchanges, one after the other ───────────────────────────────────────────────────────────────────────────────

    def _begin(self, exchange: Exchange) -> None:
        self._current = exchange
        exchange.task = self._server.spawn(exchange)

    def exchange_over(self, *, keep_alive: bool) -> None:
        """The reply is written whole: on to the next request."""
        if self.lost:
            return
        self._current = None
        if keep_alive:
            self._next()
        else:
            self._hang_up()

    def exchange_broken(self, *, reset: bool) -> None:
        """The reply will never be whole: the connection ends with it."""
        if self.lost:
            return
        self._current = None
        if reset:
            # Lingering for no time at all makes the kernel send a reset where it would have said goodbye.
            raw = self._transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        else:
            self._close()

    def _next(self) -> None:
        """Nothing is being answered: take the next request, say goodbye, or rest."""
        if self.lost or self._lingering:
            return
        if self.write_paused:
            self._deadline.set(self._loop.time() + self._limits.keep_alive_s)
        elif self._waiting:
            self._begin(self._waiting.popleft())
            if self._unparsed or self._reading_paused:
                self._parse_waiting()
                self.watch()
        elif self._farewell is not None:
            self._write_refusal(self._farewell)
            self._hang_up()
        elif self.retiring:
            self._close()
        elif not self._in_head:
            self._deadline.set(self._loop.time() + self._limits.keep_alive_s)

    def _write_refusal(self, error: GatewayError) -> None:
        body = error_body(error)
        framing = b"content-length: %d\r\nconnection: close\r\n" % len(body)
        self.write(encode_head(error.status, JSON_HEADERS, framing) + body)

    def _hang_up(self) -> None:
        """Close after the last reply. A client that is still sending would be reset and might never read that reply
        (RFC 9112, 9.6), so it is heard out for a moment first."""
        self._waiting.clear()
        heard_out = self._receiving is None and self._farewell is None
        self._deaf = True
        if heard_out or self._transport.is_closing() or not self._transport.can_write_eof():
            self._close()
            return
        self._lingering = True
        self._transport.write_eof()
        if self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()
        unsent = self._transport.get_write_buffer_size()
        self._deadline.set(self._loop.time() + (self._limits.keep_alive_s if unsent else self._limits.linger_s))

    def _close(self) -> None:
        """Close when all is sent; a client that does not read its reply has as long as one that says nothing."""
        if not self.lost:
            self._deadline.set(self._loop.time() + self._limits.keep_alive_s)
            self._transport.close()

    def _client_left(self) -> None:
        """The client left: nobody needs the answer any more."""
        self.lost = True
        self._waiting.clear()
        self.cancel()
        self._current = None

    # ── flow and time ────────────────────────────────────────────────────────────────────────────────────────────────

    def write(self, data: bytes) -> None:
        """Send, unless the client is gone: then there is nobody to tell."""
        if not self._transport.is_closing():
            self._transport.write(data)

    async def writable(self) -> None:
        """Return when the client has caught up, or is gone."""
        while self.write_paused and not self.lost:
            if self._drained is None:
                self._drained = self._loop.create_future()
            await asyncio.shield(self._drained)

    def _resume_writer(self) -> None:
        if self._drained is not None:
            self._drained.set_result(None)
            self._drained = None

    @property
    def _crowded(self) -> bool:
        return len(self._waiting) >= self._limits.pipeline_depth

    def _regulate(self) -> None:
        """Read only while there is a use for what comes."""
        body = self._receiving.incoming if self._receiving is not None else None
        unasked = isinstance(body, Body) and not body.wanted and body.size > self._limits.read_ahead
        pause = not self._deaf and (unasked or self._crowded or bool(self._unparsed))
        if pause != self._reading_paused and not self._transport.is_closing():
            self._reading_paused = pause
            (self._transport.pause_reading if pause else self._transport.resume_reading)()

    def watch(self) -> None:
        """When a request is only half here, or a handler asks for its body: expect the rest by the right time."""
        self._regulate()
        if self._deaf:
            return
        if self._receiving is not None:
            idle = NEVER if self._reading_paused else self._loop.time() + self._limits.body_idle_s
            self._deadline.set(idle)
        elif self._in_head:
            self._deadline.set(min(self._deadline.due, self._loop.time() + self._limits.header_read_s))

    def _on_deadline(self) -> None:
        limits = self._limits
        if self._lingering or self._transport.is_closing():
            self._transport.abort()
        elif self._receiving is not None:
            self._refuse(BodyTimeout(f"The body stood still for {limits.body_idle_s:g} s."))
        elif self._in_head:
            self._refuse(BodyTimeout(f"The headers were not whole within {limits.header_read_s:g} s."))
        elif self._current is None:
            self._close()

    # ── the server calls ─────────────────────────────────────────────────────────────────────────────────────────────

    def retire(self) -> None:
        """Finish what is being answered and close; at once if nothing is."""
        self.retiring = True
        if self._current is None and not self._lingering:
            self._close()

    def cancel(self) -> None:
        """Cancel the handler. It may still say why before its reply is broken off."""
        if self._current is not None and self._current.task is not None:
            self._current.task.cancel()

    def abort(self) -> None:
        """Close without a further word."""
        self._transport.abort()
