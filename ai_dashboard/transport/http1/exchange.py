"""One request and its reply, as a handler sees them.

The reply's framing is chosen once, when its head is written: a length, chunks, or (for HTTP/1.0) the end of the
connection. A reply whose body does not match its promise is broken off, so that no client takes it for whole.
"""

import asyncio
from collections.abc import KeysView
from typing import TYPE_CHECKING

from ai_dashboard.core.tenancy import Caller
from ai_dashboard.transport.http1.body import Body
from ai_dashboard.transport.http1.head import split_target
from ai_dashboard.transport.http1.reply import BODILESS, CONTINUE, LAST_CHUNK, HeaderBlock, Headers, encode_head

if TYPE_CHECKING:
    from ai_dashboard.transport.http1.protocol import Connection

JOIN_UP_TO = 16 * 1024
"""Head and body below this many bytes are joined; above it the copy costs more than handing the kernel two pieces."""

_UNTIL_CLOSE = -1
_CHUNKED = -2


class Exchange:
    """What was asked, and the way to answer.

    `headers` are in the order they came, names in lower case; `path` and `query` are undecoded; `peer` is the client's
    address without its port (`unix` on a unix socket). `started` says that the reply's head was written, `finished`
    that the reply is over: whole, or broken off by `abort`. `incoming` is the request's body: its bytes if they came
    together with the head, else what collects them. `caller` is who that is, once somebody has found it out.
    """

    __slots__ = (
        "_connection",
        "_fields",
        "_held",
        "_left",
        "_mute",
        "caller",
        "finished",
        "headers",
        "http10",
        "incoming",
        "keep_alive",
        "method",
        "path",
        "query",
        "started",
        "target",
        "task",
    )

    def __init__(
        self,
        connection: "Connection",
        method: str,
        target: bytes,
        headers: list[tuple[bytes, bytes]],
        fields: dict[bytes, bytes],
        http10: bool,
        keep_alive: bool,
    ) -> None:
        self.method = method
        self.target = target
        self.path, self.query = split_target(target)
        self.headers = headers
        self.http10 = http10
        self.keep_alive = keep_alive
        self.incoming: Body | bytes = b""
        self.started = False
        self.finished = False
        self.task: asyncio.Task[None] | None = None
        self.caller: Caller | None = None
        self._connection = connection
        self._fields = fields
        self._mute = False
        self._left = 0
        self._held = b""

    @property
    def peer(self) -> str:
        return self._connection.peer

    def header(self, name: bytes) -> bytes | None:
        """A header by its lower-case name; of a repeated one the last."""
        return self._fields.get(name)

    @property
    def header_names(self) -> KeysView[bytes]:
        """The names of all headers, in lower case."""
        return self._fields.keys()

    async def body(self) -> bytes:
        """The whole request body; to be asked for once. Raises `BodyTooLarge`, `BodyTimeout`, or `CallerError` when it
        is malformed.

        A client that waits for `100 Continue` is told to go on here, so a request that is refused by its head costs no
        upload.
        """
        body = self.incoming
        if isinstance(body, bytes):
            return body
        return await self._receive(body)

    def reply(self, status: int, headers: Headers | HeaderBlock, body: bytes) -> None:
        """The whole reply at once. `content-length` is added."""
        head = self._open(status, headers, len(body))
        connection = self._connection
        if self._mute:
            connection.write(head)
        elif len(body) < JOIN_UP_TO:
            connection.write(head + body)
        else:
            connection.write_all((head, body))
        self.finished = True
        connection.exchange_over(keep_alive=self.keep_alive)

    def start(
        self,
        status: int,
        headers: Headers | HeaderBlock,
        length: int | None = None,
        first: bytes = b"",
        *,
        hold: bool = False,
    ) -> None:
        """The reply's head, and with it what is there of the body; more follows by `write`. Without a `length` in bytes
        it goes in chunks. With `hold` they leave together with what follows, or with `flush`."""
        head = self._open(status, headers, length)
        self._held = head + self._framed(first)
        if not hold:
            self.flush()

    def write(self, data: bytes) -> bool:
        """A piece of the body; whether the client keeps up (if not, `drain` before the next). Raises `ValueError` for
        more than the promised length, `RuntimeError` out of turn."""
        if self.finished or not self.started:
            raise RuntimeError("a body goes between start() and finish()")
        if framed := self._framed(data):
            self._send(framed)
        return not self._connection.write_paused

    def _framed(self, data: bytes) -> bytes:
        """A piece of the body as it goes over the wire."""
        if self._mute or not data:
            return b""
        if self._left == _CHUNKED:
            return b"%x\r\n%b\r\n" % (len(data), data)
        if self._left >= 0:
            if len(data) > self._left:
                raise ValueError("the reply is longer than the length it was started with")
            self._left -= len(data)
        return data

    async def drain(self) -> None:
        """Wait while the client is slow: until what is unsent is below the low-water mark again."""
        connection = self._connection
        if connection.write_paused:
            await connection.writable()

    def finish(self, last: bytes = b"") -> None:
        """The reply is whole, with `last` as its last piece. Raises `RuntimeError` if it is shorter than its promised
        length."""
        if self.finished or not self.started:
            raise RuntimeError("finish() ends a reply that was started")
        framed = self._framed(last)
        if not self._mute:
            if self._left > 0:
                raise RuntimeError(f"the reply ends {self._left} bytes before the length it was started with")
            if self._left == _CHUNKED:
                framed += LAST_CHUNK
        self._send(framed)
        self.finished = True
        self._connection.exchange_over(keep_alive=self.keep_alive)

    def flush(self) -> None:
        """What was held leaves now."""
        self._send(b"")

    def _send(self, framed: bytes) -> None:
        """Write, behind what was held for it."""
        if self._held:
            framed, self._held = self._held + framed, b""
        if framed:
            self._connection.write(framed)

    def abort(self, *, reset: bool = False) -> None:
        """Break the reply off: what was written is sent, and the connection ends where more was promised; with `reset`
        at once, as when the program on this side has crashed."""
        if self.finished:
            return
        self.flush()
        self.finished = True
        self.keep_alive = False
        # Where the end of the connection is the end of the reply, only a reset tells the two ends apart.
        self._connection.exchange_broken(reset=reset or self._left == _UNTIL_CLOSE)

    async def _receive(self, body: Body) -> bytes:
        if not body.complete:
            body.wanted = True
            expects = self._fields.get(b"expect", b"").lower() == b"100-continue"
            if expects and not body.size and not self.started and not self.http10:
                self._connection.write(CONTINUE)
            self._connection.watch()
        return await body.read()

    def _open(self, status: int, headers: Headers | HeaderBlock, length: int | None) -> bytes:
        """Choose the framing and encode the head."""
        if self.started or self.finished:
            raise RuntimeError("a request has one reply")
        keep_alive = self.keep_alive and not self._connection.retiring and self._body_here()
        if status in BODILESS:
            self._mute, framing = True, b""
        elif length is not None:
            self._left, framing = length, b"content-length: %d\r\n" % length
        elif self.http10:
            self._left, framing, keep_alive = _UNTIL_CLOSE, b"", False
        else:
            self._left, framing = _CHUNKED, b"transfer-encoding: chunked\r\n"
        if self.method == "HEAD":
            self._mute = True
        if not keep_alive:
            framing += b"connection: close\r\n"
        elif self.http10:
            framing += b"connection: keep-alive\r\n"
        head = encode_head(status, headers, framing)
        self.keep_alive = keep_alive
        self.started = True
        return head

    def _body_here(self) -> bool:
        """Whether the next request starts where this one's bytes end; unread ones would be in its way."""
        return isinstance(self.incoming, bytes) or self.incoming.complete
