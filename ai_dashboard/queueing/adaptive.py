"""How many requests a provider bears at one time, found out by asking: for those of which nobody has said it.

Nothing is limited before there is a sign of strain. Then it is additive increase, multiplicative decrease, as TCP does
it, with latency as the early sign (as Netflix's concurrency-limits has it). While answers begin about as soon as they
usually do and the limit is in use, it grows by one for each limit's worth of answers. When answers begin twice as late,
it shrinks by a tenth for each limit's worth; when the provider says that it is too much (429, 503, a timeout), by a
third at once, and not again for what was sent before.
"""

from math import exp

from ai_dashboard.core.data import dataclass

LEAST = 1.0
SLOW, WORTH_S = 2.0, 0.25
"""Times the usual time to the first token, and seconds beyond it, from which on a provider counts as strained."""

SHRINK_SLOWLY, SHRINK = 0.1, 0.67
IN_USE = 0.5
"""The share of the limit that has to be in use for it to grow: one that nobody reaches has proven nothing."""

ENOUGH = 1024.0
"""A limit that has grown to this is none any more."""

RECENT = 0.2
"""How much of a new figure the recent average takes."""

USUAL_S = 60.0
"""In how many seconds the usual time follows most of the way when answers come later; when they come sooner it follows
at once. It only follows while few requests are out: else a limit that grows would make its own delay the usual one."""

FEW = 2
"""Requests at one time of which none waits for another."""


@dataclass(slots=True)
class Adaptive:
    """The limit of one provider, None while there is none. Times are monotonic seconds; `in_flight` counts the request
    that it is about."""

    limit: float | None = None
    _recent_s: float | None = None
    _usual_s: float | None = None
    _at: float = 0.0
    _shrunk_at: float = float("-inf")

    @property
    def places(self) -> int | None:
        """The limit, in whole requests."""
        limit = self.limit
        return None if limit is None else int(limit)

    @property
    def strained(self) -> bool:
        """Whether answers begin much later than usual."""
        if self._recent_s is None or self._usual_s is None:
            return False
        return self._recent_s > max(SLOW * self._usual_s, self._usual_s + WORTH_S)

    def answered(self, ttft_s: float, in_flight: int, now: float) -> None:
        """An answer began after `ttft_s`."""
        recent = self._recent_s = ttft_s if self._recent_s is None else _towards(self._recent_s, ttft_s, RECENT)
        in_use = self.limit is not None and in_flight >= IN_USE * self.limit
        if self._usual_s is None or recent < self._usual_s:
            self._usual_s = recent
        elif in_flight <= FEW or (self.limit is not None and not in_use):
            self._usual_s = _towards(self._usual_s, recent, 1 - exp(-max(0.0, now - self._at) / USUAL_S))
        self._at = now
        if self.strained and in_flight > FEW:
            self.limit = max(LEAST, (in_flight if self.limit is None else self.limit) - SHRINK_SLOWLY)
        elif self.limit is not None and in_use:
            grown = self.limit + 1 / self.limit
            self.limit = grown if grown < ENOUGH else None

    def refused(self, in_flight: int, sent_at: float, now: float) -> None:
        """The provider said that it is too much, of a request that was sent at `sent_at`."""
        if sent_at >= self._shrunk_at:
            self.limit = max(LEAST, (in_flight if self.limit is None else self.limit) * SHRINK)
            self._shrunk_at = now


def _towards(average: float, value: float, share: float) -> float:
    return average + share * (value - average)
