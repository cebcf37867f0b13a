"""TLS through a proxy: ask it for a tunnel (CONNECT), and begin TLS inside once it agrees."""

import asyncio
import ssl
from collections.abc import Callable
from typing import cast

from ai_dashboard.transport.client.connection import UpstreamConnection
from ai_dashboard.transport.client.endpoint import Endpoint
from ai_dashboard.transport.client.proxies import Proxy

MAX_ANSWER_BYTES = 16 * 1024


async def through_tunnel(
    proxy: Proxy, address: str, endpoint: Endpoint, factory: Callable[[], UpstreamConnection], context: ssl.SSLContext
) -> UpstreamConnection:
    """A connection to `endpoint` by way of `proxy`, of which `address` is one. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    transport, request = await loop.create_connection(lambda: _Connect(proxy, endpoint), address, proxy.endpoint.port)
    try:
        await request.agreed
        connection = factory()
        secure = await loop.start_tls(transport, connection, context, server_hostname=endpoint.host)
        if secure is None:
            raise ConnectionAbortedError(0, f"the proxy {proxy.endpoint} closed the tunnel")
    except BaseException:
        transport.abort()
        raise
    connection.connection_made(secure)
    return connection


class _Connect(asyncio.Protocol):
    """One CONNECT and its answer; `agreed` is resolved when the tunnel stands."""

    def __init__(self, proxy: Proxy, endpoint: Endpoint) -> None:
        self.agreed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._proxy = proxy
        host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
        lines = [f"CONNECT {host}:{endpoint.port} HTTP/1.1", f"host: {host}:{endpoint.port}"]
        if proxy.authorization is not None:
            lines.append(f"proxy-authorization: {proxy.authorization}")
        self._request = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, rest = self._answer.partition(b"\r\n\r\n")
        if not end:
            if len(self._answer) > MAX_ANSWER_BYTES:
                self._refused("did not answer in HTTP")
            return
        version, _, status = head.partition(b"\r\n")[0].partition(b" ")
        if not version.startswith(b"HTTP/1.") or rest:
            self._refused("did not answer in HTTP")
        elif not status.startswith(b"2"):
            self._refused(f"answered {status.decode('latin-1')}")
        elif not self.agreed.done():
            self.agreed.set_result(None)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._refused("closed the connection")

    def _refused(self, why: str) -> None:
        if not self.agreed.done():
            self.agreed.set_exception(ConnectionRefusedError(0, f"the proxy {self._proxy.endpoint} {why}"))
