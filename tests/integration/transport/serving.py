"""A server on a real socket, and raw clients of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ai_dashboard.transport.http1 import Exchange, Handler, Limits, Server

HOST = b"Host: a\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


async def echo(exchange: Exchange) -> None:
    """Answers with what it understood, so that a transcript shows it."""
    body = await exchange.body()
    text = f"{exchange.method} {exchange.path}|{exchange.query}|{body.decode('latin-1')}"
    exchange.reply(200, [(b"content-type", b"text/plain")], text.encode("latin-1"))


@dataclass
class Client:
    """A raw socket with a clock on it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def until(self, marker: bytes) -> bytes:
        async with asyncio.timeout(5):
            return await self.reader.readuntil(marker)

    async def to_end(self) -> bytes:
        async with asyncio.timeout(5):
            return await self.reader.read()


@dataclass
class Running:
    """A server, and the way to it."""

    server: Server
    port: int
    crashes: list[Exception] = field(default_factory=list)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield Client(reader, writer)
        finally:
            writer.transport.abort()

    async def ask(self, request: bytes) -> bytes:
        """Everything that comes back for `request` until the server closes."""
        async with self.client() as client:
            client.send(request)
            return await client.to_end()


@asynccontextmanager
async def serving(handler: Handler = echo, limits: Limits | None = None) -> AsyncIterator[Running]:
    crashes: list[Exception] = []
    async with Server(handler, limits, on_crash=lambda _, error: crashes.append(error)) as server:
        _, port = await server.listen("127.0.0.1", 0)
        yield Running(server, port, crashes)
