"""What planning reads of the present: plain figures of providers and of their models, kept by whoever talks to them.

Nothing here moves by itself. Who owns the state moves it before a plan is made, so that a plan reads no clock.
"""

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import NamedTuple, Protocol

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import BreakerState, Health

__all__ = [
    "UNTRIED",
    "BreakerState",
    "Conversation",
    "Health",
    "KnownProvider",
    "KnownTarget",
    "Live",
    "ProviderLive",
    "TargetLive",
    "Turn",
]

Conversation = tuple[str, str, str]
"""What a conversation is known by: its tenant, what tells it from others (`user` or `prefix`), and that itself."""


class Turn(NamedTuple):
    """The last turn of a conversation that was answered: in which region, how long the shortest prompt of them all was,
    and when, on the monotonic clock."""

    region: str
    prompt_tokens: int
    at: float


class TargetLive(Protocol):
    """One model at one provider. Averages are of its latest answers, None before the first; `ewma_ttft_s` is the time
    to the first token, `ewma_total_s` that of the whole answer, `p95_s` what 95 of 100 answers took at most. `share` is
    the part of its usual traffic that it may be given, 1 unless it is recovering. `warm` says whether the model is
    loaded, `in_vram` how much of it is in the memory of a graphics card and `load_s` how long loading takes, None where
    that is not known."""

    @property
    def breaker(self) -> BreakerState: ...
    @property
    def share(self) -> float: ...
    @property
    def retry_in_s(self) -> float:
        """Seconds until an open breaker lets something through again; 0 for any other."""
        ...

    @property
    def ewma_ttft_s(self) -> float | None: ...
    @property
    def ewma_total_s(self) -> float | None: ...
    @property
    def p95_s(self) -> float | None: ...
    @property
    def success_ratio(self) -> float: ...
    @property
    def warm(self) -> bool | None: ...
    @property
    def load_s(self) -> float | None: ...
    @property
    def in_vram(self) -> float | None: ...


class ProviderLive(Protocol):
    """One provider. `models` are those that it listed itself when it was last asked, `capacity` the requests that it
    takes at one time, `headroom` what is left of its rate limits (0 to 1), both None where that is not known;
    `cooldown_s` the seconds for which it has to be left alone, `error_ratio` the share of failures in all answers,
    `others` the requests of other callers that it had when it was last asked and `slots` how many it said that it takes
    at one time; what is beyond those waits there. `max_loaded` is how many models it holds at one time, None where that
    does not matter."""

    @property
    def health(self) -> Health: ...
    @property
    def reason(self) -> str: ...
    @property
    def models(self) -> tuple[str, ...]: ...
    @property
    def in_flight(self) -> int: ...
    @property
    def capacity(self) -> int | None: ...
    @property
    def draining(self) -> bool: ...
    @property
    def headroom(self) -> float | None: ...
    @property
    def cooldown_s(self) -> float: ...
    @property
    def error_ratio(self) -> float: ...
    @property
    def others(self) -> int: ...
    @property
    def slots(self) -> int | None: ...
    @property
    def max_loaded(self) -> int | None: ...
    def held_back(self, model: str) -> str | None:
        """Why a request for a model would have to wait for others that it holds, where it holds only so many."""
        ...

    def turn(self, conversation: Conversation, model: str) -> Turn | None:
        """The last turn of a conversation that this model has answered here, as far as that is remembered."""
        ...

    def target(self, model: str) -> TargetLive:
        """What is known of one of its models; `UNTRIED` before it was asked."""
        ...


Live = Mapping[str, ProviderLive]


@dataclass(frozen=True, slots=True)
class KnownTarget:
    """A `TargetLive` that does not change: what is not said is unknown and well."""

    breaker: BreakerState = BreakerState.CLOSED
    share: float = 1.0
    retry_in_s: float = 0.0
    ewma_ttft_s: float | None = None
    ewma_total_s: float | None = None
    p95_s: float | None = None
    success_ratio: float = 1.0
    warm: bool | None = None
    load_s: float | None = None
    in_vram: float | None = None


UNTRIED = KnownTarget()
"""A model that was never asked."""


@dataclass(frozen=True, slots=True)
class KnownProvider:
    """A `ProviderLive` that does not change: for plans of what might be."""

    health: Health = Health.ACTIVE
    reason: str = ""
    models: tuple[str, ...] = ()
    in_flight: int = 0
    capacity: int | None = None
    draining: bool = False
    headroom: float | None = None
    cooldown_s: float = 0.0
    error_ratio: float = 0.0
    others: int = 0
    slots: int | None = None
    max_loaded: int | None = None
    held: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    targets: Mapping[str, KnownTarget] = field(default_factory=lambda: MappingProxyType({}))
    turns: Mapping[tuple[Conversation, str], Turn] = field(default_factory=lambda: MappingProxyType({}))

    def turn(self, conversation: Conversation, model: str) -> Turn | None:
        return self.turns.get((conversation, model))

    def held_back(self, model: str) -> str | None:
        return self.held.get(model)

    def target(self, model: str) -> KnownTarget:
        return self.targets.get(model, UNTRIED)
