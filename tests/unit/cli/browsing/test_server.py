"""The server behind the door, where textual-serve is installed."""

import asyncio
import os
import signal
import socket

import httpx
import pytest

from ai_dashboard.cli.browsing.door import Door

pytest.importorskip("textual_serve", reason="the extra `web` is not installed")


async def test_nothing_is_shown_without_the_token() -> None:
    from ai_dashboard.cli.browsing.server import serve

    listening = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        door = Door(f"127.0.0.1:{listener.getsockname()[1]}", "the-token")
        async with asyncio.TaskGroup() as group:
            group.create_task(serve("true", "a test", door, listener, listening.set))
            await listening.wait()
            base = f"http://{door.authority}"
            async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
                assert (await client.get("/")).status_code == 401
                assert (await client.get("/static/js/textual.js")).status_code == 401
                assert (await client.get("/ws")).status_code == 401
                entered = await client.get(door.address)
                assert (entered.status_code, entered.headers["location"]) == (303, "/")
                assert {"HttpOnly", "SameSite=Lax"} <= set(entered.headers["set-cookie"].split("; "))
                page = await client.get("/")
                assert (page.status_code, page.headers["referrer-policy"]) == (200, "no-referrer")
                assert f"ws://{door.authority}/ws" in page.text
                assert "the-token" not in page.text
                assert (await client.get("/ws", headers={"Origin": "http://127.0.0.1:1"})).status_code == 403
                assert (await client.get("/", headers={"Host": "evil.example"})).status_code == 403
            os.kill(os.getpid(), signal.SIGTERM)
