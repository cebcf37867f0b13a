"""Who waits for one provider, and who is next.

The highest level goes first, and waiting raises it (`priority`). What has risen to the top gets one turn in four there:
those that are critical from the start need not wait for a whole backlog that has aged, and that never starves. Within a
level, tenants take turns by their weight (start-time fair queueing: whoever was served least, weighted, is next, and
who was away is not owed for that time); within a tenant, whoever came first. A request that is past its deadline is
never served.

Pure: time is an argument. Joining and serving cost O(log n).
"""

from collections.abc import Iterator
from dataclasses import field
from heapq import heapify, heappop, heappush
from math import inf

from ai_dashboard.core.data import dataclass
from ai_dashboard.queueing.priority import TOP, Priority, due_at, promoted_at

RISEN = TOP + 1
"""Where those are that have risen to the top."""

RISEN_EVERY = 4
"""Of so many turns at the top, one is theirs."""

MAX_GONE = 64
"""Requests that left and are still somewhere in a heap; with more of them than that, and than of others, they are
swept out."""


@dataclass(slots=True, eq=False)
class Ticket:
    """A request that waits. `since` and `deadline` are monotonic seconds; `weight` is that of its tenant."""

    id: str
    model: str
    priority: Priority
    since: float
    tenant: str = ""
    deadline: float | None = None
    weight: float = 1.0
    level: int = field(init=False)
    number: int = field(init=False, default=0)
    waiting: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.level = int(self.priority)

    def expired(self, now: float) -> bool:
        """Whether there is no sense in serving it any more."""
        return self.deadline is not None and now >= self.deadline


class LineFull(Exception):
    """A level of the line has no place left. `ahead` is how many would be served before."""

    def __init__(self, ahead: int) -> None:
        super().__init__(f"{ahead} requests are waiting already")
        self.ahead = ahead


@dataclass(slots=True)
class _Level:
    """The waiting of one level: for each tenant a heap of (since, number, ticket), and a heap of the tenants by what
    they were given. `start` is what whoever was served last had been given before: the virtual time."""

    number: int
    tenants: dict[str, list[tuple[float, int, Ticket]]] = field(default_factory=dict)
    order: list[tuple[float, int, str]] = field(default_factory=list)
    given: dict[str, float] = field(default_factory=dict)
    start: float = 0.0
    waiting: int = 0

    def holds(self, ticket: Ticket) -> bool:
        """Whether an entry still counts: its request has neither left nor risen."""
        return ticket.waiting and ticket.level == self.number

    def tidy(self, heap: list[tuple[float, int, Ticket]]) -> bool:
        """Whether anybody is left in the heap of a tenant; entries of those that have gone are dropped from its top."""
        while heap and not self.holds(heap[0][2]):
            heappop(heap)
        return bool(heap)


class Line:
    """The waiting, by level. `max_size` is per level."""

    def __init__(self, max_size: int, age_boost_s: float) -> None:
        self.max_size = max_size
        self.age_boost_s = age_boost_s
        self._levels = tuple(_Level(number) for number in range(RISEN + 1))
        self._turn = 0
        self._promotions: list[tuple[float, int, Ticket]] = []
        self._deadlines: list[tuple[float, int, Ticket]] = []
        self._dues: list[tuple[float, int, Ticket]] = []
        self._joined = 0
        self._waiting = 0
        self._gone = 0

    def __len__(self) -> int:
        return self._waiting

    def __iter__(self) -> Iterator[Ticket]:
        """All that wait, in no order."""
        for level in self._levels:
            for heap in level.tenants.values():
                yield from (ticket for _, _, ticket in heap if level.holds(ticket))

    def depths(self) -> dict[str, int]:
        """How many wait at each level, the most urgent first. Who has risen to the top counts there."""
        depths = {priority.name: self._levels[priority].waiting for priority in reversed(Priority)}
        depths[TOP.name] += self._levels[RISEN].waiting
        return depths

    def ahead_of(self, priority: Priority) -> int:
        """How many would be served before one that joins now, if nobody else came."""
        return sum(level.waiting for level in self._levels[priority:])

    def oldest(self) -> float | None:
        """Since when the one that has waited for longest waits."""
        # The first of each heap came first: looked at every second, also where thousands wait.
        heaps = ((level, heap) for level in self._levels for heap in level.tenants.values())
        return min((heap[0][0] for level, heap in heaps if level.tidy(heap)), default=None)

    def due(self) -> float:
        """When the first of them counts as overdue; never, where nobody waits."""
        while self._dues and not self._dues[0][2].waiting:
            heappop(self._dues)
        return self._dues[0][0] if self._dues else inf

    def top(self, now: float) -> int:
        """The highest level at which somebody waits; 0 where nobody does."""
        self._promote(now)
        return max((level.number for level in self._levels if level.waiting), default=0)

    @property
    def urgent(self) -> bool:
        """Whether somebody waits who is critical from the start."""
        return self._levels[TOP].waiting > 0

    def join(self, ticket: Ticket) -> None:
        """Wait. Raises `LineFull`."""
        if self._levels[ticket.priority].waiting >= self.max_size:
            raise LineFull(self.ahead_of(ticket.priority))
        self._joined += 1
        ticket.number = self._joined
        ticket.waiting = True
        self._waiting += 1
        self._enter(ticket)
        heappush(
            self._dues,
            (due_at(ticket.since, ticket.priority, ticket.deadline, self.age_boost_s), ticket.number, ticket),
        )
        if ticket.deadline is not None:
            heappush(self._deadlines, (ticket.deadline, ticket.number, ticket))

    def leave(self, ticket: Ticket) -> None:
        """Wait no longer; nothing happens for one that does not wait."""
        if ticket.waiting:
            self._out(ticket)
            self._gone += 1
            if self._gone > max(MAX_GONE, self._waiting):
                self._sweep()

    def expire(self, now: float) -> list[Ticket]:
        """Those that are past their deadline, taken out."""
        expired = []
        while self._deadlines and self._deadlines[0][0] <= now:
            ticket = heappop(self._deadlines)[2]
            if ticket.waiting:
                self.leave(ticket)
                expired.append(ticket)
        return expired

    def expires_at(self) -> float | None:
        """When the next of them will be past its deadline."""
        while self._deadlines and not self._deadlines[0][2].waiting:
            heappop(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else None

    def next(self, now: float) -> Ticket | None:
        """Whose turn it is, taken out. None when nobody waits who is not past the deadline."""
        ticket = self.peek(now)
        if ticket is not None:
            self.take(ticket)
        return ticket

    def peek(self, now: float) -> Ticket | None:
        """Whose turn it is. Those past their deadline that stand before it are taken out."""
        self._promote(now)
        for level in self._by_turn():
            while (ticket := self._first(level)) is not None:
                if not ticket.expired(now):
                    return ticket
                self.leave(ticket)
        return None

    def take(self, ticket: Ticket) -> None:
        """Serve whoever `peek` named."""
        level = self._levels[ticket.level]
        given, _, tenant = heappop(level.order)
        level.start = given
        level.given[tenant] = given + 1 / ticket.weight
        heappush(level.order, (level.given[tenant], ticket.number, tenant))
        heappop(level.tenants[tenant])
        self._turn += level.number >= TOP
        self._out(ticket)

    def _by_turn(self) -> tuple[_Level, ...]:
        *others, critical, risen = self._levels
        top = (risen, critical) if self._turn % RISEN_EVERY == RISEN_EVERY - 1 else (critical, risen)
        return (*top, *reversed(others))

    # ── levels ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _enter(self, ticket: Ticket) -> None:
        level = self._levels[ticket.level]
        level.waiting += 1
        heap = level.tenants.get(ticket.tenant)
        if heap is None:
            heap = level.tenants[ticket.tenant] = []
            given = max(level.given.get(ticket.tenant, 0.0), level.start)
            level.given[ticket.tenant] = given
            heappush(level.order, (given, ticket.number, ticket.tenant))
        heappush(heap, (ticket.since, ticket.number, ticket))
        at = promoted_at(ticket.since, ticket.priority, ticket.level, self.age_boost_s)
        if at is not None:
            heappush(self._promotions, (at, ticket.number, ticket))

    def _promote(self, now: float) -> None:
        while self._promotions and self._promotions[0][0] <= now:
            ticket = heappop(self._promotions)[2]
            if ticket.waiting:
                self._levels[ticket.level].waiting -= 1
                ticket.level = ticket.level + 1 if ticket.level + 1 < TOP else RISEN
                self._enter(ticket)

    def _first(self, level: _Level) -> Ticket | None:
        """The next of a level. Tenants without anybody left are forgotten, entries of those that have gone dropped."""
        while level.order:
            heap = level.tenants[level.order[0][2]]
            if level.tidy(heap):
                return heap[0][2]
            del level.tenants[heappop(level.order)[2]]
        level.given.clear()
        level.start = 0.0
        return None

    def _out(self, ticket: Ticket) -> None:
        ticket.waiting = False
        self._waiting -= 1
        self._levels[ticket.level].waiting -= 1

    def _sweep(self) -> None:
        """Entries of those that left are found when it would be their turn: never, in a line that stands still."""
        self._gone = 0
        for level in self._levels:
            for heap in level.tenants.values():
                heap[:] = [it for it in heap if level.holds(it[2])]
                heapify(heap)
        for heap in (self._promotions, self._deadlines, self._dues):
            heap[:] = [it for it in heap if it[2].waiting]
            heapify(heap)
