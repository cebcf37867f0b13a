"""The admin API's part about requests that wait."""

from collections.abc import Iterator
from dataclasses import dataclass

from ai_dashboard.gateway.admin import reply_json
from ai_dashboard.gateway.described import described
from ai_dashboard.gateway.routes import Handler
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.queueing.room import LineView, stats
from ai_dashboard.transport.http1 import Exchange


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """Who waits: by model and level, in all, and line by line."""

    timestamp: float
    queues: dict[str, dict[str, int]]
    total_requests: int
    lines: tuple[LineView, ...]


class QueueApi:
    """Handlers below `/api/admin/`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def handlers(self) -> Iterator[tuple[str, str, Handler]]:
        """Method, name and handler of each."""
        yield "GET", "queue", self._queue

    @described(QueueFigures)
    async def _queue(self, exchange: Exchange) -> None:
        """`GET …/queue`: how many wait at each level, by model; and each line with what became of the others."""
        views = tuple(self._runtime.waiting.views())
        reply_json(exchange, {**stats(views, self._runtime.clock.wall()), "lines": views})
