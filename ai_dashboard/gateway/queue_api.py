"""The admin API's part about requests that wait."""

from collections.abc import Iterator

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.queue import ExpiredRequests, LineView, SwapsView
from ai_dashboard.gateway.admin import reply_json
from ai_dashboard.gateway.auditing import note_change
from ai_dashboard.gateway.described import described
from ai_dashboard.gateway.gauges import swaps
from ai_dashboard.gateway.routes import Handler
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.queueing.room import stats
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.transport.http1 import Exchange


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """Who waits: by model and level, in all, and line by line; and what providers load next that hold few models."""

    timestamp: float
    queues: dict[str, dict[str, int]]
    total_requests: int
    lines: tuple[LineView, ...]
    swaps: tuple[SwapsView, ...]


class QueueApi:
    """Handlers below `/api/admin/`."""

    def __init__(self, runtime: Runtime, audit: Audit | None = None) -> None:
        self._runtime = runtime
        self._audit = audit

    def handlers(self) -> Iterator[tuple[str, str, Handler]]:
        """Method, name and handler of each."""
        yield "GET", "queue", self._queue
        yield "POST", "queue/clear-expired", self._clear_expired

    @described(QueueFigures)
    async def _queue(self, exchange: Exchange) -> None:
        """`GET …/queue`: how many wait at each level, by model; each line with what became of the others; and the
        models that are loaded next."""
        runtime = self._runtime
        views = tuple(runtime.waiting.views())
        reply_json(exchange, {**stats(views, runtime.clock.wall()), "lines": views, "swaps": tuple(swaps(runtime))})

    @described(ExpiredRequests)
    async def _clear_expired(self, exchange: Exchange) -> None:
        """`POST …/queue/clear-expired`: tell requests that are past their deadline so, before they find out."""
        told = ExpiredRequests(self._runtime.waiting.clear_expired())
        await note_change(self._audit, exchange, "queue.clear-expired", after=f"{told.expired} told")
        reply_json(exchange, told)
