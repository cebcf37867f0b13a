"""Requests of this process that wait until a provider has a place for them.

Whoever waits stands in one line for each provider and model that could answer, and is called by whichever has a place
first. The place is kept for whoever was called, so nobody who comes in between can take it.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence

from ai_dashboard.core.clock import Clock
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import QueueExpired, QueueFull
from ai_dashboard.core.queue import LineView
from ai_dashboard.queueing.line import Line, LineFull, Ticket
from ai_dashboard.queueing.pace import Pace
from ai_dashboard.queueing.priority import Priority

MAX_LINES = 512

Place = tuple[str, str]
"""A provider and a model."""

Admits = Callable[[str, Ticket], bool]
"""Whether a request that waits for a model may be called now, whatever stands before it."""


def _all(_provider: str) -> Admits | None:
    return None


@dataclass(slots=True, eq=False)
class _Queue:
    line: Line
    pace: Pace
    served: int = 0
    refused: int = 0
    expired: int = 0


class WaitingRoom:
    """All lines. `max_size` is per line and level; `age_boost_s` is how long it takes to rise one level. `keep` is told
    of every place at a provider that is kept for somebody (1), and given up (-1); `admits` says who may be called by a
    provider now, None where all may. `served`, `shed` and `expired` count
    requests, each of them once."""

    def __init__(
        self,
        clock: Clock,
        max_size: int,
        age_boost_s: float,
        keep: Callable[[Place, int], None],
        admits: Callable[[str], Admits | None] = _all,
    ) -> None:
        self.max_size = max_size
        self.age_boost_s = age_boost_s
        self.served = self.shed = self.expired = 0
        self._keep = keep
        self._admits = admits
        self._clock = clock
        self._queues: dict[Place, _Queue] = {}
        self._calls: dict[str, asyncio.Future[Place]] = {}

    def __len__(self) -> int:
        return len(self._calls)

    async def wait(self, ticket: Ticket, places: Sequence[Place]) -> Place:
        """Returns the place that was kept, to be given up with `taken` as soon as it is used or not wanted. Raises
        `QueueFull` and `QueueExpired`."""
        now = self._clock.monotonic()
        if ticket.expired(now):
            raise self._too_late(ticket)
        called: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        stands = self._join(ticket, places, now)
        self._calls[ticket.id] = called
        remaining = None if ticket.deadline is None else ticket.deadline - now
        try:
            async with asyncio.timeout(remaining):
                return await called
        except TimeoutError:
            for queue, _ in stands:
                queue.expired += 1
            raise self._too_late(ticket) from None
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self.taken(called.result())  # called at the very moment it left
            raise
        finally:
            del self._calls[ticket.id]
            for queue, stand in stands:  # not looked up again: an empty line may be gone, its last one just called
                queue.line.leave(stand)

    def free(self, provider: str, places: int) -> None:
        """A provider has so many places that are neither used nor kept: call those whose turn it is."""
        for _ in range(min(places, len(self._calls))):
            if not self._call(provider):
                return

    def taken(self, place: Place) -> None:
        """A place that was kept is used now, or not wanted any more."""
        self._keep(place, -1)

    def adopt(self, max_size: int, age_boost_s: float) -> None:
        """Go by other limits. Whoever waits goes on waiting."""
        self.max_size, self.age_boost_s = max_size, age_boost_s
        for queue in self._queues.values():
            queue.line.max_size, queue.line.age_boost_s = max_size, age_boost_s

    def clear_expired(self) -> int:
        """Tell those that are past their deadline so, now; how many there were. Each finds out by itself as well."""
        now = self._clock.monotonic()
        late: set[str] = set()
        for queue in self._queues.values():
            for stand in queue.line.expire(now):
                called = self._calls[stand.id]
                if not called.done():  # else it was called elsewhere, and has not come to know it yet
                    called.set_exception(self._too_late(stand))
                    late.add(stand.id)
                queue.expired += stand.id in late
        return len(late)

    def wanted(self) -> frozenset[str]:
        """The providers that somebody waits for."""
        return frozenset(place[0] for place, queue in self._queues.items() if len(queue.line))

    def lines(self, provider: str) -> Iterator[tuple[str, Line]]:
        """The models that somebody waits for at a provider, each with its line."""
        for (name, model), queue in self._queues.items():
            if name == provider and len(queue.line):
                yield model, queue.line

    def views(self) -> Iterator[LineView]:
        """Every line in which somebody waits or has waited."""
        now = self._clock.monotonic()
        for (provider, model), queue in self._queues.items():
            oldest = queue.line.oldest()
            yield LineView(
                provider,
                model,
                queue.line.depths(),
                0.0 if oldest is None else now - oldest,
                queue.served,
                queue.refused,
                queue.expired,
                queue.pace.per_second(now) * 60,
            )

    def _join(self, ticket: Ticket, places: Sequence[Place], now: float) -> list[tuple[_Queue, Ticket]]:
        stands: list[tuple[_Queue, Ticket]] = []
        refusals: list[float] = []
        for place in dict.fromkeys(places):
            queue = self._queues.get(place) or self._open(place)
            stand = Ticket(
                ticket.id, place[1], ticket.priority, ticket.since, ticket.tenant, ticket.deadline, ticket.weight
            )
            try:
                queue.line.join(stand)
            except LineFull as full:
                queue.refused += 1
                refusals.append(queue.pace.retry_after_s(full.ahead, now))
            else:
                stands.append((queue, stand))
        if not stands:
            self.shed += 1
            raise QueueFull(
                f"{self.max_size} requests of this priority are waiting for {places[0][1]!r} already",
                hint="try again later, or with a higher priority",
                retry_after_s=min(refusals, default=1.0),
            )
        return stands

    def _open(self, place: Place) -> _Queue:
        if len(self._queues) >= MAX_LINES:  # models are named by callers, so there must be an end to lines
            self._queues = {it: queue for it, queue in self._queues.items() if len(queue.line)}
        queue = self._queues[place] = _Queue(Line(self.max_size, self.age_boost_s), Pace())
        return queue

    def _call(self, provider: str) -> bool:
        """Call whoever is next at a provider, of all its lines."""
        now = self._clock.monotonic()
        while True:
            admits = self._admits(provider)
            heads = [
                (head, place, queue)
                for place, queue in self._queues.items()
                if place[0] == provider and (head := queue.line.peek(now)) is not None
            ]
            if admits is not None:
                heads = [it for it in heads if admits(it[1][1], it[0])]
            if not heads:
                return False
            head, place, queue = min(heads, key=lambda it: (-it[0].level, it[0].since, it[0].number))
            queue.line.take(head)
            called = self._calls[head.id]
            if not called.done():  # else it was called elsewhere, or has just left, and has not come to know it yet
                queue.served += 1
                self.served += 1
                queue.pace.served(now)
                self._keep(place, 1)
                called.set_result(place)
                return True

    def _too_late(self, ticket: Ticket) -> QueueExpired:
        self.expired += 1
        waited_s = self._clock.monotonic() - ticket.since
        return QueueExpired(
            f"the deadline passed after {waited_s:.1f} s in the queue, and nothing was sent",
            hint="a later deadline or a higher priority would help",
        )


def stats(views: Sequence[LineView], timestamp: float) -> dict[str, object]:
    """The queue's figures as JSON: by model, how many wait at each level."""
    queues: dict[str, dict[str, int]] = {}
    for view in views:
        levels = queues.setdefault(view.model, {priority.name: 0 for priority in reversed(Priority)})
        for level, waiting in view.waiting.items():
            levels[level] += waiting
    return {"timestamp": timestamp, "queues": queues, "total_requests": sum(sum(it.values()) for it in queues.values())}
