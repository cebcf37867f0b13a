"""After a failure: ask the next candidate, ask the same one again after a pause, or give up.

A candidate that was not asked yet is always better than waiting. The same provider is asked again only where that can
help (it could not be reached, or said 429 or 503), only inside the deadline, and only as often as the budget of the
whole gateway allows, so that a dead provider is not buried under requests.
"""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import GatewayError, UpstreamError, UpstreamRateLimited, UpstreamUnreachable

UNAVAILABLE = 503


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`max` pauses for one request; the first lasts up to `base_s`, each further one up to twice as long as the one
    before. A provider that wants to be left alone for longer than `max_wait_s` is not waited for."""

    max: int = 3
    base_s: float = 1.0
    max_wait_s: float = 60.0
    budget_ratio: float = 0.2
    budget_min_per_s: float = 3.0


class RetryBudget:
    """How many retries there may be: a share of the requests of the last ten seconds, or a few a second if that is
    more (the scheme of Finagle's retry budget)."""

    WINDOW_S = 10

    __slots__ = ("_second", "_spent")

    def __init__(self) -> None:
        self._spent = [0] * self.WINDOW_S
        self._second = 0

    def take(self, now: float, requests: float, ratio: float, min_per_s: float) -> bool:
        """Spend one, if there is one left. `requests` arrived in the last ten seconds."""
        self._advance(int(now))
        allowed = max(ratio * requests, min_per_s * self.WINDOW_S)
        if sum(self._spent) >= allowed:
            return False
        self._spent[self._second % self.WINDOW_S] += 1
        return True

    def _advance(self, second: int) -> None:
        """A time that runs backwards counts as standing still, unless it leaps."""
        if second < self._second - self.WINDOW_S:
            self._second = second
            return
        for passed in range(max(self._second, second - self.WINDOW_S) + 1, second + 1):
            self._spent[passed % self.WINDOW_S] = 0
        self._second = max(self._second, second)


@dataclass(frozen=True, slots=True)
class Tried:
    """A candidate that failed: the number of the candidate in its plan, how, and when (monotonic seconds)."""

    place: int
    error: GatewayError
    at: float


@dataclass(frozen=True, slots=True)
class Retry:
    """Ask the candidate at `place` once more, after `delay_s`."""

    place: int
    delay_s: float


@dataclass(frozen=True, slots=True)
class Next:
    """Ask the candidate at `place`, now."""

    place: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Tell the caller."""


Verdict = Retry | Next | GiveUp


def after(
    failed: Sequence[Tried],
    *,
    following: int | None,
    retries: int,
    now: float,
    deadline: float,
    policy: RetryPolicy,
    chance: float,
) -> Verdict:
    """What to do after the last of `failed`. `following` is the place of the next candidate that was not asked yet, if
    there is one; `retries` pauses have been made; `chance` (0 to 1) draws the pause. Whoever retries takes that from
    the budget first."""
    last = failed[-1].error
    if isinstance(last, UpstreamError) and not last.falls_over:
        return GiveUp()
    if now >= deadline:
        return GiveUp()
    if following is not None:
        return Next(following)
    if retries >= policy.max:
        return GiveUp()
    newest = {tried.place: tried for tried in failed}
    full_s = policy.base_s * 2**retries
    waits = [(wait, tried.place) for tried in newest.values() if (wait := _wait_s(tried, now, full_s * chance)) >= 0]
    if not waits:
        return GiveUp()
    delay_s, place = min(waits)
    if delay_s > policy.max_wait_s or now + delay_s >= deadline:
        return GiveUp()
    return Retry(place, delay_s)


def _wait_s(tried: Tried, now: float, drawn_s: float) -> float:
    """The pause before a candidate may be asked again: what was drawn, or what it asked for if that is longer. -1 when
    it makes no sense to ask it again."""
    error = tried.error
    if not isinstance(error, UpstreamError) or not error.may_be_repeated:
        return -1.0
    helps = isinstance(error, UpstreamUnreachable | UpstreamRateLimited) or error.upstream_status == UNAVAILABLE
    if not helps:
        return -1.0
    return max(drawn_s, tried.at + (error.retry_after_s or 0.0) - now)
