"""From an endpoint to an open connection: name look-up with a brief cache, addresses tried in order, TLS verified."""

import asyncio
import socket
import ssl
from collections.abc import Callable

from ai_dashboard.transport.client.connection import UpstreamConnection
from ai_dashboard.transport.client.endpoint import Endpoint
from ai_dashboard.transport.client.failures import late, unreachable
from ai_dashboard.transport.client.proxies import Proxy
from ai_dashboard.transport.client.tunnel import through_tunnel

DNS_TTL_S = 30.0
"""How long a look-up holds: `getaddrinfo` does not tell the record's own time to live."""


class Connector:
    """Opens connections, and remembers names and the TLS context for the next one."""

    def __init__(self) -> None:
        self._addresses: dict[Endpoint, tuple[float, tuple[str, ...]]] = {}
        self._tls: ssl.SSLContext | None = None

    async def connect(
        self, endpoint: Endpoint, factory: Callable[[], UpstreamConnection], limit_s: float, proxy: Proxy | None = None
    ) -> UpstreamConnection:
        """An open connection. Raises `UpstreamUnreachable`, or `UpstreamTimeout` after `limit_s` seconds."""
        first_hop = proxy.endpoint if proxy is not None else endpoint
        try:
            async with asyncio.timeout(limit_s) as limit:
                return await self._connect_any(endpoint, factory, limit_s, proxy)
        except OSError as error:
            self._addresses.pop(first_hop, None)
            if limit.expired():
                raise late(endpoint, "no connection", limit_s) from None
            raise unreachable(endpoint, error, first_hop) from error

    async def _connect_any(
        self, endpoint: Endpoint, factory: Callable[[], UpstreamConnection], limit_s: float, proxy: Proxy | None
    ) -> UpstreamConnection:
        """Try all addresses in the system's order; each gets its share of the time that is left, so that one which
        swallows packets does not cost the others their turn."""
        loop = asyncio.get_running_loop()
        due = loop.time() + limit_s
        addresses = await self._resolve(proxy.endpoint if proxy is not None else endpoint)
        refusal: OSError = OSError("no address")
        for index, address in enumerate(addresses):
            share = (due - loop.time()) / (len(addresses) - index)
            try:
                async with asyncio.timeout(share if index + 1 < len(addresses) else None):
                    return await self._connect_one(endpoint, factory, address, proxy)
            except OSError as error:
                refusal = error
        raise refusal

    async def _connect_one(
        self, endpoint: Endpoint, factory: Callable[[], UpstreamConnection], address: str, proxy: Proxy | None
    ) -> UpstreamConnection:
        secure = endpoint.scheme == "https"
        if secure and proxy is not None:
            return await through_tunnel(proxy, address, endpoint, factory, self._context())
        _, connection = await asyncio.get_running_loop().create_connection(
            factory,
            address,
            proxy.endpoint.port if proxy is not None else endpoint.port,
            ssl=self._context() if secure else None,
            server_hostname=endpoint.host if secure else None,
        )
        return connection

    async def _resolve(self, endpoint: Endpoint) -> tuple[str, ...]:
        loop = asyncio.get_running_loop()
        known = self._addresses.get(endpoint)
        if known is not None and known[0] > loop.time():
            return known[1]
        found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
        addresses = tuple(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))
        self._addresses[endpoint] = (loop.time() + DNS_TTL_S, addresses)
        return addresses

    def _context(self) -> ssl.SSLContext:
        """Made on first use and once: reading the system's certificates takes some 20 ms."""
        if self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls
