"""Time as an argument: rooms that need it are handed a `Clock`, so that tests can turn it."""

from typing import Protocol


class Clock(Protocol):
    """Two readings of time, both in seconds."""

    def monotonic(self) -> float:
        """Seconds since some fixed point; never jumps. For durations, deadlines and windows."""
        ...

    def wall(self) -> float:
        """Seconds since the Unix epoch; may jump. For showing and storing only."""
        ...
