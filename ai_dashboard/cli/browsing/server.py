"""The server: textual-serve's own, behind our door. Each tab is a process of its own, which ends with it."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Any, assert_never

from rich.console import Console
from textual_serve.server import Server, web

from ai_dashboard.cli.browsing.door import Door, Verdict

END_S = 2.0
"""What tabs are given when the server ends."""

CLOSED = "This needs the whole address that `ai-dashboard web` has printed, with its token.\n"
WRONG_NAME = "This server does not go by that name; use the address that `ai-dashboard web` has printed.\n"


async def serve(command: str, title: str, door: Door, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Show the screens of `command` to whoever the door lets in, until a signal comes."""
    host, port = listener.getsockname()[:2]
    server = Server(command, host, port, title=title)
    server.console = Console(quiet=True)  # it would print the address without its token
    app = await server._make_app()
    app.middlewares.append(_guarding(door))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=END_S)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        announce()
        await _signal()
    finally:
        await runner.cleanup()


def _guarding(door: Door) -> Any:  # noqa: ANN401 - the types of a server that need not be installed
    async def guard(request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:  # noqa: ANN401 - the same
        verdict = door.verdict(request.path, request.headers, request.cookies, request.query)
        match verdict:
            case Verdict.WELCOME:
                reply = await handler(request)
                if not reply.prepared:
                    reply.headers["Referrer-Policy"] = "no-referrer"
                return reply
            case Verdict.GIVE_COOKIE:
                reply = web.HTTPSeeOther("/")
                reply.set_cookie(door.cookie, door.token, httponly=True, samesite="Lax")
                raise reply
            case Verdict.NO_TOKEN:
                return web.Response(status=401, text=CLOSED)
            case Verdict.WRONG_NAME:
                return web.Response(status=403, text=WRONG_NAME)
            case _:
                assert_never(verdict)

    return web.middleware(guard)


async def _signal() -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    await ended.wait()
