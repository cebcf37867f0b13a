"""Freezes one `Snapshot` of everything. Runs on the gateway's loop; what it returns may go to any thread."""

import os
from collections.abc import Iterator
from itertools import islice
from typing import assert_never

from ai_dashboard import __version__
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.core.snapshot import (
    SLICE_S,
    SLICES,
    Alert,
    AlertLevel,
    BreakerState,
    CacheGauge,
    ConfigView,
    GatewayView,
    Health,
    HostView,
    MoneyGauge,
    ProviderView,
    QueueGauge,
    SeriesPoint,
    SharedView,
    Snapshot,
)  # fmt: skip
from ai_dashboard.gateway.generation import Generation, Upstream
from ai_dashboard.gateway.operations import wish
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.targets import ProviderState
from ai_dashboard.telemetry.track import ClosedSlice

TREND_POINTS = 60
MAX_RUNNING = 100
RATE_S = 10


def freeze(
    version: int,
    runtime: Runtime,
    generation: Generation,
    *,
    address: tuple[str, int],
    connections: int = 0,
    config: ConfigView,
    host: HostView,
    simulated: bool,
    about_config: Alert | None = None,
    shared: SharedView | None = None,
    about_money: tuple[Alert, ...] = (),
    money: MoneyGauge | None = None,
    cache: CacheGauge | None = None,
    queue: QueueGauge | None = None,
) -> Snapshot:
    """The picture as of now. `about_config` tells of a change that was taken back or not taken up, `shared` of the
    Redis that several gateways share, `about_money` of budgets and prices."""
    runtime.tally()
    now, wall = runtime.clock.monotonic(), runtime.clock.wall()
    ttft, total = runtime.track.percentiles(now)
    overhead = runtime.overhead.percentiles(now)[1]
    return Snapshot(
        version=version,
        at=wall,
        gateway=GatewayView(
            host=address[0],
            port=address[1],
            pid=os.getpid(),
            version=__version__,
            uptime_s=now - runtime.started,
            rate=runtime.arrivals.over(now, RATE_S) / min(RATE_S, max(1.0, now - runtime.started)),
            in_flight=len(runtime.running),
            requests=runtime.requests,
            failures=runtime.failures,
            fallbacks=runtime.fallbacks,
            tokens_per_s=runtime.tokens.over(now, 60) / min(60.0, max(1.0, now - runtime.started)),
            overhead=overhead,
            draining=runtime.draining,
            simulated=simulated,
            connections=connections,
        ),
        config=config,
        providers=tuple(_provider_views(runtime, generation, now)),
        running=_running(runtime, now),
        series=_series(runtime, now, wall),
        ttft=ttft,
        total=total,
        host=host,
        alerts=(*_alerts(runtime, generation, wall, about_config, shared), *about_money),
        shared=shared,
        money=money or MoneyGauge(),
        cache=cache or CacheGauge(),
        queue=queue or QueueGauge(),
    )


def _provider_views(runtime: Runtime, generation: Generation, now: float) -> Iterator[ProviderView]:
    for name, provider in generation.config.providers.items():
        if provider.status == "template":
            continue
        state = runtime.provider(name)
        barred = generation.table.providers[name].barred
        health, reason = (Health.DISABLED, barred) if barred else standing(state)
        ttft, total = state.track.percentiles(now)
        listed = (model.name for model in provider.models)
        yield ProviderView(
            name=name,
            kind=provider.type,
            address=_address(generation.upstreams.get(name), provider.host),
            local=provider.local,
            health=health,
            reason=reason,
            models=tuple(dict.fromkeys((*listed, *state.models))),
            in_flight=state.in_flight,
            requests=state.requests,
            per_minute=state.rate.over(now, 60),
            error_ratio=state.track.errors / state.track.requests if state.track.requests else None,
            total=total,
            ttft=ttft,
            tokens_per_s=_speed(state),
            last_error=state.last_error,
            last_error_at=state.last_error_at,
            trend=state.track.trend(now, TREND_POINTS),
            simulated=_is_simulated(provider.features),
            cooldown_s=state.cooldown_s,
            headroom=state.headroom,
            capacity=state.capacity,
            targets=state.views(),
            wish=wish(state),
            loaded=state.loaded,
            check_s=state.check_s,
        )


def standing(state: ProviderState) -> tuple[Health, str]:
    """How a provider is for those who look at it: what its operator wants of it, its health, and what keeps requests
    away although it is well."""
    if state.health is Health.DISABLED:
        return state.health, state.reason
    if state.draining:
        left = f"; {state.in_flight} in flight may end" if state.in_flight else ""
        return Health.DRAINING, f"drained by the operator, takes no new requests{left}"
    if state.health in {Health.UNAVAILABLE, Health.AUTH_FAILED}:
        return state.health, state.reason
    if (left_s := state.cooldown_s) > 0:
        return Health.COOLDOWN, f"asked to be left alone for another {left_s:.0f} s"
    troubled = [target for target in state.targets.values() if target.breaker is not BreakerState.CLOSED]
    if not troubled:
        return state.health, state.reason
    opened = [target for target in troubled if target.breaker is BreakerState.OPEN]
    worst = (opened or troubled)[0]
    if len(opened) == len(state.targets):
        return Health.UNAVAILABLE, f"the breaker of {worst.model} is open: {worst.reason}"
    return Health.DEGRADED, f"the breaker of {worst.model} is {worst.breaker}"


def _address(upstream: Upstream | None, host: str) -> str:
    """`host:port`: enough to know where requests go, and nothing of a URL that could hold a secret."""
    return str(upstream.endpoint) if upstream else host


def _speed(state: ProviderState) -> float | None:
    return state.track.tokens / state.track.generation_s if state.track.generation_s > 0 else None


def _is_simulated(features: object) -> bool:
    return isinstance(features, dict) and features.get("simulated") is True


def _running(runtime: Runtime, now: float) -> tuple[RequestRecord, ...]:
    newest_first = islice(reversed(runtime.running.values()), MAX_RUNNING)
    return tuple(trip.record(now) for trip in newest_first)


def _series(runtime: Runtime, now: float, wall: float) -> tuple[SeriesPoint, ...]:
    """Every slice of the window since the start, quiet ones included, so that the axis has no holes."""
    runtime.track.roll(now)
    known = {item.index: item for item in (*runtime.track.closed(), runtime.track.current())}
    newest = int(now // SLICE_S)
    oldest = max(newest - SLICES + 1, int(runtime.started // SLICE_S))
    offset = wall - now
    return tuple(_point(index, known.get(index), offset) for index in range(oldest, newest + 1))


def _point(index: int, item: ClosedSlice | None, offset: float) -> SeriesPoint:
    at = index * SLICE_S + offset
    if item is None:
        return SeriesPoint(at, 0, 0)
    return SeriesPoint(at, item.requests, item.errors, item.ttft, item.total)


def _alerts(
    runtime: Runtime, generation: Generation, wall: float, about_config: Alert | None, shared: SharedView | None
) -> Iterator[Alert]:
    """What somebody should know, derived from the state itself: an alert ends when its cause does."""
    if generation.refused is not None:
        yield Alert(
            "config:refused",
            AlertLevel.CRITICAL,
            wall,
            f"the configuration was refused: {generation.refused}",
            "press c to see where, mend the file and start again",
        )
    if about_config is not None:
        yield about_config
    if shared is not None and not shared.up:
        yield Alert(
            "redis:down",
            AlertLevel.WARNING,
            shared.since,
            f"Redis at {shared.address} is not there: {shared.reason}",
            "this gateway goes on by itself: cache, budgets, limits and places are its own until it is back",
        )
    for name in generation.upstreams:
        yield from _provider_alerts(name, runtime.provider(name), generation)


def _provider_alerts(name: str, state: ProviderState, generation: Generation) -> Iterator[Alert]:
    barred = generation.table.providers[name].barred
    health, reason = standing(state)
    match health:
        case _ if barred is not None:
            text = f"{name} is off: {barred}"
            yield Alert(f"provider:{name}:barred", AlertLevel.INFO, state.since, text, provider=name)
        case Health.UNAVAILABLE:
            # What was never up is not an incident: it may just not have been started.
            level = AlertLevel.CRITICAL if state.was_well else AlertLevel.WARNING
            text = f"{name} is unavailable: {reason.rstrip('.')}"
            hint = "requests go to the next candidate; r checks again now"
            yield Alert(f"provider:{name}:unavailable", level, state.since, text, hint, name)
        case Health.AUTH_FAILED:
            hint = f"check its key ({', '.join(generation.config.providers[name].key_variables) or 'api_key'})"
            text = f"{name} refuses our key"
            yield Alert(f"provider:{name}:auth", AlertLevel.CRITICAL, state.since, text, hint, name)
        case Health.DEGRADED:
            text = f"{name} is degraded: {reason}"
            yield Alert(f"provider:{name}:degraded", AlertLevel.WARNING, state.since, text, "", name)
        case Health.COOLDOWN:
            text = f"{name} is rate limited: it {reason}"
            hint = "requests go to the next candidate until then"
            yield Alert(f"provider:{name}:cooldown", AlertLevel.WARNING, state.since, text, hint, name)
        case Health.DRAINING | Health.DISABLED:
            text = f"{name} is {health}: {reason}"
            hint = f"`ai-dashboard providers enable {name}` has it asked again"
            yield Alert(f"provider:{name}:off", AlertLevel.INFO, state.since, text, hint, name)
        case Health.ACTIVE | Health.CHECKING:
            return
        case _:
            assert_never(health)
