"""What is asked of a gateway only while somebody looks: measurements over a window, and one provider in detail.

Figures that every screen shows are in `core.snapshot`; these are made on demand, since nobody looks at them most of the
time. Durations are seconds, sizes bytes, `at` Unix time; `None` means "not known", never zero.
"""

from dataclasses import field
from enum import StrEnum
from typing import Literal

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import Health, Percentiles


class Window(StrEnum):
    """How far back to look."""

    MINUTE = "1m"
    FIVE = "5m"
    HOUR = "1h"
    DAY = "24h"

    @property
    def step_s(self) -> float:
        """Seconds that one point covers."""
        return _STEPS[self]

    @property
    def points(self) -> int:
        """Points in the window, the unfinished one included."""
        return _POINTS[self]

    @property
    def next(self) -> "Window":
        """The one that follows in the cycle."""
        windows = list(Window)
        return windows[(windows.index(self) + 1) % len(windows)]


_STEPS = {Window.MINUTE: 5.0, Window.FIVE: 5.0, Window.HOUR: 60.0, Window.DAY: 900.0}
_POINTS = {Window.MINUTE: 12, Window.FIVE: 60, Window.HOUR: 60, Window.DAY: 96}


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """One model at one provider; without a model, all of the provider's models together."""

    provider: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """How the values of one thing are spread over a window; None where nothing was measured."""

    p5: float | None = None
    p25: float | None = None
    p50: float | None = None
    p75: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """What happened in one step. `index` counts steps back from now: 0 is the unfinished one."""

    index: int
    requests: int
    errors: int
    ttft: Percentiles
    total: Percentiles
    per_token: Percentiles


@dataclass(frozen=True, slots=True)
class SeriesView:
    """Whole answers over a window: times to the first token, of the whole answer, and from one token to the next.
    `errors` are tries that failed, `requests` all of them. `points`, oldest first and without those in which nothing
    happened, are there for the series that were asked for."""

    key: SeriesKey
    requests: int
    errors: int
    tokens: int
    ttft: Spread
    total: Spread
    per_token: Spread
    points: tuple[HistoryPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A configuration came into force."""

    at: float
    number: int


@dataclass(frozen=True, slots=True)
class HistoryView:
    """All series of a window, the busiest first, as of `at`."""

    window: Window
    at: float
    series: tuple[SeriesView, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class HealthChange:
    """From `at` on a provider was like that."""

    at: float
    health: Health
    reason: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure of a provider: of one of its models, or of a health check (`model` is empty then)."""

    at: float
    model: str
    message: str


@dataclass(frozen=True, slots=True)
class LimitView:
    """What is left (0 to 1) of one limit that a provider or its configuration sets, and until when it is counted."""

    name: str
    left: float
    resets_in_s: float | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """Answers that took between `start` and `end` seconds."""

    start: float
    end: float
    count: int


@dataclass(frozen=True, slots=True)
class ProviderDetail:
    """One provider as only its own screen shows it. `changes` and `failures` hold the latest, oldest first; `since` is
    when the first of the changes could have been; the histograms are over 15 minutes. `unit` is the systemd user unit
    that runs it, empty where none is configured."""

    name: str
    at: float
    since: float
    changes: tuple[HealthChange, ...] = ()
    failures: tuple[Failure, ...] = ()
    limits: tuple[LimitView, ...] = ()
    ttft: tuple[Bucket, ...] = ()
    total: tuple[Bucket, ...] = ()
    unit: str = ""


ServiceAction = Literal["start", "stop", "restart"]


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A systemd user unit. `state` is systemd's word for it (`active`, `failed` …), empty where there is none to ask;
    `note` says why, or what an action came to; `journal` holds the unit's latest lines."""

    unit: str
    state: str
    note: str = ""
    journal: tuple[str, ...] = field(default=())
