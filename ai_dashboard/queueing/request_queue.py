"""A priority queue of prompts by model, for programs that use it on their own.

queue = RequestQueue()
id = queue.enqueue("Summarise …", "llama3.1:8b", Priority.HIGH, deadline=60)
request = queue.dequeue("llama3.1:8b")
"""

import os
import time
from collections.abc import Mapping
from secrets import token_hex

from ai_dashboard.core.clock import Clock
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import QueueFull
from ai_dashboard.queueing.line import Line, LineFull, Ticket
from ai_dashboard.queueing.pace import Pace
from ai_dashboard.queueing.priority import Priority

MAX_QUEUE_SIZE = 1000
AGE_BOOST_S = 30.0


@dataclass(frozen=True, slots=True)
class QueuedRequest:
    """A request whose turn it is. `waited_s` is how long it has waited."""

    id: str
    prompt: str
    model: str
    priority: Priority
    waited_s: float


class _Machine:
    monotonic = staticmethod(time.monotonic)
    wall = staticmethod(time.time)


class RequestQueue:
    """In memory. `max_size` is per model and level, `age_boost_s` the seconds after which a request rises one level;
    without them `MAX_QUEUE_SIZE` and `PRIORITY_AGE_BOOST_SECONDS` of the environment hold, or 1000 and 30."""

    def __init__(
        self,
        max_size: int | None = None,
        age_boost_s: float | None = None,
        *,
        clock: Clock | None = None,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self._max_size = int(env.get("MAX_QUEUE_SIZE") or MAX_QUEUE_SIZE) if max_size is None else max_size
        boost = float(env.get("PRIORITY_AGE_BOOST_SECONDS") or AGE_BOOST_S)
        self._age_boost_s = boost if age_boost_s is None else age_boost_s
        self._clock: Clock = clock or _Machine()
        self._lines: dict[str, Line] = {}
        self._paces: dict[str, Pace] = {}
        self._prompts: dict[str, str] = {}

    def enqueue(
        self,
        prompt: str,
        model: str,
        priority: Priority | int = Priority.NORMAL,
        deadline: float | None = None,
        tenant: str = "",
    ) -> str:
        """Wait for a turn; returns the request's id. `deadline` is in seconds from now. Raises `QueueFull`."""
        now = self._clock.monotonic()
        line = self._lines.get(model)
        if line is None:
            line = self._lines[model] = Line(self._max_size, self._age_boost_s)
            self._paces[model] = Pace()
        until = None if deadline is None else now + deadline
        ticket = Ticket(token_hex(8), model, Priority(priority), now, tenant, until)
        try:
            line.join(ticket)
        except LineFull as full:
            retry_after_s = self._paces[model].retry_after_s(full.ahead, now)
            message = f"{self._max_size} requests of priority {ticket.priority.name} wait for {model!r} already"
            raise QueueFull(message, retry_after_s=retry_after_s) from None
        self._prompts[ticket.id] = prompt
        return ticket.id

    def dequeue(self, model: str) -> QueuedRequest | None:
        """Whose turn it is for a model; None when nobody waits."""
        self._forget_expired()
        now = self._clock.monotonic()
        line = self._lines.get(model)
        ticket = line.next(now) if line is not None else None
        if ticket is None:
            return None
        self._paces[model].served(now)
        return QueuedRequest(
            ticket.id, self._prompts.pop(ticket.id), model, ticket.priority, waited_s=now - ticket.since
        )

    def clear_expired(self) -> int:
        """Take out those that are past their deadline; returns how many."""
        return self._forget_expired()

    def get_stats(self) -> dict[str, object]:
        """`timestamp`, `queues: {model: {LEVEL: n}}` and `total_requests`."""
        queues = {model: line.depths() for model, line in self._lines.items()}
        return {
            "timestamp": self._clock.wall(),
            "queues": queues,
            "total_requests": sum(len(line) for line in self._lines.values()),
        }

    def _forget_expired(self) -> int:
        now = self._clock.monotonic()
        expired = [ticket for line in self._lines.values() for ticket in line.expire(now)]
        for ticket in expired:
            del self._prompts[ticket.id]
        return len(expired)
