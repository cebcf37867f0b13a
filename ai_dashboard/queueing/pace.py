"""How fast a line moves, and so how long whoever is turned away should stay away."""

from math import exp

HALF_LIFE_S = 30.0
MIN_RETRY_S = 1.0
MAX_RETRY_S = 600.0
UNKNOWN_RETRY_S = 5.0
"""What is said while nobody has been served yet."""


class Pace:
    """Requests a second that are served, the latest counting most: a rate whose memory halves every 30 s."""

    __slots__ = ("_at", "_served", "_since")

    def __init__(self) -> None:
        self._served = 0.0
        self._at = 0.0
        self._since: float | None = None

    def served(self, now: float) -> None:
        """One more was served."""
        if self._since is None:
            self._since = now
        self._served = self._left(now) + 1.0
        self._at = now

    def per_second(self, now: float) -> float:
        """The rate; 0 before anybody was served."""
        if self._since is None:
            return 0.0
        decay = 0.6931 / HALF_LIFE_S
        # What an even rate of one a second would have added up to since the first.
        possible = (1 - exp(-decay * max(now - self._since, 1.0))) / decay
        return self._left(now) / possible

    def retry_after_s(self, ahead: int, now: float) -> float:
        """Seconds until a place is likely, with so many to be served before."""
        rate = self.per_second(now)
        if not rate:
            return UNKNOWN_RETRY_S
        return min(max((ahead + 1) / rate, MIN_RETRY_S), MAX_RETRY_S)

    def _left(self, now: float) -> float:
        return self._served * exp(-0.6931 / HALF_LIFE_S * max(0.0, now - self._at))
