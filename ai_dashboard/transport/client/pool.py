"""One endpoint's connections: those at rest, the last used first so that the surplus ages and is closed, and a queue
for when all that are allowed are in use.

Every step is O(1) in the number of connections; that is what the well-known pools get wrong under load.
"""

import asyncio
from collections import OrderedDict

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import UpstreamCrowded, UpstreamUnreachable
from ai_dashboard.transport.client.connect import Connector
from ai_dashboard.transport.client.connection import UpstreamConnection
from ai_dashboard.transport.client.endpoint import Endpoint
from ai_dashboard.transport.client.proxies import Proxy


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """Per endpoint, or per connection of it."""

    max_connections: int = 1024
    """Open at once, in use or at rest. Who needs one more waits its turn, for as long as connecting may take."""
    max_idle: int = 256
    """At rest at once."""
    max_uses: int = 10_000
    """Requests that one connection carries."""
    max_age_s: float = 600.0
    """After which a connection is closed when it comes to rest, so that a name that moved is looked up again."""


class Pool:
    """Lends connections. Whoever takes one need not bring it back: it returns by itself when its reply is whole."""

    def __init__(self, endpoint: Endpoint, proxy: Proxy | None, limits: PoolLimits, connector: Connector) -> None:
        self.endpoint = endpoint
        self.authority = endpoint.authority
        self.forward_proxy = proxy if endpoint.scheme == "http" else None
        """The proxy that reads our requests, as it does not in a tunnel."""
        self.keeps = True
        """Whether connections rest here after their reply; if not, they are closed."""
        self._proxy = proxy
        self.limits = limits
        self._connector = connector
        self._idle: dict[UpstreamConnection, None] = {}
        self._open: set[UpstreamConnection] = set()
        self._connecting = 0  # those that will be in _open when all goes well
        self._queue: OrderedDict[asyncio.Future[UpstreamConnection | None], None] = OrderedDict()
        self._closed = False
        self._all_gone: asyncio.Future[None] | None = None

    def take(self) -> UpstreamConnection | None:
        """The connection that rested last."""
        return self._idle.popitem()[0] if self._idle else None

    async def obtain(self, limit_s: float) -> UpstreamConnection:
        """A new connection, or one that was given back first. Raises `UpstreamUnreachable`, and after `limit_s`
        seconds `UpstreamTimeout`, or `UpstreamCrowded` where no connection came free."""
        loop = asyncio.get_running_loop()
        due = loop.time() + limit_s
        if self._full:
            returned = await self._wait(limit_s)
            if returned is not None:
                return returned
        else:
            self._connecting += 1
        try:
            connection = await self._connector.connect(self.endpoint, self._made, due - loop.time(), self._proxy)
            self._open.add(connection)
        finally:
            self._connecting -= 1
            self._offer_place()
        if self._closed:
            connection.close()
            raise self.shutting_down()
        if connection.lost:  # within the turn of the loop in which it was made
            self._lost(connection)
        return connection

    def close(self) -> None:
        """Close all connections at once; replies in progress fail, and so does whoever waits."""
        self._closed = True
        while self._queue:
            waiter, _ = self._queue.popitem(last=False)
            if not waiter.done():
                waiter.set_exception(self.shutting_down())
        for connection in tuple(self._open):
            connection.close()

    def keep(self, *, keeps: bool) -> None:
        """Let connections rest from now on, or close those that rest and every other after its reply."""
        self.keeps = keeps
        if not keeps:
            for connection in tuple(self._idle):
                del self._idle[connection]
                connection.close()

    @property
    def empty(self) -> bool:
        """Whether nobody is connected, about to be, or waiting."""
        return not (self._open or self._connecting or self._queue)

    async def gone(self) -> None:
        """Return when the sockets are closed."""
        if self._open:
            self._all_gone = asyncio.get_running_loop().create_future()
            await self._all_gone

    def shutting_down(self) -> UpstreamUnreachable:
        return UpstreamUnreachable(f"{self.endpoint}: the gateway is shutting down.")

    @property
    def _full(self) -> bool:
        return len(self._open) + self._connecting >= self.limits.max_connections

    # ── the queue ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _wait(self, limit_s: float) -> UpstreamConnection | None:
        """First come, first served: a connection that was given back, or None for the right to make a new one, which
        counts as connecting already."""
        waiter: asyncio.Future[UpstreamConnection | None] = asyncio.get_running_loop().create_future()
        self._queue[waiter] = None
        try:
            async with asyncio.timeout(limit_s):
                return await waiter
        except BaseException as error:
            self._queue.pop(waiter, None)
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._pass_on(waiter.result())  # it came as we gave up
            if isinstance(error, TimeoutError):
                in_use = f"none of the {self.limits.max_connections} connections to it came free"
                raise UpstreamCrowded(f"{self.endpoint}: {in_use} within {limit_s:g} s.") from None
            raise

    def _pass_on(self, connection: UpstreamConnection | None) -> None:
        if connection is None:
            self._connecting -= 1
            self._offer_place()
        elif not connection.lost:
            self._rests(connection)

    def _first_waiter(self) -> asyncio.Future[UpstreamConnection | None] | None:
        while self._queue:
            waiter, _ = self._queue.popitem(last=False)
            if not waiter.done():
                return waiter
        return None

    def _offer_place(self) -> None:
        """There may be room for one more connection: tell who waits longest."""
        if self._queue and not self._full and (waiter := self._first_waiter()) is not None:
            self._connecting += 1
            waiter.set_result(None)

    # ── connections call ─────────────────────────────────────────────────────────────────────────────────────────────

    def _made(self) -> UpstreamConnection:
        limits = self.limits
        return UpstreamConnection(self.endpoint, self._rests, self._lost, limits.max_uses, limits.max_age_s)

    def _rests(self, connection: UpstreamConnection) -> None:
        """It may be used again. Above the limit the one that has rested longest is closed."""
        if self._queue and (waiter := self._first_waiter()) is not None:
            waiter.set_result(connection)
            return
        if not self.keeps:
            connection.close()
            return
        self._idle[connection] = None
        if len(self._idle) > self.limits.max_idle:
            coldest = next(iter(self._idle))
            del self._idle[coldest]
            coldest.close()

    def _lost(self, connection: UpstreamConnection) -> None:
        """It is closed."""
        self._idle.pop(connection, None)
        self._open.discard(connection)
        self._offer_place()
        if not self._open and self._all_gone is not None and not self._all_gone.done():
            self._all_gone.set_result(None)
