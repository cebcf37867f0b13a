"""Requests that wait for a place, as the admin API, the command line and the screens show them.

A request stands in a line for each provider and model that could answer it, so lines together hold more than there are
requests. Durations are seconds, `at` is Unix time; `None` means "not known", never zero.
"""

from collections.abc import Mapping

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.history import Window


@dataclass(frozen=True, slots=True)
class LineView:
    """One line: how many wait at each level, seconds that the oldest has waited, and what became of the others."""

    provider: str
    model: str
    waiting: Mapping[str, int]
    oldest_s: float
    served: int
    refused: int
    expired: int
    per_minute: float

    @property
    def depth(self) -> int:
        """How many wait, at all levels."""
        return sum(self.waiting.values())

    @property
    def drain_s(self) -> float | None:
        """When all of them will have been served, if it goes on like that and nobody else comes; None while nobody can
        say."""
        if not self.depth:
            return 0.0
        return self.depth / self.per_minute * 60 if self.per_minute else None


@dataclass(frozen=True, slots=True)
class PlacesView:
    """How many requests a provider takes at one time (`capacity`, None without a limit), and how many it has; those of
    gateways on the same Redis are among them. `adaptive` says that the limit was found out, and not configured;
    `strained` that its answers begin much later than usual."""

    provider: str
    in_flight: int
    capacity: int | None
    adaptive: bool
    strained: bool


@dataclass(frozen=True, slots=True)
class SwapView:
    """One model that a server will load, which one makes room for it (None where there is room), for how many requests,
    and how long loading takes, None where nobody knows."""

    load: str
    evict: str | None
    requests: int
    load_s: float | None


@dataclass(frozen=True, slots=True)
class SwapsView:
    """A provider that holds only so many models (`max_loaded`) at one time: those that it has in memory, what it loads
    next if nobody else comes, and how often one made room for another since the start."""

    provider: str
    max_loaded: int
    loaded: tuple[str, ...]
    planned: tuple[SwapView, ...]
    swaps: int


@dataclass(frozen=True, slots=True)
class QueueStep:
    """What happened in one step of a window: the most that waited at one time, and how many requests were served, were
    turned away because the lines were full, and passed their deadline. `index` counts steps back from now: 0 is the
    unfinished one."""

    index: int
    waiting: int
    served: int
    shed: int
    expired: int


@dataclass(frozen=True, slots=True)
class QueueView:
    """The queue now, and its course over a window: steps oldest first, without those in which nothing happened.
    `waiting` are requests, each of them counted once; `drain_s` is when they will have been served, None while nobody
    can say; `max_size` is how many may wait in one line at one level."""

    window: Window
    at: float
    waiting: int
    drain_s: float | None
    max_size: int
    lines: tuple[LineView, ...] = ()
    places: tuple[PlacesView, ...] = ()
    steps: tuple[QueueStep, ...] = ()
    swaps: tuple[SwapsView, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpiredRequests:
    """How many requests were past their deadline, and were told so."""

    expired: int
