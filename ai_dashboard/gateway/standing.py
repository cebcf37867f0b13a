"""How providers and their models stand: what tries, checks and the operator say about them, and what follows for plans.
Written on the gateway's loop only."""

import random
from collections.abc import Callable, Sequence
from dataclasses import field

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema.queue import QueueSettings
from ai_dashboard.core.clock import Clock
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import (
    UpstreamError,
    UpstreamRateLimited,
    UpstreamRefusedKey,
    UpstreamTruncated,
    UpstreamUnreachable,
)  # fmt: skip
from ai_dashboard.core.history import SeriesKey
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.snapshot import BreakerState, Health
from ai_dashboard.gateway.handling import breaker_policy
from ai_dashboard.gateway.shared_places import SharedPlaces
from ai_dashboard.gateway.targets import Present, ProviderState, TargetState
from ai_dashboard.gateway.trip import Attempt
from ai_dashboard.gateway.warmth import SILENT, Engine
from ai_dashboard.queueing.room import Admits, Place, WaitingRoom
from ai_dashboard.routing.affinity import conversation_of
from ai_dashboard.routing.breaker import NEVER, Breaker, BreakerPolicy
from ai_dashboard.routing.headroom import read as limits_in
from ai_dashboard.routing.live import Turn
from ai_dashboard.telemetry.answers import Answers
from ai_dashboard.telemetry.history import History
from ai_dashboard.telemetry.rate import RateCounter
from ai_dashboard.telemetry.track import Track

CLOSED, ACTIVE, DEGRADED = BreakerState.CLOSED, Health.ACTIVE, Health.DEGRADED

FAILURES_IN_A_ROW = 3
"""As many times in a row that a provider could not be reached take it out until a check finds it well again. Other
failures are a matter for the breaker of the model that was asked for."""

DEGRADED_ERROR_RATIO = 0.05
DEGRADED_MIN_REQUESTS = 10
"""Below this many requests in the window an error ratio says little."""

LOOK_AGAIN_S = 0.1
"""How often live state is moved on at most."""

UNAVAILABLE = 503


@dataclass(slots=True, kw_only=True)
class Standing:
    """All providers. `changes` grows with everything that a snapshot could show, `routing_version` with what plans rest
    on. `places` are those that are shared with other gateways, where there are any; `on_breaker` is told of every
    breaker that has moved, and from where."""

    clock: Clock
    chance: random.Random = field(default_factory=random.Random)
    providers: dict[str, ProviderState] = field(default_factory=dict)
    changes: int = 0
    routing_version: int = 0
    breaker_policy: BreakerPolicy = field(default_factory=BreakerPolicy)
    history: History = field(default_factory=History)
    places: SharedPlaces | None = None
    on_breaker: Callable[[TargetState, BreakerState], None] = lambda _target, _before: None
    _present: Present = field(default_factory=Present)
    _due: float = NEVER
    waiting: WaitingRoom = field(init=False)
    _degraded_p95_s: float | None = None
    _adaptive: bool = True

    def __post_init__(self) -> None:
        queue = QueueSettings()
        self.waiting = WaitingRoom(self.clock, queue.max_size, queue.age_boost_s, self._keep, self._admits)

    def adopt(self, config: Config) -> None:
        """Go by another configuration. What has happened stays, except of providers that are gone."""
        self.breaker_policy = breaker_policy(config.gateway.breaker)
        self._degraded_p95_s = config.gateway.health.degraded_p95_s
        self._adaptive = config.gateway.queue.adaptive
        self.waiting.adopt(config.gateway.queue.max_size, config.gateway.queue.age_boost_s)
        for name, state in tuple(self.providers.items()):
            if name not in config.providers and state.in_flight <= state.elsewhere:
                del self.providers[name]
            for target in state.targets.values():
                target.circuit.policy = self.breaker_policy
        for name, provider in config.providers.items():
            state = self.provider(name)
            state.limits = provider.rate_limits
            state.shelve(provider.max_loaded, self.waiting, self.clock.monotonic())
            if not self._adaptive:
                state.adaptive.limit = None
        self.routing_version += 1

    def provider(self, name: str) -> ProviderState:
        """The state of a provider, made when it is first asked for."""
        state = self.providers.get(name)
        if state is None:
            track = Track(self.clock.monotonic())
            state = ProviderState(name, track, RateCounter(), self._present, since=self.clock.wall())
            self.providers[name] = state
            self.routing_version += 1
        return state

    def look(self) -> float:
        """The present moment, and all live state as it is then: what a plan is made from."""
        now = self.clock.monotonic()
        if now >= self._due or now < self._present.now:
            self._advance(now)
        self._present.now = now
        return now

    def count(self, target: TargetState, attempts: Sequence[Attempt], now: float) -> None:
        """What attempts at one model at one provider came to that have ended since the last time."""
        state = target.provider
        answered = [attempt for attempt in attempts if attempt.tokens is not None]
        whole = [attempt.answered() for attempt in answered]
        failures = sum([attempt.error is not None for attempt in attempts])
        headers = next((attempt.headers for attempt in reversed(attempts) if attempt.headers), ())
        for attempt in attempts:
            attempt.target, attempt.headers = None, ()  # records are kept for long, and need neither
        if whole or failures:
            answers = Answers(whole)
            self.history.add(now, SeriesKey(state.name, target.model), answers, failures)
            state.count(now, answers)
            target.averages.answered([it for it, attempt in zip(whole, answered, strict=True) if not attempt.cold])
        if headers:
            state.told(limits_in(headers, now=now, wall=self.clock.wall()))
        if whole and (state.health is not ACTIVE or state.track.errors or self._degraded_p95_s is not None):
            self._judge(state)

    def reckon(self, now: float) -> None:
        """Work out what is left of every provider's limits."""
        for state in self.providers.values():
            if state.reckon(now):
                self.routing_version += 1

    # ── attempts ─────────────────────────────────────────────────────────────────────────────────────────────────

    def attempt_begins(self, attempt: Attempt) -> None:
        """A try at a provider. Exactly one of `attempt_succeeded`, `attempt_failed` and `attempt_left` ends it."""
        candidate = attempt.candidate
        state = self.provider(candidate.provider)
        target = state.targets.get(candidate.model)
        if target is None:
            target = state.asked_for(candidate.model, self.breaker_policy)
            self.routing_version += 1
        state.begun += 1
        state.in_flight += 1
        target.in_flight += 1
        if state.shelf is not None:
            state.shelf.begins(target.model, attempt.started)
        attempt.target, attempt.cold = target, target.warm is False
        self.changes += 1
        circuit = target.circuit
        if circuit.state is not CLOSED:
            circuit.sent()
            self._moved(target)

    def attempt_answers(self, attempt: Attempt) -> None:
        """A provider has begun to say something: enough to know that it is back, or that it has loaded the model."""
        target = _target(attempt)
        circuit = target.circuit
        if circuit.state is not CLOSED:
            circuit.answered(self.clock.monotonic(), attempt.started)
            self._moved(target)
        if target.warm is not True and target.provider.engine.tells and attempt.first_token is not None:
            if attempt.cold:
                target.averages.loaded(attempt.first_token - attempt.started)
            target.provider.loads(target, self.clock.monotonic())
            self.routing_version += 1

    def attempt_succeeded(self, attempt: Attempt, facts: RouteFacts | None = None) -> None:
        """A provider answered properly, so it is well, whatever a check said before. `facts` are those of a request
        that others could have answered: it is remembered whose conversation this is."""
        target = self._ended(attempt)
        state, circuit = target.provider, target.circuit
        if facts is not None and (conversation := conversation_of(facts)) is not None:
            turn = Turn(attempt.candidate.region, facts.prompt_tokens, attempt.ended or 0.0)
            state.conversations.served(conversation, target.model, turn)
        state.failures_in_a_row = 0
        if self._adaptive and attempt.streamed and attempt.first_token is not None and not attempt.cold:
            state.adaptive.answered(attempt.first_token - attempt.started, state.in_flight + 1, attempt.ended or 0.0)
        was_closed = circuit.state is CLOSED
        circuit.answered(attempt.ended or 0.0, attempt.started)
        if not was_closed:
            self._moved(target)
        if state.health is not ACTIVE and state.health is not DEGRADED:
            self._judge(state)

    def attempt_failed(self, attempt: Attempt, error: UpstreamError) -> None:
        """A provider failed. Errors that it is not to blame for leave no mark on it."""
        target = self._ended(attempt)
        state = target.provider
        now, wall = self.clock.monotonic(), self.clock.wall()
        state.rate.add(now)
        self.changes += 1
        if not error.blames:
            self._says_nothing(target)
            return
        state.track.add_failure(now)
        state.failed(target.model, error.message, wall)
        if isinstance(error, UpstreamRefusedKey):
            self._says_nothing(target)
            self._move(state, Health.AUTH_FAILED, error.message)
        elif isinstance(error, UpstreamRateLimited):
            self._says_nothing(target)
            if self._adaptive:
                state.adaptive.refused(state.in_flight + 1, attempt.started, now)
            self._cool(state, error, now)
        else:
            if error.upstream_status == UNAVAILABLE and error.retry_after_s is not None:
                self._cool(state, error, now)
            self._fail(target, attempt, error, now)

    def attempt_left(self, attempt: Attempt) -> None:
        """A try that says nothing of its provider: the caller went away, or the ask could not be written for it."""
        target = self._ended(attempt)
        target.provider.rate.add(self.clock.monotonic())
        self._says_nothing(target)
        self.changes += 1

    def _ended(self, attempt: Attempt) -> TargetState:
        target = _target(attempt)
        target.in_flight -= 1
        target.provider.begun -= 1
        target.provider.in_flight -= 1
        target.provider.requests += 1
        if target.provider.shelf is not None:
            target.provider.shelf.ends(target.model)
        if self.places is not None:
            self.places.ended(target.provider)
        if self.waiting:
            self._offer(target.provider)
        return target

    # ── places ───────────────────────────────────────────────────────────────────────────────────────────────────

    def offer_places(self) -> None:
        """Call those who wait for places that are there by now because a limit has moved."""
        for provider in self.waiting.wanted():
            self._offer(self.provider(provider))

    def _offer(self, state: ProviderState) -> None:
        capacity = state.capacity
        spare = len(self.waiting) if capacity is None else capacity - state.in_flight
        self.waiting.free(state.name, spare)

    def _keep(self, place: Place, places: int) -> None:
        """A place that is kept counts as taken."""
        self.provider(place[0]).keep(place[1], places, self.clock.monotonic())

    def _admits(self, provider: str) -> Admits | None:
        shelf = self.provider(provider).shelf
        return None if shelf is None else shelf.admits(self.clock.monotonic())

    def _fail(self, target: TargetState, attempt: Attempt, error: UpstreamError, now: float) -> None:
        state = target.provider
        target.reason = error.message
        target.averages.failed()
        # Hung up on before it said anything: nobody is there who could, whichever model was asked for.
        hung_up = isinstance(error, UpstreamTruncated) and attempt.status is None
        unreachable = hung_up or isinstance(error, UpstreamUnreachable)
        target.circuit.failed(now, attempt.started, self.chance.random(), unreachable=unreachable)
        if target.circuit.state is not CLOSED:
            self._moved(target)
        state.failures_in_a_row = state.failures_in_a_row + 1 if unreachable else 0
        if state.failures_in_a_row >= FAILURES_IN_A_ROW:
            self._move(state, Health.UNAVAILABLE, error.message)
        elif state.health in {ACTIVE, DEGRADED}:
            self._judge(state)

    def _cool(self, state: ProviderState, error: UpstreamError, now: float) -> None:
        state.cooldown.begin(now, error.retry_after_s, self.chance.random())
        self._due = min(self._due, state.cooldown.until)
        self.routing_version += 1

    def _says_nothing(self, target: TargetState) -> None:
        """An attempt ended in a way that a breaker learns nothing from."""
        if target.circuit.state is not CLOSED:
            target.circuit.left()
            self._moved(target)

    def _moved(self, target: TargetState) -> None:
        """A breaker that is not as usual may have moved: plans that were made before no longer hold."""
        self._due = min(self._due, target.circuit.due)
        self.routing_version += 1
        before = target.told
        if before is not target.circuit.state:
            target.told = target.circuit.state
            self.on_breaker(target, before)

    def _advance(self, now: float) -> None:
        """Let cooldowns end and breakers move."""
        due = NEVER
        for state in self.providers.values():
            if state.cooldown.until:
                if state.cooldown.left_s(now):
                    due = min(due, state.cooldown.until)
                else:
                    state.cooldown.until = 0.0
                    self.routing_version += 1
            for target in state.targets.values():
                if target.circuit.state is not CLOSED:
                    if target.circuit.advance(now):
                        self._moved(target)
                    due = min(due, target.circuit.due)
        self._due = max(due, now + LOOK_AGAIN_S)
        self.changes += 1

    # ── what other gateways say ──────────────────────────────────────────────────────────────────────────────────

    def others_have(self, state: ProviderState, requests: int) -> None:
        """So many requests of other gateways are in flight at a provider."""
        if requests != state.elsewhere:
            state.in_flight += requests - state.elsewhere
            state.elsewhere = requests
            self.changes += 1
        if self.waiting:
            self._offer(state)

    def cools_elsewhere(self, state: ProviderState, seconds: float) -> None:
        """A provider has asked another gateway to be left alone."""
        state.cooldown.begin(self.clock.monotonic(), seconds, 0.0)
        self._due = min(self._due, state.cooldown.until)
        self._told()

    def refused_elsewhere(self, state: ProviderState, reason: str) -> None:
        """A provider does not take the key that another gateway has, too."""
        self._move(state, Health.AUTH_FAILED, reason)
        self.changes += 1

    def left_alone_elsewhere(self, state: ProviderState, model: str, seconds: float, reason: str) -> None:
        """Another gateway has found a model failing, and leaves it alone."""
        target = state.asked_for(model, self.breaker_policy)
        target.reason = reason
        target.circuit.leave_alone(self.clock.monotonic(), seconds)
        self._moved(target)
        self.changes += 1

    def well_elsewhere(self, target: TargetState) -> None:
        """Another gateway was answered by a model that had been left alone."""
        now = self.clock.monotonic()
        target.circuit.answered(now, now)
        self._moved(target)
        self.changes += 1

    # ── the operator ─────────────────────────────────────────────────────────────────────────────────────────────

    def drain(self, provider: str) -> None:
        """Ask a provider for nothing new; what it has begun it may end."""
        self.provider(provider).draining = True
        self._told()

    def disable(self, provider: str) -> None:
        """Leave a provider out, whatever checks and answers say."""
        state = self.provider(provider)
        self._move(state, Health.DISABLED, "disabled by the operator")
        self._told()

    def enable(self, provider: str) -> None:
        """Ask a provider again that was drained or disabled."""
        state = self.provider(provider)
        state.draining = False
        if state.health is Health.DISABLED:
            state.become(Health.CHECKING, "not checked yet", self.clock.wall())
        self._told()

    def reset(self, provider: str) -> None:
        """Forget what speaks against a provider: its cooldown, its breakers and its failures."""
        state = self.provider(provider)
        state.failures_in_a_row, state.cooldown.until = 0, 0.0
        for target in state.targets.values():
            target.circuit, target.reason = Breaker(self.breaker_policy), ""
            self._moved(target)
        if state.health is Health.UNAVAILABLE:
            state.become(Health.CHECKING, "not checked yet", self.clock.wall())
        self._told()

    def _told(self) -> None:
        self.routing_version += 1
        self.changes += 1

    # ── health ───────────────────────────────────────────────────────────────────────────────────────────────────

    def check_passed(self, provider: str, models: tuple[str, ...], engine: Engine = SILENT) -> None:
        """A health check got its answer: the models that are there, and what is said beside them. It forgives failures
        in a row, and breakers that opened because nobody was there, since they were of another time."""
        state = self.provider(provider)
        if models != state.models:
            state.models = models
            self.routing_version += 1
        if state.says(engine, self.clock.monotonic(), self.clock.wall()):
            self.routing_version += 1
        if state.shelf is not None:
            self._offer(state)
        if state.health in {Health.UNAVAILABLE, Health.AUTH_FAILED}:
            state.failures_in_a_row = 0
        for target in state.targets.values():
            if target.circuit.state is BreakerState.OPEN:
                target.circuit.reached(self.clock.monotonic())
                self._moved(target)
        self._judge(state)
        self.changes += 1

    def check_failed(self, provider: str, error: UpstreamError) -> None:
        """A health check failed as often as it was tried."""
        state = self.provider(provider)
        wall = self.clock.wall()
        refused = isinstance(error, UpstreamRefusedKey)
        self._move(state, Health.AUTH_FAILED if refused else Health.UNAVAILABLE, error.message)
        state.failed("", error.message, wall)
        if state.says(SILENT, self.clock.monotonic(), wall):
            self.routing_version += 1
        self.changes += 1

    def _judge(self, state: ProviderState) -> None:
        """Active or degraded, by the share of errors in the window and by how long answers take."""
        requests, errors = state.track.requests, state.track.errors
        ratio = errors / requests if requests else 0.0
        if requests >= DEGRADED_MIN_REQUESTS and ratio > DEGRADED_ERROR_RATIO:
            self._move(state, DEGRADED, f"{ratio:.0%} of requests failed in 15 min")
        elif (slow := self._slow(state)) is not None:
            self._move(state, DEGRADED, slow)
        else:
            self._move(state, ACTIVE, "")

    def _slow(self, state: ProviderState) -> str | None:
        limit, slowest = self._degraded_p95_s, [it.p95_s for it in state.targets.values() if it.p95_s is not None]
        if limit is None or not slowest or max(slowest) <= limit:
            return None
        return f"5 of 100 answers take longer than {max(slowest):.1f} s"

    def _move(self, state: ProviderState, health: Health, reason: str) -> None:
        """The one way to another state: plans that were made before no longer hold. Out of `disabled` only the operator
        leads."""
        if state.health is not Health.DISABLED and (state.health, state.reason) != (health, reason):
            state.become(health, reason, self.clock.wall())
            self.routing_version += 1


def _target(attempt: Attempt) -> TargetState:
    if attempt.target is None:
        raise RuntimeError("the attempt has not begun, or it has been counted already")
    return attempt.target
