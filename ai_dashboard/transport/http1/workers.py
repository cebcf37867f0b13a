"""Tasks that answer one exchange after another.

A task of its own per request would be made, registered, and taken down again: together about as much work as parsing
the request. So a worker that is done rests, and the next exchange wakes it. One that was cancelled ends: nobody can
tell what is left in it. What a handler sets in context variables stays with its worker.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from ai_dashboard.transport.http1.exchange import Exchange

MAX_RESTING = 256
"""Workers kept for later; more than that is a burst that is over."""

AT_ONCE = 8
"""Exchanges that begin in one turn of the loop. Of a crowd that comes at the same moment the others wait for the next
turns: to begin all of them would hold up every stream by as long as that takes."""


class Workers:
    """As many as there are exchanges to answer at once. `answer` must not raise anything but `CancelledError`."""

    def __init__(self, answer: Callable[[Exchange], Coroutine[Any, Any, None]]) -> None:
        self._answer = answer
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._resting: list[tuple[asyncio.Future[Exchange], asyncio.Task[None]]] = []
        self._called = 0  # in this turn
        self._waiting: deque[tuple[asyncio.Future[Exchange], Exchange]] = deque()

    def give(self, exchange: Exchange) -> asyncio.Task[None]:
        """Answer `exchange`; the task that does."""
        while self._resting:
            call, task = self._resting.pop()
            if not call.done():  # else: it was cancelled as it lay down, and is about to end
                self._call(call, exchange)
                return task
        call = self._loop.create_future()
        # Not a TaskGroup's: its callbacks cost more than the task, and its members are not meant to last.
        task = self._loop.create_task(self._work(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._call(call, exchange)
        return task

    async def close(self) -> None:
        """Cancel them all, and return when the last one has ended."""
        while tasks := tuple(self._tasks):
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def _call(self, call: "asyncio.Future[Exchange]", exchange: Exchange) -> None:
        if self._called >= AT_ONCE:
            self._waiting.append((call, exchange))
            return
        if not self._called:
            self._loop.call_soon(self._next_turn)
        self._called += 1
        call.set_result(exchange)

    def _next_turn(self) -> None:
        self._called = 0
        while self._waiting and self._called < AT_ONCE:
            call, exchange = self._waiting.popleft()
            if not call.done():  # else: it was cancelled meanwhile
                self._call(call, exchange)

    async def _work(self, call: "asyncio.Future[Exchange] | None") -> None:
        task = asyncio.current_task()
        exchange: Exchange | None = None
        try:
            while call is not None:
                exchange = await call
                call = None
                await self._answer(exchange)
                exchange = None  # a resting worker must not keep its last request in memory
                if task is None or task.cancelling() or len(self._resting) >= MAX_RESTING:
                    return
                call = self._loop.create_future()
                self._resting.append((call, task))
        finally:
            # A task keeps the error that it ended with, that error this frame, and this frame the task: they and all
            # that they know would stay in memory until a collector came by.
            task = exchange = call = None
