"""`/health` and its siblings: how the gateway is, for load balancers and for people."""

from typing import Any, Protocol
from urllib.parse import parse_qs

import orjson

from ai_dashboard.core.snapshot import Health, ProviderView, Snapshot
from ai_dashboard.gateway.described import JsonObject, described
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.discretion import without_addresses
from ai_dashboard.gateway.generation import Generation
from ai_dashboard.transport.http1 import Exchange

NO_STORE = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
WELL = frozenset({Health.ACTIVE, Health.DEGRADED, Health.CHECKING})


class Watched(Protocol):
    """A gateway, as far as these pages need it."""

    def snapshot(self) -> Snapshot: ...
    def desk(self) -> Desk: ...


class HealthPage:
    """The handlers. They ask nobody: what they tell is the last picture."""

    def __init__(self, gateway: Watched) -> None:
        self._gateway = gateway

    @described(dict[str, str])
    async def liveliness(self, exchange: Exchange) -> None:
        """Alive at all, whatever the providers do."""
        exchange.reply(200, NO_STORE, b'{"status":"alive","service":"ai-dashboard"}')

    @described(JsonObject, also={503: "It is not ready, and says why."})
    async def readiness(self, exchange: Exchange) -> None:
        """Whether requests should be sent here: a configuration is in force, and we are not shutting down."""
        snapshot = self._gateway.snapshot()
        ready = snapshot.config.usable and not snapshot.gateway.draining
        reason = "" if ready else "shutting down" if snapshot.gateway.draining else "the configuration was refused"
        exchange.reply(200 if ready else 503, NO_STORE, orjson.dumps({"ready": ready, "reason": reason}))

    @described(JsonObject, query={"details": "`true`: name the providers"}, also={503: "No provider is well."})
    async def health(self, exchange: Exchange) -> None:
        """How it is: `healthy`, `degraded` (some providers are not well, or the Redis that is shared is not
        there) or `unhealthy` (no provider is); `?details=true` names them. Whom the operator has drained or disabled is
        not counted, unless nobody else is left."""
        snapshot = self._gateway.snapshot()
        status, used = _judged(snapshot)
        body: dict[str, Any] = {"status": status, "version": snapshot.gateway.version, "providers": used}
        if snapshot.shared is not None:
            body["redis"] = "up" if snapshot.shared.up else "down"
        if parse_qs(exchange.query).get("details") == ["true"]:
            body |= _details(snapshot, self._gateway.desk().generation)
        exchange.reply(503 if status == "unhealthy" else 200, NO_STORE, orjson.dumps(body))


def _judged(snapshot: Snapshot) -> tuple[str, int]:
    """How the gateway is, and how many providers are in use."""
    on = [provider for provider in snapshot.providers if provider.wish or provider.health is not Health.DISABLED]
    used = [provider for provider in on if provider.wish is None]
    well = [provider for provider in used if provider.health in WELL]
    if not snapshot.config.usable or (on and not well):
        return "degraded" if well else "unhealthy", len(used)
    lost = snapshot.shared is not None and not snapshot.shared.up
    return "healthy" if len(well) == len(used) and not lost else "degraded", len(used)


def _details(snapshot: Snapshot, generation: Generation) -> dict[str, Any]:
    gateway = snapshot.gateway
    return {
        "uptime_s": round(gateway.uptime_s, 1),
        "in_flight": gateway.in_flight,
        "requests": gateway.requests,
        "failures": gateway.failures,
        "fallbacks": gateway.fallbacks,
        "config": snapshot.config.number,
        "simulated": gateway.simulated,
        "details": {provider.name: _provider(provider, generation) for provider in snapshot.providers},
    }


def _provider(provider: ProviderView, generation: Generation) -> dict[str, Any]:
    return {
        "status": provider.health,
        "wish": provider.wish,
        "reason": without_addresses(provider.reason, generation),
        "type": provider.kind,
        "models": len(provider.models),
        "in_flight": provider.in_flight,
        "p50_ms": _ms(provider.total.p50),
        "p95_ms": _ms(provider.total.p95),
        "error_ratio": provider.error_ratio,
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
