"""One client's connection from its first byte to its last: exchanges in order, within the limits.

Exchanges are answered one at a time in the order they came; those that wait behind are `_waiting`. The last one parsed
may still be receiving its body. When the connection has become deaf, what was understood before is answered, then the
refusal, then it closes.
"""

import asyncio
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING, cast

from ai_dashboard.core.errors import BodyTimeout, GatewayError, Overloaded
from ai_dashboard.transport.deadline import NEVER, Deadline
from ai_dashboard.transport.http1.body import Body
from ai_dashboard.transport.http1.exchange import Exchange
from ai_dashboard.transport.http1.head import Header
from ai_dashboard.transport.http1.parsing import RequestParser
from ai_dashboard.transport.http1.reply import JSON_HEADERS, encode_head, error_body

if TYPE_CHECKING:
    from ai_dashboard.transport.http1.server import Server

SLICE = 64 * 1024
"""Most bytes parsed in one go: bounds how many pipelined requests exist before reading is paused."""

LINGER_LOOK_S = 0.02
"""How often a client that was refused and goes on sending is read from."""

LARGE_BODY = 512 * 1024
"""Bytes of a body after which its client takes turns with all others."""


class Connection(RequestParser):
    """Carries one client's exchanges. All methods run on the loop's thread."""

    __slots__ = (
        "_current",
        "_deadline",
        "_drained",
        "_farewell",
        "_fd",
        "_lingering",
        "_loop",
        "_reading_paused",
        "_server",
        "_transport",
        "_unparsed",
        "_waiting",
        "lost",
        "peer",
        "retiring",
        "write_paused",
    )

    def __init__(self, server: "Server") -> None:
        super().__init__(server.limits)
        self._server = server
        self._loop = server.loop
        self._deadline = Deadline(self._loop, self._on_deadline)
        self._current: Exchange | None = None
        self._waiting: deque[Exchange] = deque()
        self._unparsed = memoryview(b"")
        self._reading_paused = False
        self._farewell: GatewayError | None = None
        self._lingering = False
        self._drained: asyncio.Future[None] | None = None
        self._fd = -1
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
            if self._lingering:
                self._hear_out_slowly()
            return
        if len(data) <= SLICE and not self._unparsed:
            self._parse(data)
        else:
            self._unparsed = memoryview(bytes(self._unparsed) + data if self._unparsed else data)
            self._parse_waiting()
        if self._receiving is not None or self._in_head or self._waiting or self._reading_paused:
            self.watch()
            self._take_turns()

    def eof_received(self) -> None:
        """Whoever says goodbye before the reply is whole has left; asyncio closes the transport when we return."""
        if self._current is not None:
            self._transport.abort()
            self._client_left()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._deadline.close()
        self._server.hangups.forget(self._fd)
        self._client_left()
        self._resume_writer()
        self._server.dismiss(self)
        self._deaf = True
        self._let_go_of_parser()

    def pause_writing(self) -> None:
        self.write_paused = True

    def resume_writing(self) -> None:
        self.write_paused = False
        self._resume_writer()
        if self._current is None:
            self._next()

    # ── requests come in ─────────────────────────────────────────────────────────────────────────────────────────────

    def _arrived(
        self, method: str, target: bytes, headers: list[Header], fields: dict[bytes, bytes], http10: bool, last: bool
    ) -> Exchange:
        self._deadline.due = NEVER
        exchange = Exchange(self, method, target, headers, fields, http10, not last)
        if self._current is None and not self.write_paused:
            self._begin(exchange)
        else:
            self._waiting.append(exchange)
        return exchange

    def _parse_waiting(self) -> None:
        """Parse what was received, slice by slice, until enough requests wait."""
        while self._unparsed and not self._deaf and not self._crowded:
            data, self._unparsed = self._unparsed[:SLICE], self._unparsed[SLICE:]
            self._parse(data)

    def _refuse(self, error: GatewayError) -> None:
        """Understand nothing more. Whoever waits for the body hears of it; otherwise the refusal is the last reply."""
        self._deaf = True
        self._unparsed = memoryview(b"")
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
        exchange.task = self._server.answer(exchange)

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
        self._regulate()
        unsent = self._transport.get_write_buffer_size()
        self._deadline.set(self._loop.time() + (self._limits.keep_alive_s if unsent else self._limits.linger_s))

    def _hear_out_slowly(self) -> None:
        """A refused client may go on sending as fast as it can; nobody reads it, so it gets a look now and then."""
        self._transport.pause_reading()
        self._loop.call_later(LINGER_LOOK_S, self._look_again)

    def _look_again(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

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

    def write_all(self, pieces: tuple[bytes, ...]) -> None:
        """`write` for several pieces, which leave in one system call."""
        if not self._transport.is_closing():
            self._transport.writelines(pieces)

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
            if pause:
                self._transport.pause_reading()
                self._fd = self._transport.get_extra_info("socket").fileno()
                self._server.hangups.watch(self._fd, self._hung_up)
            else:
                self._server.hangups.forget(self._fd)
                self._transport.resume_reading()

    def _take_turns(self) -> None:
        """A large body comes as fast as it is read, and uvloop would read 8 MiB of it before it looks at anybody else.
        So it is one piece for each turn of the loop."""
        body = self._receiving.incoming if self._receiving is not None else None
        if isinstance(body, Body) and body.size > LARGE_BODY and not self._reading_paused:
            self._transport.pause_reading()
            self._loop.call_soon(self._my_turn)

    def _my_turn(self) -> None:
        if not self._reading_paused and not self._transport.is_closing():
            self._transport.resume_reading()

    def _hung_up(self) -> None:
        """The client left while it was not read from; what it had sent before cannot be answered any more."""
        self._transport.abort()
        self._client_left()

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
