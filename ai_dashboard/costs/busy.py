"""Who pays for a machine that is paid by the hour: those that it works for, each its part of every moment."""

from ai_dashboard.core.data import dataclass


@dataclass(slots=True)
class Busy:
    """One machine. However many calls it answers side by side, its seconds are shared out once: the parts of all calls
    add up to the time during which there was any."""

    in_flight: int = 0
    _shared_s: float = 0.0
    _since: float = 0.0

    def begin(self, now: float) -> float:
        """A call begins, at a monotonic moment. What it returns is to be given to `end`."""
        self._move(now)
        self.in_flight += 1
        return self._shared_s

    def end(self, now: float, begun: float) -> float:
        """A call ends: the seconds that are its part."""
        self._move(now)
        self.in_flight -= 1
        return self._shared_s - begun

    def _move(self, now: float) -> None:
        if self.in_flight:
            self._shared_s += (now - self._since) / self.in_flight
        self._since = now
