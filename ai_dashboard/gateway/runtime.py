"""What has happened: the state that outlives a configuration, keyed by provider. Written on the gateway's loop only."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ai_dashboard.core.clock import Clock
from ai_dashboard.core.errors import UpstreamError, UpstreamRefusedKey
from ai_dashboard.core.records import Stage
from ai_dashboard.core.snapshot import Health
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.telemetry.rate import RateCounter
from ai_dashboard.telemetry.ring import RecordRing
from ai_dashboard.telemetry.track import Answered, Track

FAILURES_IN_A_ROW = 3
"""As many failures without an answer between them take a provider out until a check finds it well again."""

DEGRADED_ERROR_RATIO = 0.05
DEGRADED_MIN_REQUESTS = 10
"""Below this many requests in the window an error ratio says little."""

TALLY_AT = 64
"""Requests counted at one time: enough to be cheap, and too few for anybody to wait for (half a millisecond)."""


@dataclass(slots=True)
class ProviderState:
    """One provider as it stands. `since` and `last_error_at` are Unix time; `was_well` says that it has been
    active since the start."""

    name: str
    track: Track
    rate: RateCounter
    health: Health = Health.CHECKING
    reason: str = "not checked yet"
    since: float = 0.0
    models: tuple[str, ...] = ()
    in_flight: int = 0
    was_well: bool = False
    requests: int = 0
    failures_in_a_row: int = 0
    last_error: str = ""
    last_error_at: float | None = None

    def become(self, health: Health, reason: str, wall: float) -> None:
        """Move to another state, or refresh the reason of the present one."""
        if health is not self.health:
            self.health, self.since = health, wall
            self.was_well |= health is Health.ACTIVE
        self.reason = reason


@dataclass(slots=True)
class Runtime:
    """All live state. `changes` grows with everything that a snapshot could show, `routing_version` with what plans
    rest on."""

    clock: Clock
    new_id: Callable[[], str]
    ring: RecordRing[Trip] = field(default_factory=lambda: RecordRing(Trip.finished))
    providers: dict[str, ProviderState] = field(default_factory=dict)
    running: dict[str, Trip] = field(default_factory=dict)
    draining: bool = False
    changes: int = 0
    routing_version: int = 0
    requests: int = 0
    failures: int = 0
    fallbacks: int = 0
    track: Track = field(init=False)
    overhead: Track = field(init=False)
    arrivals: RateCounter = field(default_factory=RateCounter)
    tokens: RateCounter = field(default_factory=RateCounter)
    started: float = field(init=False)
    _arrived: int = 0
    _untallied: list[Trip] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.started = self.clock.monotonic()
        self.track = Track(self.started)
        self.overhead = Track(self.started)

    def provider(self, name: str) -> ProviderState:
        """The state of a provider, made when it is first asked for."""
        state = self.providers.get(name)
        if state is None:
            state = ProviderState(name, Track(self.clock.monotonic()), RateCounter(), since=self.clock.wall())
            self.providers[name] = state
        return state

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
        elif trip.stage is not Stage.GONE:
            self.failures += 1
        if len(self._untallied) >= TALLY_AT:
            self.tally()

    def tally(self) -> None:
        """Count what has ended since the last time, all at once: off the path of any request."""
        now = self.clock.monotonic()
        self.arrivals.add(now, self._arrived)
        self._arrived = 0
        trips, self._untallied = self._untallied, []
        answered: list[Answered] = []
        overheads: list[Answered] = []
        by_provider: dict[str, list[Answered]] = {}
        for trip in trips:
            tokens = trip.usage.completion_tokens if trip.usage else 0
            self.tokens.add(now, tokens)
            for attempt in trip.attempts:
                if attempt.tokens is not None:
                    by_provider.setdefault(attempt.candidate.provider, []).append(attempt.answered())
            if trip.stage is Stage.GONE:
                continue  # a time that the caller cut short measures nothing
            if trip.error is not None:
                self.track.add_failure(now)
                continue
            ttft_s = trip.first_token - trip.arrived if trip.first_token is not None else None
            answered.append((trip.ended - trip.arrived, ttft_s, tokens))
            overheads.append((trip.overhead_s, None, 0))
        self.track.add(now, answered)
        self.overhead.add(now, overheads)
        for name, answers in by_provider.items():
            state = self.provider(name)
            state.track.add(now, answers)
            state.rate.add(now, len(answers))
            if state.health is not Health.ACTIVE or state.track.errors:
                self._judge(state)

    # ── attempts ─────────────────────────────────────────────────────────────────────────────────────────────────

    def attempt_begins(self, provider: str) -> ProviderState:
        """A try at a provider; its state, to be given back when the try has ended."""
        state = self.provider(provider)
        state.in_flight += 1
        self.changes += 1
        return state

    def attempt_succeeded(self, state: ProviderState) -> None:
        """A provider answered properly, so it is well, whatever a check said before."""
        state.in_flight -= 1
        state.requests += 1
        state.failures_in_a_row = 0
        if state.health is not Health.ACTIVE and state.health is not Health.DEGRADED:
            self._judge(state)

    def attempt_failed(self, state: ProviderState, error: UpstreamError) -> None:
        """A provider failed. Errors that it is not to blame for leave no mark on it."""
        self.attempt_left(state)
        if not error.blames:
            return
        now, wall = self.clock.monotonic(), self.clock.wall()
        state.track.add_failure(now)
        state.failures_in_a_row += 1
        state.last_error, state.last_error_at = error.message, wall
        if isinstance(error, UpstreamRefusedKey):
            self._move(state, Health.AUTH_FAILED, error.message)
        elif state.failures_in_a_row >= FAILURES_IN_A_ROW:
            self._move(state, Health.UNAVAILABLE, error.message)
        elif state.health in {Health.ACTIVE, Health.DEGRADED}:
            self._judge(state)

    def attempt_left(self, state: ProviderState) -> None:
        """A try that says nothing of its provider: the caller went away, or the ask could not be written for it."""
        state.in_flight -= 1
        state.requests += 1
        state.rate.add(self.clock.monotonic())
        self.changes += 1

    # ── health ───────────────────────────────────────────────────────────────────────────────────────────────────

    def check_passed(self, provider: str, models: tuple[str, ...]) -> None:
        """A health check got its answer. It forgives failures in a row, since they were of another time."""
        state = self.provider(provider)
        if models != state.models:
            state.models = models
            self.routing_version += 1
        if state.health in {Health.UNAVAILABLE, Health.AUTH_FAILED}:
            state.failures_in_a_row = 0
        self._judge(state)
        self.changes += 1

    def check_failed(self, provider: str, error: UpstreamError) -> None:
        """A health check failed as often as it was tried."""
        state = self.provider(provider)
        wall = self.clock.wall()
        refused = isinstance(error, UpstreamRefusedKey)
        self._move(state, Health.AUTH_FAILED if refused else Health.UNAVAILABLE, error.message)
        state.last_error, state.last_error_at = error.message, wall
        self.changes += 1

    def _judge(self, state: ProviderState) -> None:
        """Active or degraded, by the share of errors in the window."""
        requests, errors = state.track.requests, state.track.errors
        ratio = errors / requests if requests else 0.0
        if requests >= DEGRADED_MIN_REQUESTS and ratio > DEGRADED_ERROR_RATIO:
            self._move(state, Health.DEGRADED, f"{ratio:.0%} of requests failed in 15 min")
        else:
            self._move(state, Health.ACTIVE, "")

    def _move(self, state: ProviderState, health: Health, reason: str) -> None:
        """The one way to another state: plans that were made before no longer hold."""
        if (state.health, state.reason) != (health, reason):
            state.become(health, reason, self.clock.wall())
            self.routing_version += 1
