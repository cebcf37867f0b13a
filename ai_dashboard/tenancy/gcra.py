"""The generic cell rate algorithm: one number a limit, the time at which all of it will have come back.

In any time w at most `burst` and w divided by the interval are let through. What was reserved and not used is given
back as far as it has not come back by itself meanwhile, so that giving back never lets more through than that.
"""

from typing import NamedTuple

from ai_dashboard.core.tenancy import Left, Rate

NEVER = float("inf")

SLACK_S = 1e-6
"""What the rounding of times may come to: whoever waits as long as was said is let through."""


class Mark(NamedTuple):
    """Where a reservation ended on the level, for giving back."""

    full_at: float
    shift_s: float


class Level:
    """How much of a limit is taken: `full_at` is when nothing is any more, `shift_s` what was given back in all. All
    times are seconds of one clock. Every request asks several of them, so nothing here calls anything."""

    __slots__ = ("_room_s", "burst", "full_at", "interval_s", "shift_s", "span_s")

    def __init__(self, rate: Rate, shift_s: float = 0.0) -> None:
        self.interval_s = rate.interval_s
        self.burst = rate.burst
        self.span_s = rate.burst * self.interval_s
        self._room_s = self.span_s + SLACK_S
        self.full_at = 0.0
        self.shift_s = shift_s

    def taken_s(self, now: float) -> float:
        """Seconds until all has come back. A clock that is set back keeps nobody out for longer than two bursts."""
        taken = self.full_at - now
        if taken <= 0.0:
            return 0.0
        return min(taken, 2 * self.span_s)

    def fits(self, now: float, amount: float) -> bool:
        """Whether so much may be taken now."""
        taken, more = self.full_at - now, amount * self.interval_s
        return (taken + more if taken > 0.0 else more) <= self._room_s

    def wait_s(self, now: float, amount: float) -> float:
        """Seconds after which so much may be taken: 0 now, `NEVER` for more than a burst."""
        if amount > self.burst:
            return NEVER
        short = self.taken_s(now) + amount * self.interval_s - self.span_s
        return short if short > SLACK_S else 0.0

    def take(self, now: float, amount: float) -> Mark:
        """Take it, whether or not there is enough."""
        taken = self.full_at - now
        if taken <= 0.0:
            taken = 0.0
        elif taken > 2 * self.span_s:
            taken = 2 * self.span_s
        self.full_at = full_at = now + taken + amount * self.interval_s
        return Mark(full_at, self.shift_s)

    def correct(self, now: float, mark: Mark, amount: float) -> None:
        """What was taken at `mark` was so much more (or less, when negative) in truth."""
        if amount >= 0:
            self.take(now, amount)
            return
        # What others have given back since may have moved this reservation to earlier, but never to later. A level
        # that has had less given back than the mark knows of is another one.
        moved = self.shift_s - mark.shift_s
        still_there = mark.full_at - moved - now if moved >= 0 else 0.0
        back = min(-amount * self.interval_s, max(still_there, 0.0))
        self.full_at -= back
        self.shift_s += back

    def remaining(self, now: float) -> int:
        """How many may come at once now."""
        taken = self.full_at - now
        if taken <= 0.0:
            return self.burst
        free = int(self.burst - (taken - SLACK_S) / self.interval_s)
        return max(0, free)

    def left(self, now: float) -> Left:
        """How it stands now."""
        return Left(self.burst, self.remaining(now), self.taken_s(now))
