"""What has happened: the state that outlives a configuration, keyed by provider. Written on the gateway's loop only."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ai_dashboard.core.clock import Clock
from ai_dashboard.core.errors import UpstreamError, UpstreamRefusedKey
from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.core.snapshot import Health
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.telemetry.rate import RateCounter
from ai_dashboard.telemetry.ring import RecordRing
from ai_dashboard.telemetry.track import Track

FAILURES_IN_A_ROW = 3
"""As many failures without an answer between them take a provider out until a check finds it well again."""

DEGRADED_ERROR_RATIO = 0.05
DEGRADED_MIN_REQUESTS = 10
"""Below this many requests in the window an error ratio says little."""


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
    """All live state. `changes` grows with everything that a snapshot could show."""

    clock: Clock
    new_id: Callable[[], str]
    ring: RecordRing = field(default_factory=RecordRing)
    providers: dict[str, ProviderState] = field(default_factory=dict)
    running: dict[str, Trip] = field(default_factory=dict)
    draining: bool = False
    changes: int = 0
    requests: int = 0
    failures: int = 0
    fallbacks: int = 0
    track: Track = field(init=False)
    overhead: Track = field(init=False)
    arrivals: RateCounter = field(default_factory=RateCounter)
    tokens: RateCounter = field(default_factory=RateCounter)
    started: float = field(init=False)

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
        now = self.clock.monotonic()
        trip = Trip(self.new_id(), dialect, self.clock.wall(), now)
        self.running[trip.id] = trip
        self.arrivals.add(now)
        self.changes += 1
        return trip

    def finish(self, trip: Trip) -> RequestRecord:
        """A request is over, however it ended: count it and put it on record."""
        now = self.clock.monotonic()
        del self.running[trip.id]
        self.requests += 1
        record = trip.record(now, seq=self.requests)
        self.ring.append(record)
        tokens = record.usage.completion_tokens if record.usage else 0
        self.tokens.add(now, tokens)
        self.changes += 1
        if record.stage is Stage.GONE:
            # A caller who leaves is no failure of ours, and a time that the caller cut short measures nothing.
            return record
        failed = record.error is not None
        self.failures += failed
        self.fallbacks += record.fallback_from is not None and not failed
        self.track.add(now, failed=failed, total_s=record.total_s, ttft_s=record.ttft_s, tokens=tokens)
        if record.ttft_s is not None:
            self.overhead.add(now, failed=False, total_s=record.overhead_s)
        return record

    # ── attempts ─────────────────────────────────────────────────────────────────────────────────────────────────

    def attempt_begins(self, provider: str) -> None:
        state = self.provider(provider)
        state.in_flight += 1
        self.changes += 1

    def attempt_succeeded(self, provider: str, *, total_s: float, ttft_s: float, tokens: int) -> None:
        """A provider answered properly, so it is well, whatever a check said before."""
        state = self._attempt_ended(provider)
        now = self.clock.monotonic()
        state.track.add(now, failed=False, total_s=total_s, ttft_s=ttft_s, tokens=tokens)
        state.failures_in_a_row = 0
        self._judge(state)

    def attempt_failed(self, provider: str, error: UpstreamError) -> None:
        """A provider failed. Errors that it is not to blame for leave no mark on it."""
        state = self._attempt_ended(provider)
        if not error.blames:
            return
        now, wall = self.clock.monotonic(), self.clock.wall()
        state.track.add(now, failed=True, total_s=0.0)
        state.failures_in_a_row += 1
        state.last_error, state.last_error_at = error.message, wall
        if isinstance(error, UpstreamRefusedKey):
            state.become(Health.AUTH_FAILED, error.message, wall)
        elif state.failures_in_a_row >= FAILURES_IN_A_ROW:
            state.become(Health.UNAVAILABLE, error.message, wall)
        elif state.health in {Health.ACTIVE, Health.DEGRADED}:
            self._judge(state)

    def attempt_left(self, provider: str) -> None:
        """The caller went away in the middle: nobody's fault, and no figure of it is the provider's."""
        self._attempt_ended(provider)

    def _attempt_ended(self, provider: str) -> ProviderState:
        state = self.provider(provider)
        state.in_flight -= 1
        state.requests += 1
        state.rate.add(self.clock.monotonic())
        self.changes += 1
        return state

    # ── health ───────────────────────────────────────────────────────────────────────────────────────────────────

    def check_passed(self, provider: str, models: tuple[str, ...]) -> None:
        """A health check got its answer. It forgives failures in a row, since they were of another time."""
        state = self.provider(provider)
        state.models = models
        if state.health in {Health.UNAVAILABLE, Health.AUTH_FAILED}:
            state.failures_in_a_row = 0
        self._judge(state)
        self.changes += 1

    def check_failed(self, provider: str, error: UpstreamError) -> None:
        """A health check failed as often as it was tried."""
        state = self.provider(provider)
        wall = self.clock.wall()
        refused = isinstance(error, UpstreamRefusedKey)
        state.become(Health.AUTH_FAILED if refused else Health.UNAVAILABLE, error.message, wall)
        state.last_error, state.last_error_at = error.message, wall
        self.changes += 1

    def _judge(self, state: ProviderState) -> None:
        """Active or degraded, by the share of errors in the window."""
        requests, errors = state.track.requests, state.track.errors
        ratio = errors / requests if requests else 0.0
        if requests >= DEGRADED_MIN_REQUESTS and ratio > DEGRADED_ERROR_RATIO:
            state.become(Health.DEGRADED, f"{ratio:.0%} of requests failed in 15 min", self.clock.wall())
        else:
            state.become(Health.ACTIVE, "", self.clock.wall())
