"""One connection to a provider: it carries one exchange at a time and is idle in between.

Whatever ends an exchange early becomes one member of the error tree here. A connection that failed, was abandoned or
has unread bytes is closed and never reused.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from ai_dashboard.core.errors import UpstreamError
from ai_dashboard.transport.client.endpoint import Endpoint
from ai_dashboard.transport.client.failures import cut, late
from ai_dashboard.transport.client.parsing import ResponseParser
from ai_dashboard.transport.client.reply import UpstreamReply
from ai_dashboard.transport.client.timeouts import Timeouts
from ai_dashboard.transport.deadline import NEVER, Deadline

READ_AHEAD = 256 * 1024
"""Body bytes that wait for their reader before no more is read from the provider."""

JOIN_UP_TO = 16 * 1024
"""Head and body below this many bytes are joined; above it the copy costs more than handing the kernel two pieces."""


class Stale(Exception):
    """A pooled connection turned out to be closed before a byte of the reply: nothing was answered, try a fresh one."""


Outcome = UpstreamReply | UpstreamError | Stale
"""What a request comes to, as far as the head of its reply."""


class UpstreamConnection(ResponseParser):
    """`on_idle` is told when the connection may be used again, `on_lost` when it is gone. `used` says that it carried a
    request before; after `max_uses` of them, or `max_age_s` seconds, it is closed when it comes to rest."""

    __slots__ = (
        "_body_waiter",
        "_busy",
        "_deadline",
        "_head_waiter",
        "_loop",
        "_old_from",
        "_on_idle",
        "_on_lost",
        "_reading_paused",
        "_timeouts",
        "_total_due",
        "_transport",
        "_uses_left",
        "lost",
        "used",
    )

    def __init__(
        self,
        endpoint: Endpoint,
        on_idle: "Callable[[UpstreamConnection], None]",
        on_lost: "Callable[[UpstreamConnection], None]",
        max_uses: int,
        max_age_s: float,
    ) -> None:
        super().__init__(endpoint)
        self.lost = False
        self.used = False
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._uses_left = max_uses
        self._old_from = self._loop.time() + max_age_s
        self._deadline = Deadline(self._loop, self._on_deadline)
        # the exchange in progress
        self._busy = False
        self._timeouts = Timeouts()
        self._total_due = NEVER
        self._head_waiter: asyncio.Future[Outcome] | None = None
        self._body_waiter: asyncio.Future[None] | None = None
        self._reading_paused = False

    def request(
        self,
        head: bytes,
        body: bytes,
        timeouts: Timeouts,
        now: float,
        total_due: float,
        connected_s: float | None,
        head_only: bool,
    ) -> asyncio.Future[Outcome]:
        """Send a request; the future is resolved when the head of its reply is here, or with what went wrong.

        `now` and `total_due` are loop time. `connected_s` is None on a pooled connection; `head_only` says that the
        method was HEAD. Whoever is cancelled while waiting calls `give_up`.
        """
        self._busy = self.used = True
        self._uses_left -= 1
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
            transport.writelines((head, body))
        due = now + timeouts.first_byte_s
        self._deadline.set(min(due, total_due))
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
        self._expect_more()
        waiter = self._body_waiter = self._loop.create_future()
        return waiter

    def read_on(self) -> None:
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
        error = self._parse(data)
        if error is not None:
            self._fail(error)
        elif self._reply is not None:
            self._after_read(self._reply)

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
        self._let_go_of_parser()

    # ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _after_read(self, reply: UpstreamReply) -> None:
        """Tell the reader, and let go of the connection when the reply is whole."""
        news = self._ended or self._head_waiter is not None
        if self._pieces:
            if not self._ended:
                if reply.feed(self._pieces):
                    news = True
                else:
                    self._expect_more()
            self._pieces.clear()
        if news:
            self._wake(reply)
        if self._ended:
            self._rest()
        elif reply.buffered > READ_AHEAD and not self._reading_paused:
            self._reading_paused = reply.held_back = True
            self._transport.pause_reading()

    def _expect_more(self) -> None:
        due = self._loop.time() + self._timeouts.idle_s
        self._deadline.set(min(due, self._total_due))

    def _rest(self) -> None:
        self._busy = False
        self._reply = None
        now = self._loop.time()
        # Unsent bytes mean that the provider answered before it had read the request: what follows is anyone's guess.
        unsent = self._transport.get_write_buffer_size()
        if self._reusable_s <= 0 or unsent or self._uses_left <= 0 or now >= self._old_from:
            self._transport.abort()
            return
        self._deadline.set(now + self._reusable_s)
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
