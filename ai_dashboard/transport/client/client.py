"""The client: sends a request on a connection of its endpoint's pool, and returns the reply once its head is here."""

import asyncio
import os
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from ai_dashboard.core.chat import HttpRequest
from ai_dashboard.core.errors import UpstreamError, UpstreamUnreachable
from ai_dashboard.transport.client.connect import Connector
from ai_dashboard.transport.client.endpoint import Endpoint
from ai_dashboard.transport.client.pool import Pool, PoolLimits
from ai_dashboard.transport.client.proxies import proxy_for
from ai_dashboard.transport.client.reply import UpstreamReply
from ai_dashboard.transport.client.request import encode_request
from ai_dashboard.transport.client.timeouts import DEFAULT, Timeouts


class UpstreamClient:
    """Sends requests to providers. One per gateway; belongs to the loop it is first used on.

    `variables` are those that name proxies, the process's own if not given.
    """

    def __init__(self, limits: PoolLimits | None = None, variables: Mapping[str, str] = os.environ) -> None:
        self._limits = limits or PoolLimits()
        self._variables = variables
        self._pools: dict[Endpoint, Pool] = {}
        self._connector = Connector()
        self._kept: AbstractSet[Endpoint] | None = None
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, endpoint: Endpoint, request: HttpRequest, timeouts: Timeouts = DEFAULT) -> UpstreamReply:
        """Send `request` and return once the head of the reply is here; redirects are replies like any other.

        Raises `UpstreamUnreachable`, `UpstreamTimeout`, `UpstreamTruncated` or `UpstreamInvalid`. Cancelling it closes
        the connection. A pooled connection that turns out to be closed already is replaced by another one.
        """
        pool = self._pools.get(endpoint) or self._pool(endpoint)
        if self._closed:
            raise pool.shutting_down()
        try:
            head = encode_request(request, pool.authority, pool.forward_proxy)
        except ValueError as error:
            raise UpstreamUnreachable(
                f"{endpoint}: the request cannot be sent: {error}.", hint="Check this provider's headers and api_key."
            ) from None
        loop = self._loop
        if loop is None:  # asked for once: before 3.12 every get_running_loop() is a system call
            loop = self._loop = asyncio.get_running_loop()
        now = began = loop.time()
        connected_s: float | None = None
        connection = pool.take()
        while True:
            if connection is None:
                connection = await pool.obtain(min(timeouts.connect_s, timeouts.total_s))
                now = loop.time()
                connected_s = None if connection.used else now - began
            waiter = connection.request(
                head, request.body, timeouts, now, began + timeouts.total_s, connected_s, request.method == "HEAD"
            )
            try:
                outcome = await waiter
            except asyncio.CancelledError:
                connection.give_up(waiter)
                raise
            if isinstance(outcome, UpstreamReply):
                return outcome
            if isinstance(outcome, UpstreamError):
                raise outcome
            connection = None  # it was closed while it rested, and nothing was answered: another one decides

    def keep_only(self, endpoints: AbstractSet[Endpoint]) -> None:
        """Keep connections at rest to these alone. Others may still be asked, by whoever began before; their
        connections are closed once their replies are whole."""
        self._kept = endpoints
        for endpoint, pool in tuple(self._pools.items()):
            pool.keep(keeps=endpoint in endpoints)
            if pool.empty and not pool.keeps:
                del self._pools[endpoint]

    def widen(self, connections: int) -> None:
        """Let at least so many connections to each endpoint be open at once."""
        if connections > self._limits.max_connections:
            self._limits = replace(self._limits, max_connections=connections)
            for pool in self._pools.values():
                pool.limits = self._limits

    def close(self) -> None:
        """Close all connections at once; replies in progress fail, and so does every later `send`."""
        self._closed = True
        for pool in self._pools.values():
            pool.close()

    async def aclose(self) -> None:
        """`close`, and return when the sockets are closed."""
        self.close()
        for pool in tuple(self._pools.values()):
            await pool.gone()

    def _pool(self, endpoint: Endpoint) -> Pool:
        try:
            proxy = proxy_for(endpoint, self._variables)
        except ValueError as error:
            raise UpstreamUnreachable(f"{endpoint}: {error}.", hint="Correct the variable, or unset it.") from None
        pool = self._pools[endpoint] = Pool(endpoint, proxy, self._limits, self._connector)
        pool.keeps = self._kept is None or endpoint in self._kept
        return pool
