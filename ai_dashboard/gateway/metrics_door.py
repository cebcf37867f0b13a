"""A port for `/metrics` alone, so that each of several workers on one port can be asked for its own figures."""

import asyncio
import errno
from collections.abc import Sequence

from ai_dashboard.core.errors import MethodNotAllowed
from ai_dashboard.core.logs import LogLevel
from ai_dashboard.gateway.guard import Guard
from ai_dashboard.gateway.metrics_page import Figured, MetricsPage
from ai_dashboard.gateway.routes import Route, Routes, Scope
from ai_dashboard.telemetry.json_log import JsonLog
from ai_dashboard.transport.http1 import Exchange, Server

PATH = "/metrics"
METHODS = ("GET", "HEAD")

WORKERS = 64
"""Ports that are tried, one after the other."""

AGAIN_S = 1.0
"""A port that is taken is soon free where a gateway takes another one's place."""


def ports_from(first: int, *, shared: bool) -> Sequence[int]:
    """The ports to try: of one gateway alone it is always the same."""
    return range(first, min(first + WORKERS, 65536)) if shared else (first,)


async def answer_metrics(gateway: Figured, guard: Guard, host: str, ports: Sequence[int], log: JsonLog) -> None:
    """Answer on the first of the ports that is free, until cancelled. Where none is, wait for one."""
    routes = Routes([Route("GET", PATH, Scope.READ, MetricsPage(gateway).metrics)])

    async def handle(exchange: Exchange) -> None:
        if exchange.path == PATH and exchange.method not in METHODS:
            exchange.reply(MethodNotAllowed.status, [(b"allow", ", ".join(METHODS).encode())], b"")
            return
        route = routes.match(exchange.method, exchange.path)
        guard.admit(exchange, route.scope)
        await route.handler(exchange)

    async with Server(handle) as server:
        told = ""
        while isinstance(bound := await _listen(server, host, ports), OSError):
            said = f"{host}:{ports[0]} cannot be listened on: {bound.strerror or bound}"
            if said != told:
                log.note(LogLevel.WARNING, "metrics_waiting", said)
                told = said
            await asyncio.sleep(AGAIN_S)
        log.note(LogLevel.INFO, "metrics_listening", f"figures on port {bound} of {host}")
        await asyncio.Event().wait()


async def _listen(server: Server, host: str, ports: Sequence[int]) -> int | OSError:
    """The port that it listens on, or why there is none."""
    problem = OSError(errno.EADDRINUSE, "no port is left")
    for port in ports:
        try:
            return (await server.listen(host, port))[1]
        except OSError as error:
            problem = error
            if error.errno != errno.EADDRINUSE:
                break
    return problem
