"""A door with a part of the admin API behind it: for tests of that part, and of the command that calls it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from ai_dashboard.cli import main as cli
from ai_dashboard.core.errors import GatewayError
from ai_dashboard.gateway.routes import Handler, Route, Routes, Scope
from ai_dashboard.transport.http1 import Exchange, Server


@dataclass(frozen=True)
class Door:
    """Its address, and a client in front of it."""

    http: httpx.AsyncClient
    url: str

    async def command(self, *arguments: str) -> int:
        """`ai-dashboard …`, in a thread of its own, as it waits for replies."""
        return await asyncio.to_thread(cli.main, [*arguments, "--url", self.url])


@asynccontextmanager
async def door(handlers: Iterable[tuple[str, str, Handler]]) -> AsyncIterator[Door]:
    routes = Routes([Route(method, f"/api/admin/{name}", Scope.ADMIN, handler) for method, name, handler in handlers])

    async def handle(exchange: Exchange) -> None:
        try:
            await routes.match(exchange.method, exchange.path).handler(exchange)
        except GatewayError as error:
            body = json.dumps({"error": {"message": error.message, "code": error.code}}).encode()
            exchange.reply(error.status, [(b"content-type", b"application/json")], body)

    async with Server(handle) as server:
        host, port = await server.listen("127.0.0.1", 0)
        url = f"http://{host}:{port}"
        async with httpx.AsyncClient(base_url=f"{url}/api/admin", trust_env=False) as http:
            yield Door(http, url)
