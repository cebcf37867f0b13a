"""The live state of providers and of their models: what has happened to each, and what planning reads of it.

Written on the gateway's loop only. What takes longer than adding to a number is done when requests are counted in
batches, never while one is on its way.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING

from ai_dashboard.config.schema import RateLimits
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.history import Failure, HealthChange, LimitView
from ai_dashboard.core.snapshot import BreakerState, Health, LoadedModel, TargetView
from ai_dashboard.gateway.swapping import Shelf
from ai_dashboard.gateway.warmth import SILENT, Engine
from ai_dashboard.queueing.adaptive import Adaptive
from ai_dashboard.queueing.room import WaitingRoom
from ai_dashboard.routing.affinity import Conversations
from ai_dashboard.routing.averages import Averages
from ai_dashboard.routing.breaker import Breaker, BreakerPolicy
from ai_dashboard.routing.cooldown import Cooldown
from ai_dashboard.routing.headroom import Left, counted, headroom, scarcest
from ai_dashboard.routing.live import UNTRIED, Conversation, KnownTarget, TargetLive, Turn
from ai_dashboard.routing.places import leaves_home
from ai_dashboard.telemetry.answers import Answers
from ai_dashboard.telemetry.rate import RateCounter
from ai_dashboard.telemetry.track import Track

if TYPE_CHECKING:
    from ai_dashboard.gateway.exact_limits import ExactLimits

MAX_TARGETS = 512
"""Models of one provider that something is remembered of. Names may come from callers, so there must be an end."""

MAX_REMEMBERED = 100
"""Changes of a provider's health that are remembered."""

MAX_FAILURES = 20
"""Failures of a provider that are remembered."""

MAX_SHOWN = 16
"""Models of one provider that a picture shows."""

MINUTE_S = 60

_UNTRIED = {warm: KnownTarget(warm=warm) for warm in (None, False, True)}
"""Models that were never asked, at servers that say what they have loaded."""

MIN_LOOK_S = 1.0
"""Nobody is asked again sooner because a model of his is about to go."""


@dataclass(slots=True)
class Present:
    """The moment that live state is read at: set before every plan, so that no part of a plan reads a clock."""

    now: float = 0.0


@dataclass(slots=True, eq=False)
class TargetState:
    """One model at one provider. `warm` says whether it is loaded and `in_vram` how much of it is in the memory of a
    graphics card, where that is known; `reason` is the latest failure that it was to blame for;
    `told` is the state of its breaker that was last told of."""

    provider: "ProviderState"
    model: str
    circuit: Breaker
    averages: Averages = field(default_factory=Averages)
    in_flight: int = 0
    warm: bool | None = None
    in_vram: float | None = None
    reason: str = ""
    told: BreakerState = BreakerState.CLOSED

    @property
    def breaker(self) -> BreakerState:
        return self.circuit.state

    @property
    def share(self) -> float:
        return self.circuit.share

    @property
    def retry_in_s(self) -> float:
        return self.circuit.retry_in_s(self.provider.present.now)

    @property
    def ewma_ttft_s(self) -> float | None:
        return self.averages.ttft_s

    @property
    def ewma_total_s(self) -> float | None:
        return self.averages.total_s

    @property
    def p95_s(self) -> float | None:
        return self.averages.p95_s

    @property
    def success_ratio(self) -> float:
        return self.averages.success_ratio

    @property
    def load_s(self) -> float | None:
        return self.averages.load_s

    def view(self) -> TargetView:
        """As the screen shows it."""
        return TargetView(
            model=self.model,
            breaker=self.breaker,
            share=self.share,
            retry_in_s=self.retry_in_s,
            reason=self.reason,
            in_flight=self.in_flight,
            ewma_ttft_s=self.ewma_ttft_s,
            ewma_total_s=self.ewma_total_s,
            p95_s=self.p95_s,
            success_ratio=self.success_ratio,
            warm=self.warm,
            load_s=self.load_s,
        )


@dataclass(slots=True, eq=False)
class ProviderState:
    """One provider as it stands. `since` and `last_error_at` are Unix time; `was_well` says that it has been active
    since the start. `in_flight` counts what it has to do for all gateways that share what they know: `begun` here,
    `elsewhere` by the others, and the places that are kept for those who wait. `engine` is what it has said of itself
    when it was last asked, `others` the requests of other callers that it had then, `look_at` the monotonic time from
    which that may be otherwise; `check_s` is what the last check took that it passed. `conversations` are those that it
    has a warm cache of; `exact` are the limits that are taken from before each try."""

    name: str
    track: Track
    rate: RateCounter
    present: Present = field(default_factory=Present)
    health: Health = Health.CHECKING
    reason: str = "not checked yet"
    since: float = 0.0
    models: tuple[str, ...] = ()
    in_flight: int = 0
    begun: int = 0
    elsewhere: int = 0
    was_well: bool = False
    requests: int = 0
    failures_in_a_row: int = 0
    last_error: str = ""
    last_error_at: float | None = None
    draining: bool = False
    limits: RateLimits = field(default_factory=RateLimits)
    headroom: float | None = None
    targets: dict[str, TargetState] = field(default_factory=dict)
    cooldown: Cooldown = field(default_factory=Cooldown)
    tokens: RateCounter = field(default_factory=RateCounter)
    engine: Engine = SILENT
    others: int = 0
    look_at: float = math.inf
    check_s: float | None = None
    conversations: Conversations = field(default_factory=Conversations)
    adaptive: Adaptive = field(default_factory=Adaptive)
    max_loaded: int | None = None
    shelf: Shelf | None = None
    changes: deque[HealthChange] = field(default_factory=lambda: deque(maxlen=MAX_REMEMBERED))
    failures: deque[Failure] = field(default_factory=lambda: deque(maxlen=MAX_FAILURES))
    exact: "ExactLimits | None" = None
    _left: dict[str, Left] = field(default_factory=dict)

    @property
    def capacity(self) -> int | None:
        most = self.limits.max_concurrent
        return self.adaptive.places if most is None else most

    @property
    def slots(self) -> int | None:
        return self.engine.slots

    @property
    def cooldown_s(self) -> float:
        return self.cooldown.left_s(self.present.now)

    @property
    def error_ratio(self) -> float:
        track = self.track
        return track.errors / track.requests if track.requests else 0.0

    def shelve(self, max_loaded: int | None, waiting: WaitingRoom, now: float) -> None:
        """It holds so many models at one time, as the configuration has it."""
        self.max_loaded = max_loaded
        if max_loaded is None:
            self.shelf = None
        elif self.shelf is not None:
            self.shelf.room, self.shelf.turn_s = max_loaded, waiting.age_boost_s
        else:
            self.shelf = Shelf(max_loaded, waiting.age_boost_s, partial(waiting.lines, self.name))
            for target in self.targets.values():
                for _ in range(target.in_flight):
                    self.shelf.begins(target.model, now)
            self.shelf.says(self.engine, now)

    def keep(self, model: str, places: int, now: float) -> None:
        """A place is kept for a request (1), or given up (-1): it counts as taken."""
        self.in_flight += places
        if self.shelf is not None and places > 0:
            self.shelf.begins(model, now)
        elif self.shelf is not None:
            self.shelf.ends(model)

    def held_back(self, model: str) -> str | None:
        """Why a request for a model would have to wait for others that are loaded."""
        return None if self.shelf is None else self.shelf.held_back(model, self.present.now)

    def turn(self, conversation: Conversation, model: str) -> Turn | None:
        """The last turn of a conversation that this model has answered here."""
        return self.conversations.last(conversation, model)

    def target(self, model: str) -> TargetLive:
        """What is known of one of its models."""
        return self.targets.get(model) or (_UNTRIED[self._is_warm(model)] if self.engine.tells else UNTRIED)

    def asked_for(self, model: str, policy: BreakerPolicy) -> TargetState:
        """The state of one of its models, made when it is first asked for. When there are too many, one of which there
        is nothing to remember makes room."""
        target = self.targets.get(model)
        if target is None:
            if len(self.targets) >= MAX_TARGETS:
                del self.targets[next(self._forgettable())]
            target = self.targets[model] = TargetState(self, model, Breaker(policy))
            self._set_warm(target)
        return target

    def become(self, health: Health, reason: str, wall: float) -> None:
        """Move to another state, or refresh the reason of the present one. Who is gone has lost its caches."""
        if health is not self.health:
            self.health, self.since = health, wall
            self.changes.append(HealthChange(wall, health, reason))
            self.was_well |= health is Health.ACTIVE
            if health is Health.UNAVAILABLE:
                self.conversations.forget()
        self.reason = reason

    def says(self, engine: Engine, now: float, wall: float) -> bool:
        """It has said how it is, or has nothing to say about that. True when other models are loaded than was known."""
        before, self.engine = self.engine, engine
        self.others = max(0, engine.busy - self.in_flight) if engine.busy is not None else 0
        # What should be gone already, and is there, goes by a clock that differs from ours.
        left_s = engine.until - wall if engine.until is not None else 0.0
        self.look_at = now + max(MIN_LOOK_S, left_s) if left_s > 0 else math.inf
        for target in self.targets.values():
            self._set_warm(target)
        if self.shelf is not None:
            self.shelf.says(engine, now)
        return (before.everything, before.loaded) != (engine.everything, engine.loaded)

    def loads(self, target: TargetState, now: float) -> None:
        """A model has answered, so it is loaded; if it was not before, another one may have had to make room."""
        if target.warm is False:
            self.look_at = min(self.look_at, now)
        target.warm = True

    def told(self, limits: Sequence[Left]) -> None:
        """A reply spoke of its rate limits."""
        for left in limits:
            self._left[left.of] = left

    def failed(self, model: str, message: str, wall: float) -> None:
        """It has failed, and is to blame for it; `model` is empty for a health check."""
        self.last_error, self.last_error_at = message, wall
        self.failures.append(Failure(wall, model, message))

    def count(self, now: float, answers: Answers) -> None:
        """Count whole answers."""
        self.track.add(now, answers)
        self.rate.add(now, answers.count)

    def reckon(self, now: float) -> bool:
        """Work out what is left of its limits. True when it has begun or ceased to let anything through."""
        before, limits = self.headroom, self.limits
        asked = spent = None
        if limits.requests_per_minute is not None:
            asked = counted(self.rate.over(now, MINUTE_S) + self.in_flight, limits.requests_per_minute)
        if limits.tokens_per_minute is not None:
            spent = counted(self.tokens.over(now, MINUTE_S), limits.tokens_per_minute)
        exact = self.exact.left() if self.exact is not None else None
        self.headroom = scarcest(headroom(self._left.values(), now), asked, spent, exact)
        return (before == 0) != (self.headroom == 0)

    def limits_left(self, now: float) -> Iterator[LimitView]:
        """What is left of each of its limits: of those that it tells, and of those of the configuration."""
        for left in self._left.values():
            if left.until > now:
                yield LimitView(left.of, left.ratio, left.until - now)
        if (limit := self.limits.requests_per_minute) is not None:
            asked = counted(self.rate.over(now, MINUTE_S) + self.in_flight, limit)
            yield LimitView(f"{limit:,} requests a minute, as configured", asked)
        if (limit := self.limits.tokens_per_minute) is not None:
            spent = counted(self.tokens.over(now, MINUTE_S), limit)
            yield LimitView(f"{limit:,} tokens a minute, as configured", spent)
        if self.exact is not None:
            yield from self.exact.views()

    @property
    def loaded(self) -> tuple[LoadedModel, ...]:
        """The models that its server says it has in memory."""
        shares = self.engine.loaded or {}
        return tuple(LoadedModel(model, share, self.engine.vram.get(model)) for model, share in shares.items())

    def views(self) -> tuple[TargetView, ...]:
        """Its models as the screen shows them: those that are not as usual first, then the busiest."""
        order = sorted(self.targets.values(), key=lambda it: (it.breaker is BreakerState.CLOSED, -it.in_flight))
        return tuple(target.view() for target in order[:MAX_SHOWN])

    def _set_warm(self, target: TargetState) -> None:
        target.warm = self._is_warm(target.model)
        target.in_vram = self.engine.in_vram(target.model)

    def _is_warm(self, model: str) -> bool | None:
        # What Ollama passes on to its maker's service is never loaded here, and never has to be.
        return None if leaves_home(model) else self.engine.holds(model)

    def _forgettable(self) -> Iterator[str]:
        """Models that are as usual and idle, the one that was made first before the others; else any."""
        for model, target in self.targets.items():
            if target.breaker is BreakerState.CLOSED and not target.in_flight:
                yield model
        yield next(iter(self.targets))
