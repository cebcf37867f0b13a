"""A clock that a test turns, and an outlet that a test reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ai_dashboard.core.logs import LogEvent


@dataclass
class Still:
    """Both readings stand still until they are turned."""

    now: float = 1_790_000_000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now


@dataclass
class Heap:
    """Keeps what it takes, or takes nothing."""

    stuck: bool = False
    taken: list[LogEvent] = field(default_factory=list)
    closed: int = 0

    def write(self, events: Sequence[LogEvent]) -> int:
        if self.stuck:
            return len(events)
        self.taken += events
        return 0

    def close(self) -> None:
        self.closed += 1
