"""How requests are handled on their way: how long they may take, what follows a failure, and what becomes of an answer
that breaks off. Compiled from the configuration, one for each name that is handled in a way of its own."""

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Literal

from ai_dashboard.config.schema import BreakerSettings, GatewaySettings, OnCut, Retries, RouteSettings
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError
from ai_dashboard.routing.breaker import BreakerPolicy
from ai_dashboard.routing.retry import RetryPolicy
from ai_dashboard.transport.client import Timeouts

HedgeAfter = Literal["p95"] | float | None

NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Handling:
    """`total_s` bounds a request with all its attempts and pauses; `connect_s`, `first_token_s` and `idle_s` are None
    where a provider's own hold. `holdback_s` is how long the first content is held back."""

    total_s: float
    retries: RetryPolicy
    hedge_after: HedgeAfter = None
    hedge_ratio: float = 0.1
    holdback_s: float = 0.0
    on_cut: OnCut = "error"
    connect_s: float | None = None
    first_token_s: float | None = None
    idle_s: float | None = None

    def timeouts(self, usual: Timeouts, left_s: float) -> Timeouts:
        """What an attempt is given of the time that is left. Mostly that is what its provider is given anyway."""
        if left_s >= usual.total_s and not (self.connect_s or self.first_token_s or self.idle_s):
            return usual
        return Timeouts(
            self.connect_s or usual.connect_s,
            self.first_token_s or usual.first_byte_s,
            self.idle_s or usual.idle_s,
            min(usual.total_s, left_s),
        )


@dataclass(frozen=True, slots=True)
class Handlings:
    """The usual way, and the names that have one of their own."""

    usual: Handling
    by_name: Mapping[str, Handling] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, asked: str) -> Handling:
        """How a request for this name is handled."""
        return self.by_name.get(asked, self.usual)


def compile_handlings(settings: GatewaySettings) -> Handlings:
    """All of them, for one configuration."""
    usual = Handling(
        total_s=settings.timeouts.total_s,
        retries=_retries(settings.retries, settings.retries.max),
        hedge_after=settings.hedge.after,
        hedge_ratio=settings.hedge.budget_ratio,
        holdback_s=settings.stream.holdback_ms / 1000,
        on_cut=settings.stream.on_cut,
    )
    own = {name: _own(route, usual, settings) for name, route in settings.routes.items()}
    return Handlings(usual, MappingProxyType(own))


def timeout_of(headers: Mapping[str, str]) -> float:
    """How many seconds a caller waits at most, by its `x-timeout`. Raises `CallerError` for what is no such number."""
    text = headers.get("x-timeout") if headers else None
    if text is None:
        return NEVER
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < NEVER:
        raise CallerError(f"`x-timeout` is {text[:32]!r}", hint="send a number of seconds above 0")
    return seconds


def breaker_policy(settings: BreakerSettings) -> BreakerPolicy:
    """When a breaker opens, and how it comes back."""
    return BreakerPolicy(
        failures=settings.failures,
        window_s=settings.window_s,
        error_ratio=settings.error_ratio,
        cooldown_s=settings.cooldown_s,
        max_cooldown_s=max(settings.max_cooldown_s, settings.cooldown_s),
        ramp=settings.ramp,
        ramp_step_s=settings.ramp_step_s,
    )


def _own(route: RouteSettings, usual: Handling, settings: GatewaySettings) -> Handling:
    retries = settings.retries
    return Handling(
        total_s=route.timeouts.total_s or usual.total_s,
        retries=_retries(retries, retries.max if route.max_retries is None else route.max_retries),
        hedge_after=usual.hedge_after if route.hedge_after is None else route.hedge_after,
        hedge_ratio=usual.hedge_ratio,
        holdback_s=usual.holdback_s if route.holdback_ms is None else route.holdback_ms / 1000,
        on_cut=route.on_cut or usual.on_cut,
        connect_s=route.timeouts.connect_s,
        first_token_s=route.timeouts.first_token_s,
        idle_s=route.timeouts.idle_s,
    )


def _retries(settings: Retries, most: int) -> RetryPolicy:
    return RetryPolicy(
        max=most,
        base_s=settings.base_delay_s,
        max_wait_s=settings.max_wait_s,
        budget_ratio=settings.budget_ratio,
        budget_min_per_s=settings.budget_min_per_s,
    )
