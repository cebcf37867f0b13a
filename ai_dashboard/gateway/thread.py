"""A gateway in a thread of its own, so that the screen and the gateway each have their own loop.

One of the few files in which a thread starts. The thread answers to exactly one other: whoever made the object.
"""

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from ai_dashboard.gateway.gateway import Gateway
from ai_dashboard.gateway.memory import keep_house, share_one_heap

T = TypeVar("T")

SWITCH_INTERVAL_S = 0.0001
"""How long the screen, or a thread that writes to disk, may hold the interpreter before the gateway gets its turn. With
the default 5 ms the gateway's p99 beside a busy screen was ten times as high; with 0.5 ms every request that came while
the log was written took 1.5 ms instead of 0.3."""

Open = Callable[[], AbstractAsyncContextManager[Gateway]]


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's loop where there is one: about 1.7 times asyncio's rate."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


class GatewayThread:
    """Starts a gateway, runs coroutines on its loop, and stops it."""

    def __init__(self, open_gateway: Open) -> None:
        self._open = open_gateway
        self._ready: Future[Gateway] = Future()
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._drain_s = 0.0

    def start(self) -> Gateway:
        """Returns once it listens. Raises whatever kept it from listening."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        share_one_heap()
        self._thread.start()
        return self._ready.result()

    @property
    def alive(self) -> bool:
        """Whether there is a gateway to talk to."""
        return self._thread.is_alive()

    def call(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the gateway's loop."""
        loop = self._loop
        if loop is None or not loop.is_running():
            work.close()
            raise RuntimeError("the gateway is not running")
        return asyncio.run_coroutine_threadsafe(work, loop)

    def stop(self, drain_s: float) -> None:
        """Give requests in flight `drain_s` seconds, then end. Returns when the thread has ended, or 2 s later."""
        loop, stop = self._loop, self._stop
        if loop is not None and stop is not None and self._thread.is_alive():
            self._drain_s = drain_s
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(stop.set)
        self._thread.join(drain_s + 2.0)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            self._loop = runner.get_loop()
            try:
                runner.run(self._live())
            except BaseException as error:
                if self._ready.done():
                    raise
                self._ready.set_exception(error)

    async def _live(self) -> None:
        self._stop = asyncio.Event()
        async with self._open() as gateway:
            keep_house()
            self._ready.set_result(gateway)
            await self._stop.wait()
            await gateway.drain(self._drain_s)
