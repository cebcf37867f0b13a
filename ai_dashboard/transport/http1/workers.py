"""Tasks that answer one exchange after another.

A task of its own per request would be made, registered, and taken down again: together about as much work as parsing
the request. So a worker that is done rests, and the next exchange wakes it. One that was cancelled ends: nobody can
tell what is left in it. What a handler sets in context variables stays with its worker.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from ai_dashboard.transport.http1.exchange import Exchange

MAX_RESTING = 256
"""Workers kept for later; more than that is a burst that is over."""


class Workers:
    """As many as there are exchanges to answer at once. `answer` must not raise anything but `CancelledError`."""

    def __init__(self, answer: Callable[[Exchange], Coroutine[Any, Any, None]]) -> None:
        self._answer = answer
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._resting: list[tuple[asyncio.Future[Exchange], asyncio.Task[None]]] = []

    def give(self, exchange: Exchange) -> asyncio.Task[None]:
        """Answer `exchange`; the task that does."""
        while self._resting:
            call, task = self._resting.pop()
            if not call.done():  # else: it was cancelled as it lay down, and is about to end
                call.set_result(exchange)
                return task
        # Not a TaskGroup's: its callbacks cost more than the task, and its members are not meant to last.
        task = self._loop.create_task(self._work(exchange))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Cancel them all, and return when the last one has ended."""
        while tasks := tuple(self._tasks):
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _work(self, first: Exchange) -> None:
        task = asyncio.current_task()
        exchange: Exchange | None = first
        del first
        try:
            while exchange is not None:
                await self._answer(exchange)
                exchange = None  # a resting worker must not keep its last request in memory
                if task is None or task.cancelling() or len(self._resting) >= MAX_RESTING:
                    return
                call: asyncio.Future[Exchange] = self._loop.create_future()
                self._resting.append((call, task))
                exchange = await call
        finally:
            # A task keeps the error that it ended with, that error this frame, and this frame the task: they and all
            # that they know would stay in memory until a collector came by.
            task = exchange = None
