"""The listener: owns its sockets, its connections and the tasks that answer them, and lets none outlive it."""

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ai_dashboard.core.errors import GatewayError, Overloaded
from ai_dashboard.transport.http1.exchange import Exchange
from ai_dashboard.transport.http1.hangup import Hangups
from ai_dashboard.transport.http1.limits import Limits
from ai_dashboard.transport.http1.listening import bind_all
from ai_dashboard.transport.http1.protocol import Connection
from ai_dashboard.transport.http1.reply import JSON_HEADERS, error_body
from ai_dashboard.transport.http1.workers import Workers

Handler = Callable[[Exchange], Coroutine[Any, Any, None]]
CrashReport = Callable[[Exchange, Exception], None]

BACKLOG = 2048
ACCEPT_TURNS = 3
"""Turns of the loop after which a connection that was accepted as the listener closed is known to us."""

LAST_WORDS_S = 1.0
"""How long cancelled handlers have to say why, and their clients to take it."""

_log = logging.getLogger(__name__)


def log_crash(exchange: Exchange, error: Exception) -> None:
    """The default report: method and path (never the query or a header) with the traceback."""
    _log.error("%s %s: the handler crashed", exchange.method, exchange.path, exc_info=error)


class Server:
    """`async with Server(handler) as server: await server.listen(host, port)`.

    Leaving the block closes everything at once; `drain` first for a graceful end. `on_crash` is told of every exception
    that is not one of the error tree's.
    """

    def __init__(self, handler: Handler, limits: Limits | None = None, on_crash: CrashReport = log_crash) -> None:
        self.limits = limits or Limits()
        self._handler = handler
        self._on_crash = on_crash
        self.hangups = Hangups()
        self._listeners: list[asyncio.AbstractServer] = []
        self._bound: list[socket.socket] = []
        self._connections: set[Connection] = set()
        self._all_gone: asyncio.Future[None] | None = None
        self._retiring = False

    async def __aenter__(self) -> Self:
        self.loop = asyncio.get_running_loop()
        self._workers = Workers(self._answer)
        self.answer = self._workers.give  # bound once: this is called for every request
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._retiring = True
        await self._stop_listening()
        for connection in tuple(self._connections):
            connection.abort()
        await self._gone()
        await self._workers.close()
        self.hangups.close()

    async def listen(
        self, host: str, port: int, *, shared: bool = False, inherited: Sequence[int] = ()
    ) -> tuple[str, int]:
        """Accept connections; returns the address bound. Port 0 takes any free one, the same for all of a name's
        addresses (`localhost` is served on IPv4 and IPv6). `shared`: beside other processes, each of which gets a part
        of the connections. `inherited` are sockets that another process has bound and handed on: it listens on those,
        wherever they are. Raises `OSError` as the system gave it."""
        if inherited:
            sockets = [socket.socket(fileno=number) for number in inherited]
        else:
            found = await self.loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            sockets = bind_all([(family, address) for family, _, _, _, address in found], shared=shared)
        self._bound += sockets
        for bound in sockets:
            self._listeners.append(await self.loop.create_server(self._connect, sock=bound, backlog=BACKLOG))
        name = sockets[0].getsockname()
        return name[0], name[1]

    def copies(self) -> list[socket.socket]:
        """The sockets that it listens on, once more, for somebody who listens on: who waits to be accepted when ours
        are closed waits for them."""
        return [bound.dup() for bound in self._bound]

    async def listen_unix(self, path: Path | str) -> None:
        """Accept connections on a unix socket. Raises `OSError` as the system gave it; the file's mode is the
        caller's umask."""
        self._listeners.append(await self.loop.create_unix_server(self._connect, str(path), backlog=BACKLOG))

    async def drain(self, seconds: float) -> None:
        """Stop accepting, let what is in flight finish for `seconds`, then cancel the rest."""
        self._retiring = True
        await self._stop_listening()
        for connection in tuple(self._connections):
            connection.retire()
        if not await self._gone_within(seconds):
            for connection in tuple(self._connections):
                connection.cancel()
            if not await self._gone_within(LAST_WORDS_S):
                for connection in tuple(self._connections):
                    connection.abort()
                await self._gone()

    # ── connections call ─────────────────────────────────────────────────────────────────────────────────────────────

    def admit(self, connection: Connection) -> bool:
        """Whether there is room for one more."""
        self._connections.add(connection)
        return len(self._connections) <= self.limits.max_connections and not self._retiring

    def dismiss(self, connection: Connection) -> None:
        """The connection is closed."""
        self._connections.discard(connection)
        if not self._connections and self._all_gone is not None and not self._all_gone.done():
            self._all_gone.set_result(None)

    @property
    def connections(self) -> int:
        """How many are open, busy or not."""
        return len(self._connections)

    async def _answer(self, exchange: Exchange) -> None:
        """One of the outermost loops: whatever a handler raises ends here, as a reply or a broken one."""
        try:
            await self._handler(exchange)
        except GatewayError as error:
            self._reply_with(exchange, error)
        except asyncio.CancelledError:
            exchange.task = None  # the task will know this error, and through it the exchange
            self._reply_with(exchange, Overloaded("The server is shutting down.", hint="Try again in a moment."))
            raise
        except Exception as error:  # noqa: BLE001 - the outermost loop: one bad request must not end the others
            self._on_crash(exchange, error)
            self._reply_with(exchange, GatewayError("Something went wrong here.", hint="It was logged."))
        else:
            if not exchange.finished:
                self._on_crash(exchange, RuntimeError("the handler returned before the reply was whole"))
                self._reply_with(exchange, GatewayError("There was no answer.", hint="It was logged."))

    def _reply_with(self, exchange: Exchange, error: GatewayError) -> None:
        if exchange.started:
            exchange.abort()
        elif not exchange.finished:
            exchange.reply(error.status, JSON_HEADERS, error_body(error))

    def _connect(self) -> Connection:
        return Connection(self)

    async def _stop_listening(self) -> None:
        """Accept nothing more, and meet who was accepted just now: asyncio (3.11) would forget a connection whose
        listener closes before its transport is made."""
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            if isinstance(listener, asyncio.base_events.Server):
                for bound in listener.sockets:
                    self.loop.remove_reader(bound.fileno())
            else:
                listener.close()  # uvloop's forgets nobody
        for _ in range(ACCEPT_TURNS):
            await asyncio.sleep(0)
        for listener in listeners:
            listener.close()

    async def _gone(self) -> None:
        if self._connections:
            self._all_gone = self.loop.create_future()
            await self._all_gone

    async def _gone_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._gone()
        except TimeoutError:
            return False
        return True
