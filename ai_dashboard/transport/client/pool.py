"""The client: a pool of idle connections per endpoint, the last used first, so that the surplus ages and is closed.

Every step is O(1) in the number of connections; that is what the well-known pools get wrong under load.
"""

import asyncio

from ai_dashboard.core.chat import HttpRequest
from ai_dashboard.core.errors import UpstreamError, UpstreamUnreachable
from ai_dashboard.transport.client.connect import Connector
from ai_dashboard.transport.client.connection import UpstreamConnection
from ai_dashboard.transport.client.endpoint import Endpoint
from ai_dashboard.transport.client.reply import UpstreamReply
from ai_dashboard.transport.client.request import encode_request
from ai_dashboard.transport.client.timeouts import DEFAULT, Timeouts


class Pool:
    """One endpoint's idle connections."""

    def __init__(self, endpoint: Endpoint, max_idle: int) -> None:
        self.endpoint = endpoint
        self.authority = endpoint.authority
        self._max_idle = max_idle
        self._idle: dict[UpstreamConnection, None] = {}

    def take(self) -> UpstreamConnection | None:
        """The connection that rested last."""
        return self._idle.popitem()[0] if self._idle else None

    def put(self, connection: UpstreamConnection) -> None:
        """Let it rest. Above the limit the one that has rested longest is closed."""
        self._idle[connection] = None
        if len(self._idle) > self._max_idle:
            coldest = next(iter(self._idle))
            del self._idle[coldest]
            coldest.close()

    def forget(self, connection: UpstreamConnection) -> None:
        """It is closed."""
        self._idle.pop(connection, None)


class UpstreamClient:
    """Sends requests to providers. One per gateway; belongs to the loop it is first used on.

    `max_idle` bounds the connections that rest per endpoint, not those in use.
    """

    def __init__(self, max_idle: int = 256) -> None:
        self._max_idle = max_idle
        self._pools: dict[Endpoint, Pool] = {}
        self._connector = Connector()
        self._open: set[UpstreamConnection] = set()
        self._all_gone: asyncio.Future[None] | None = None
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, endpoint: Endpoint, request: HttpRequest, timeouts: Timeouts = DEFAULT) -> UpstreamReply:
        """Send `request` and return once the head of the reply is here; redirects are replies like any other.

        Raises `UpstreamUnreachable`, `UpstreamTimeout`, `UpstreamTruncated` or `UpstreamInvalid`. Cancelling it closes
        the connection. A pooled connection that turns out to be closed already is replaced once by a fresh one.
        """
        if self._closed:
            raise self._shutting_down(endpoint)
        pool = self._pools.get(endpoint) or self._pools.setdefault(endpoint, Pool(endpoint, self._max_idle))
        try:
            head = encode_request(request, pool.authority)
        except ValueError as error:
            raise UpstreamUnreachable(
                f"{endpoint}: the request cannot be sent: {error}.", hint="Check this provider's headers and api_key."
            ) from None
        loop = self._loop
        if loop is None:  # asked for once: before 3.12 every get_running_loop() is a system call
            loop = self._loop = asyncio.get_running_loop()
        began = loop.time()
        connected_s: float | None = None
        connection = pool.take()
        while True:
            if connection is None:
                connection = await self._connect(pool, timeouts)
                connected_s = loop.time() - began
            reply = connection.request(
                head, request.body, timeouts, began + timeouts.total_s, connected_s, request.method == "HEAD"
            )
            try:
                outcome = await reply
            except asyncio.CancelledError:
                connection.give_up(reply)
                raise
            if isinstance(outcome, UpstreamReply):
                return outcome
            if isinstance(outcome, UpstreamError):
                raise outcome
            connection = None  # it was closed while it rested, and nothing was answered: a fresh one decides

    def close(self) -> None:
        """Close all connections at once; replies in progress fail, and so does every later `send`."""
        self._closed = True
        for connection in tuple(self._open):
            connection.close()

    async def aclose(self) -> None:
        """`close`, and return when the sockets are closed."""
        self.close()
        if self._open:
            self._all_gone = asyncio.get_running_loop().create_future()
            await self._all_gone

    async def _connect(self, pool: Pool, timeouts: Timeouts) -> UpstreamConnection:
        def made() -> UpstreamConnection:
            return UpstreamConnection(pool.endpoint, pool.put, self._lost)

        limit_s = min(timeouts.connect_s, timeouts.total_s)
        connection = await self._connector.connect(pool.endpoint, made, limit_s)
        self._open.add(connection)
        if self._closed:
            connection.close()
            raise self._shutting_down(pool.endpoint)
        return connection

    @staticmethod
    def _shutting_down(endpoint: Endpoint) -> UpstreamUnreachable:
        return UpstreamUnreachable(f"{endpoint}: the gateway is shutting down.")

    def _lost(self, connection: UpstreamConnection) -> None:
        self._pools[connection.endpoint].forget(connection)
        self._open.discard(connection)
        if not self._open and self._all_gone is not None and not self._all_gone.done():
            self._all_gone.set_result(None)
