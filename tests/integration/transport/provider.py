"""A scripted provider on a real socket."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from ai_dashboard.core.chat import HttpRequest
from ai_dashboard.transport.client import Endpoint, PoolLimits, Timeouts, UpstreamClient, UpstreamReply

ASK = HttpRequest("POST", "/v1/x", (("content-type", "application/json"),), b"{}")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HEAD_5 = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
HEAD_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
SOON = Timeouts(connect_s=1.0, first_byte_s=0.05, idle_s=0.05, total_s=1.0)

Script = Callable[["Peer"], Awaitable[None]]


class Peer:
    """The provider's side of one connection."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self._reader = reader
        self._writer = writer

    async def request(self) -> bytes:
        """The next request, head and body."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return head + await self._reader.readexactly(int(length or b"0"))

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def flush(self) -> None:
        await self._writer.drain()

    def reset(self) -> None:
        self._writer.transport.abort()

    async def start_tls(self, context: ssl.SSLContext) -> None:
        await self._writer.start_tls(context)

    async def until_closed(self) -> None:
        """Return when the client has closed its side."""
        try:
            while await self._reader.read(65_536):
                pass
        except ConnectionResetError:
            pass


class Provider:
    """Runs `script` on each connection and closes it afterwards."""

    def __init__(self, script: Script, scheme: str = "http") -> None:
        self.connections = 0
        self.closed = 0
        self._script = script
        self._scheme = scheme
        self.endpoint = Endpoint(scheme, "127.0.0.1", 0)

    @asynccontextmanager
    async def running(
        self, tls: ssl.SSLContext | None = None, limits: PoolLimits | None = None
    ) -> AsyncIterator[UpstreamClient]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        host = "localhost" if tls else "127.0.0.1"
        self.endpoint = Endpoint(self._scheme, host, server.sockets[0].getsockname()[1])
        client = UpstreamClient(limits)
        try:
            yield client
        finally:
            await client.aclose()
            server.close()
            await until(lambda: self.closed == self.connections)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._script(Peer(self.connections, reader, writer))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client left
        finally:
            self.closed += 1
            writer.close()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until `condition` holds; what it looks at is on the other side of a socket."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - a socket's other side sets no event
            await asyncio.sleep(0)


def says(*parts: bytes, then: Callable[[Peer], None] | None = None) -> Script:
    """Answer one request with `parts`, each a read of its own, and close."""

    async def script(peer: Peer) -> None:
        await peer.request()
        for part in parts:
            peer.send(part)
            await peer.flush()
            await asyncio.sleep(0)
        if then is not None:
            then(peer)

    return script


async def keeps_answering(peer: Peer) -> None:
    while True:
        await peer.request()
        peer.send(OK)


async def collect(reply: UpstreamReply, pieces: list[bytes]) -> None:
    while piece := await reply.chunk():
        pieces.append(piece)


async def everything(reply: UpstreamReply) -> bytes:
    pieces: list[bytes] = []
    await collect(reply, pieces)
    return b"".join(pieces)
