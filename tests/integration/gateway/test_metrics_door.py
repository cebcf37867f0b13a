"""A port for figures alone: one for each worker, the same again for a gateway alone."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from ai_dashboard.gateway.metrics_door import answer_metrics, ports_from
from tests.integration.gateway.scene import ADMIN_TOKEN, House, house, until

LOOPBACK = "127.0.0.1"


@contextmanager
def taken() -> Iterator[tuple[int, int]]:
    """A port that somebody listens on, and one that is free."""
    with socket.socket() as held, socket.socket() as free:
        for one in (held, free):
            one.bind((LOOPBACK, 0))
        held.listen()
        port = int(free.getsockname()[1])
        free.close()
        yield int(held.getsockname()[1]), port


def told(home: House, event: str) -> list[str]:
    home.gateway.log.write()
    return [it.message for it in home.gateway.logs(0, 100).events if it.event == event]


async def opened(home: House, *ports: int) -> "asyncio.Task[None]":
    work = answer_metrics(home.gateway, home.gateway.guard, LOOPBACK, ports, home.gateway.log)
    return asyncio.create_task(work)  # noqa: TID251 - each test ends it


async def test_a_worker_takes_the_first_port_that_is_free() -> None:
    with taken() as (held, free):
        async with house({}) as home:
            door = await opened(home, held, free)
            await until(lambda: bool(told(home, "metrics_listening")))
            async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{free}", trust_env=False) as http:
                assert "gateway_info" in (await http.get("/metrics")).text
                assert (await http.get("/api/admin/snapshot")).status_code == 404
                assert (await http.get("/metrics", headers={"host": "evil.example"})).status_code == 403
            door.cancel()
            await asyncio.wait([door])


async def test_the_port_asks_for_the_same_keys() -> None:
    with taken() as (_held, free):
        async with house({}, settings={"auth": {"master_key": "m" * 20}, "metrics": {"port": free}}) as home:
            await until(lambda: bool(told(home, "metrics_listening")))
            async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{free}", trust_env=False) as http:
                refused = await http.get("/metrics")
                assert (refused.status_code, "needs a key. send it as" in refused.text) == (401, True)
                posted = await http.post("/metrics")
                assert (posted.status_code, posted.headers["allow"]) == (405, "GET, HEAD")
                headers = {"authorization": f"Bearer {ADMIN_TOKEN}"}
                assert (await http.get("/metrics", headers=headers)).status_code == 200


async def test_a_port_that_is_taken_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_dashboard.gateway.metrics_door.AGAIN_S", 0.001)
    with socket.socket() as held:
        held.bind((LOOPBACK, 0))
        held.listen()
        port = int(held.getsockname()[1])
        async with house({}) as home:
            door = await opened(home, port)
            await until(lambda: bool(told(home, "metrics_waiting")))
            held.close()
            await until(lambda: bool(told(home, "metrics_listening")))
            assert len(told(home, "metrics_waiting")) == 1
            door.cancel()
            await asyncio.wait([door])


def test_one_alone_has_one_port_and_several_have_many() -> None:
    assert list(ports_from(9464, shared=False)) == [9464]
    assert list(ports_from(9464, shared=True))[:3] == [9464, 9465, 9466]
    assert list(ports_from(65534, shared=True)) == [65534, 65535]
