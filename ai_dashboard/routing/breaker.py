"""A circuit breaker for one model at one provider: a table of states, and what moves it from one to the next.

It opens after some failures that are at least half of the answers since the first of them: a few that fail among many
that do not make a provider degraded, and it goes on answering. Once it has cooled down one request is let through to
see. When that is answered a growing share follows, and any failure on the way opens it again for twice as long. Nobody
but `_step` sets the state. Times are monotonic seconds, and one that runs backwards only makes it wait longer.
"""

from collections import deque
from enum import Enum, auto

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import BreakerState

MAX_FAILURES_REMEMBERED = 32
"""Enough to tell a bad minute from a dead provider, and soon forgotten when it dies after a bad minute."""

NEVER = float("inf")


class Signal(Enum):
    """What can happen to a breaker."""

    TRIPPED = auto()
    COOLED = auto()
    ANSWERED = auto()
    FULL = auto()
    FAILED = auto()


STEP: dict[tuple[BreakerState, Signal], BreakerState] = {
    (BreakerState.CLOSED, Signal.TRIPPED): BreakerState.OPEN,
    (BreakerState.OPEN, Signal.COOLED): BreakerState.PROBING,
    # Asked all the same, because nobody else was left, and it answered.
    (BreakerState.OPEN, Signal.ANSWERED): BreakerState.RAMPING,
    (BreakerState.PROBING, Signal.ANSWERED): BreakerState.RAMPING,
    (BreakerState.PROBING, Signal.FAILED): BreakerState.OPEN,
    (BreakerState.RAMPING, Signal.FULL): BreakerState.CLOSED,
    (BreakerState.RAMPING, Signal.FAILED): BreakerState.OPEN,
}
"""All moves that there are."""


# By names of their own: to look a member up in its enumeration takes twenty times as long.
CLOSED = BreakerState.CLOSED


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When to open and for how long. `error_ratio` is the share of failures from which a provider is given up; `ramp`
    the shares of traffic that it is given on its way back, each for at least `ramp_step_s`. A cooldown is lengthened
    by up to `jitter` of itself, so that several that opened together do not come back together."""

    failures: int = 3
    window_s: float = 60.0
    error_ratio: float = 0.5
    cooldown_s: float = 300.0
    max_cooldown_s: float = 3600.0
    ramp: tuple[float, ...] = (0.10, 0.25, 0.50)
    ramp_step_s: float = 1.0
    jitter: float = 0.2


class Breaker:
    """`state`, and `share`: the part of its usual traffic (0 to 1) that may be sent. `due` is when `advance` has
    something to do next."""

    __slots__ = (
        "_answered",
        "_cooldown_s",
        "_failures",
        "_length_s",
        "_level",
        "_level_answered",
        "_level_sent",
        "_probing",
        "_since",
        "_trusted_from",
        "_unreachable",
        "due",
        "policy",
        "share",
        "state",
    )

    def __init__(self, policy: BreakerPolicy) -> None:
        self.policy = policy
        self.state = CLOSED
        self.share = 1.0
        self.due = NEVER
        self._since = 0.0
        self._trusted_from = 0.0
        self._cooldown_s = policy.cooldown_s
        self._length_s = 0.0
        self._answered = 0
        self._failures: deque[tuple[float, int, bool]] = deque(maxlen=max(MAX_FAILURES_REMEMBERED, policy.failures))
        self._unreachable = False
        self._probing = 0
        self._level = 0
        self._level_sent = 0
        self._level_answered = 0

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────

    def sent(self) -> None:
        """A request goes out. While it is the one that is sent to see, no other follows it."""
        if self.state is BreakerState.PROBING:
            self._probing += 1
            self.share = 0.0
        elif self.state is BreakerState.RAMPING:
            self._level_sent += 1

    def answered(self, now: float, started: float) -> None:
        """A request that was sent at `started` has been answered, or at least begun to be."""
        if self.state is CLOSED:
            self._answered += 1
        elif self.state is BreakerState.RAMPING:
            self._level_answered += 1
            self._climb(now)
        elif started >= self._trusted_from:
            self._step(Signal.ANSWERED, now)

    def failed(self, now: float, started: float, chance: float, *, unreachable: bool = False) -> None:
        """A request that was sent at `started` has failed, without ever having been `answered` or after that.
        `chance` (0 to 1) is for the jitter; `unreachable`: it could not even be sent."""
        if self.state is BreakerState.OPEN or started < self._trusted_from:
            return
        self._failures.append((now, self._answered, unreachable))
        if self.state is not CLOSED:
            self._open(Signal.FAILED, now, min(self._cooldown_s * 2, self.policy.max_cooldown_s), chance)
        elif self._gives_up(now):
            self._open(Signal.TRIPPED, now, self.policy.cooldown_s, chance)

    def left(self) -> None:
        """A request that was `sent` ended in a way that says nothing: another one may be sent to see."""
        if self.state is BreakerState.PROBING:
            self._probing = max(0, self._probing - 1)
            self.share = 0.0 if self._probing else 1.0
        elif self.state is BreakerState.RAMPING:
            self._level_sent = max(0, self._level_sent - 1)

    def reached(self, now: float) -> None:
        """Somebody answers there again. That ends a cooldown if not being there was all that was wrong."""
        if self.state is BreakerState.OPEN and self._unreachable:
            self._step(Signal.COOLED, now)

    def leave_alone(self, now: float, seconds: float) -> None:
        """Somebody who shares what he knows has found it failing: it is open for so long, whatever happened here. One
        that is about to find out by itself does so."""
        if self.state is BreakerState.PROBING:
            return
        self._length_s = seconds
        if self.state is BreakerState.OPEN:
            self._since = self._trusted_from = now
            self.due = now + seconds
        else:
            self._unreachable = False
            self._step(Signal.TRIPPED if self.state is CLOSED else Signal.FAILED, now)

    def advance(self, now: float) -> bool:
        """Let time pass. True when that changed anything."""
        if now < self._since:
            self._since = self._trusted_from = now
            self.due = now + self._waits_s()
        if now < self.due:
            return False
        if self.state is BreakerState.OPEN:
            self._step(Signal.COOLED, now)
            return True
        before = (self.state, self._level)
        self._climb(now)
        return (self.state, self._level) != before

    def retry_in_s(self, now: float) -> float:
        """Seconds until an open breaker lets a request through; 0 for any other."""
        return max(0.0, self.due - now) if self.state is BreakerState.OPEN else 0.0

    # ── how it moves ─────────────────────────────────────────────────────────────────────────────────────────────

    def _gives_up(self, now: float) -> bool:
        """Whether there are enough failures in the window, and not too many answers between them."""
        recent = [failure for failure in self._failures if now - failure[0] <= self.policy.window_s]
        if len(recent) < self.policy.failures:
            return False
        answers = self._answered - recent[0][1]
        return len(recent) >= self.policy.error_ratio * (len(recent) + answers)

    def _open(self, signal: Signal, now: float, cooldown_s: float, chance: float) -> None:
        self._cooldown_s = cooldown_s
        self._length_s = cooldown_s * (1 + self.policy.jitter * chance)
        self._unreachable = all(failure[2] for failure in self._failures)
        self._step(signal, now)

    def _climb(self, now: float) -> None:
        """To the next share, once the present one has lasted and nothing that was sent under it is all unanswered."""
        if self.state is not BreakerState.RAMPING or now < self._since + self.policy.ramp_step_s:
            return
        if self._level_sent and not self._level_answered:
            return
        if self._level + 1 >= len(self.policy.ramp):
            self._step(Signal.FULL, now)
        else:
            self._rest_at(self._level + 1, now)

    def _step(self, signal: Signal, now: float) -> None:
        """The one way to another state."""
        self.state = STEP[self.state, signal]
        self._since = now
        self._probing = 0
        match self.state:
            case BreakerState.OPEN:
                self.share = 0.0
                self._trusted_from = now  # what was sent before is of a time that has been judged already
                self.due = now + self._waits_s()
            case BreakerState.PROBING:
                self.share, self.due = 1.0, NEVER
                self._trusted_from = now
                self._failures.clear()
            case BreakerState.RAMPING:
                self._failures.clear()
                self._rest_at(0, now)
            case BreakerState.CLOSED:
                self.share, self.due = 1.0, NEVER
                self._cooldown_s = self.policy.cooldown_s

    def _rest_at(self, level: int, now: float) -> None:
        self._level, self._since = level, now
        self._level_sent = self._level_answered = 0
        self.share = self.policy.ramp[level]
        self.due = now + self._waits_s()

    def _waits_s(self) -> float:
        """How long the present state lasts at least."""
        match self.state:
            case BreakerState.OPEN:
                return self._length_s
            case BreakerState.RAMPING:
                return self.policy.ramp_step_s
            case BreakerState.PROBING | BreakerState.CLOSED:
                return NEVER
