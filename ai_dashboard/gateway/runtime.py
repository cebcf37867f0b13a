"""What has happened: the state that outlives a configuration. Written on the gateway's loop only."""

from collections.abc import Callable
from dataclasses import field

from ai_dashboard.config.load import Config
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.events import Usage
from ai_dashboard.core.records import Stage
from ai_dashboard.costs.book import Book
from ai_dashboard.gateway.metering import Meter
from ai_dashboard.gateway.standing import Standing
from ai_dashboard.gateway.targets import TargetState
from ai_dashboard.gateway.trip import Attempt, Trip
from ai_dashboard.routing.retry import RetryBudget, RetryPolicy
from ai_dashboard.telemetry.answers import Answered, Answers
from ai_dashboard.telemetry.rate import RateCounter
from ai_dashboard.telemetry.ring import RecordRing
from ai_dashboard.telemetry.track import Track

# By names of their own: to look a member up in its enumeration takes twenty times as long.
GONE = Stage.GONE

TALLY_AT = 128
"""Requests counted at one time: enough to be cheap and to hold up fewer than one request in a hundred, and too few for
that one to wait for longer than a third of a millisecond or so."""

HEDGES_PER_S = 1.0
"""Second asks a second that are allowed however few requests there are."""


@dataclass(slots=True, kw_only=True)
class Runtime(Standing):
    """All live state: how providers stand, and the requests."""

    new_id: Callable[[], str]
    ring: RecordRing[Trip] = field(default_factory=lambda: RecordRing(Trip.finished))
    running: dict[str, Trip] = field(default_factory=dict)
    draining: bool = False
    book: Book | None = None
    requests: int = 0
    failures: int = 0
    fallbacks: int = 0
    retries: int = 0
    hedges: int = 0
    track: Track = field(init=False)
    overhead: Track = field(init=False)
    arrivals: RateCounter = field(default_factory=RateCounter)
    tokens: RateCounter = field(default_factory=RateCounter)
    started: float = field(init=False)
    meter: Meter = field(init=False)
    _limited: bool = False
    _retry_budget: RetryBudget = field(default_factory=RetryBudget)
    _hedge_budget: RetryBudget = field(default_factory=RetryBudget)
    _arrived: int = 0
    _untallied: list[Trip] = field(default_factory=list)

    def __post_init__(self) -> None:
        Standing.__post_init__(self)
        self.started = self.look()
        self.track = Track(self.started)
        self.overhead = Track(self.started)
        self.meter = Meter(lambda name: self.providers[name].models if name in self.providers else ())

    def adopt(self, config: Config) -> None:
        """Go by another configuration. What has happened stays, except of providers that are gone."""
        Standing.adopt(self, config)
        self._limited = any(it.rate_limits.tokens_per_minute is not None for it in config.providers.values())
        listed = {name: frozenset(model.name for model in it.models) for name, it in config.providers.items()}
        self.meter.adopt(listed, config.gateway.metrics.max_models)

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self, dialect: str) -> Trip:
        """A request has arrived."""
        trip = Trip(self.new_id(), dialect, self.clock.wall(), self.clock.monotonic())
        self.running[trip.id] = trip
        self._arrived += 1
        self.changes += 1
        return trip

    def finish(self, trip: Trip) -> None:
        """A request is over, however it ended: put it on record. Its figures are counted by the next `tally`."""
        del self.running[trip.id]
        self.requests += 1
        trip.seq, trip.ended = self.requests, self.clock.monotonic()
        self.ring.append(trip)
        self._untallied.append(trip)
        self.changes += 1
        if trip.error is None:
            self.fallbacks += trip.fell_back()
        elif trip.stage is not GONE:
            self.failures += 1
        if len(self._untallied) >= TALLY_AT:
            self.tally()

    def tally(self) -> None:
        """Count what has ended since the last time, all at once: off the path of any request."""
        now = self.look()
        self.arrivals.add(now, self._arrived)
        self._arrived = 0
        trips, self._untallied = self._untallied, []
        answered: list[Answered] = []
        overheads: list[Answered] = []
        by_target: dict[TargetState, list[Attempt]] = {}
        said = 0
        for trip in trips:
            tokens = trip.usage.completion_tokens if trip.usage else 0
            said += tokens
            if self._limited and trip.usage is not None:
                self._spend(trip, trip.usage, now)
            for attempt in trip.attempts:
                if attempt.target is not None:
                    by_target.setdefault(attempt.target, []).append(attempt)
            if trip.stage is GONE:
                continue  # a time that the caller cut short measures nothing
            if trip.error is not None:
                self.track.add_failure(now)
                continue
            ttft_s = trip.first_token - trip.arrived if trip.first_token is not None else None
            answered.append((trip.ended - trip.arrived, ttft_s, tokens))
            overheads.append((trip.overhead_s, None, 0))
        self.tokens.add(now, said)
        self.track.add(now, Answers(answered))
        self.overhead.add(now, Answers(overheads))
        for target, attempts in by_target.items():
            self.count(target, attempts, now)
        self.meter.add(trips)
        self.reckon(now)

    def _spend(self, trip: Trip, usage: Usage, now: float) -> None:
        """Tokens count against the limit of whoever answered."""
        if trip.attempts and (target := (trip.winner or trip.attempts[-1]).target) is not None:
            target.provider.tokens.add(now, usage.prompt_tokens + usage.completion_tokens)

    def may_retry(self, policy: RetryPolicy) -> bool:
        """Whether the budget of all requests together allows one more retry; it is spent then."""
        now = self.clock.monotonic()
        allowed = self._retry_budget.take(now, self._lately(now), policy.budget_ratio, policy.budget_min_per_s)
        self.retries += allowed
        return allowed

    def may_hedge(self, ratio: float) -> bool:
        """Whether one more provider may be asked beside another; that is spent then."""
        now = self.clock.monotonic()
        allowed = self._hedge_budget.take(now, self._lately(now), ratio, HEDGES_PER_S if ratio else 0.0)
        self.hedges += allowed
        return allowed

    def _lately(self, now: float) -> float:
        """Requests of the last ten seconds."""
        return self.arrivals.over(now, RetryBudget.WINDOW_S) + self._arrived
