"""How long a provider that has had enough of us is left alone. A running cooldown is never shortened."""

UNSAID_S = 1.0
"""After a 429 that does not say how long to wait."""

JITTER = 0.2
"""A cooldown is lengthened by up to this part of itself, so that all who wait do not come back at the same moment."""

MAX_S = 3600.0
"""A provider that wants to be left alone for longer is asked again after an hour all the same."""


class Cooldown:
    """Times are monotonic seconds; one that runs backwards makes nobody wait longer than the cooldown was."""

    __slots__ = ("_began", "until")

    def __init__(self) -> None:
        self.until = 0.0
        self._began = 0.0

    def begin(self, now: float, wait_s: float | None, chance: float) -> None:
        """Wait for `wait_s`, or for `UNSAID_S` when the provider did not say. `chance` (0 to 1) is for the jitter."""
        seconds = UNSAID_S if wait_s is None else min(wait_s, MAX_S)
        until = now + seconds * (1 + JITTER * chance)
        if until > self.until:
            self._began, self.until = now, until

    def left_s(self, now: float) -> float:
        """Seconds that are left of it; 0 when it is over."""
        if now < self._began:
            self.until -= self._began - now
            self._began = now
        return max(0.0, self.until - now)
