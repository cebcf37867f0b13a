"""A gateway in a thread of its own: started, spoken to and stopped from another one."""

import http.client
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from ai_dashboard.config.load import load
from ai_dashboard.core.snapshot import HostView
from ai_dashboard.gateway.gateway import Gateway, Options
from ai_dashboard.gateway.thread import GatewayThread


@asynccontextmanager
async def opened() -> AsyncIterator[Gateway]:
    async with Gateway(load(None, {}), Options(port=0), read_host=HostView) as gateway:
        yield gateway


@pytest.fixture
def thread() -> Iterator[GatewayThread]:
    thread = GatewayThread(opened)
    yield thread
    if thread.alive:
        thread.stop(0)


def test_it_listens_when_start_returns_and_is_gone_when_stop_does(thread: GatewayThread) -> None:
    gateway = thread.start()
    connection = http.client.HTTPConnection(*gateway.address, timeout=5)
    connection.request("GET", "/health/liveliness")
    assert connection.getresponse().status == 200
    connection.close()
    thread.stop(0)
    assert not thread.alive
    with pytest.raises(ConnectionRefusedError):
        connection.connect()


def test_coroutines_run_on_its_loop(thread: GatewayThread) -> None:
    gateway = thread.start()

    async def version() -> int:
        return gateway.snapshot().version

    assert thread.call(version()).result(5) >= 1


def test_whoever_calls_after_the_end_is_told(thread: GatewayThread) -> None:
    gateway = thread.start()
    thread.stop(0)
    thread.stop(0)
    with pytest.raises(RuntimeError, match="not running"):
        thread.call(gateway.refresh())


def test_what_kept_it_from_listening_is_raised_by_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        options = Options(port=other.getsockname()[1])
        thread = GatewayThread(lambda: Gateway(load(None, {}), options, read_host=HostView))
        with pytest.raises(OSError, match="in use"):
            thread.start()
