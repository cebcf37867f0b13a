"""What is answered where. Heads are judged here, in one place, before a handler sees a request."""

from typing import Any, Protocol
from urllib.parse import parse_qs, unquote

import orjson

from ai_dashboard.core.errors import GatewayError, MethodNotAllowed, ModelNotFound
from ai_dashboard.core.snapshot import Health, ProviderView, Snapshot
from ai_dashboard.dialects.openai.errors import error_body
from ai_dashboard.gateway.admin import AdminApi, Controlled
from ai_dashboard.gateway.discretion import without_addresses
from ai_dashboard.gateway.generation import Generation
from ai_dashboard.gateway.guard import Guard, require_json
from ai_dashboard.gateway.pipeline import Desk, answer
from ai_dashboard.gateway.routes import Route, Routes, Scope
from ai_dashboard.routing.resolve import known_models
from ai_dashboard.transport.http1 import Exchange

JSON = [(b"content-type", b"application/json")]
NO_STORE = [*JSON, (b"cache-control", b"no-store")]
WELL = frozenset({Health.ACTIVE, Health.DEGRADED, Health.CHECKING})


class Answering(Controlled, Protocol):
    """The gateway as its listener sees it."""

    @property
    def generation(self) -> Generation: ...
    def desk(self) -> Desk: ...


class GatewayServer:
    """The handler of the gateway's listener."""

    def __init__(self, gateway: Answering, guard: Guard) -> None:
        self._gateway = gateway
        self._guard = guard
        admin = AdminApi(gateway)
        call, open_, operator = Scope.CALL, Scope.OPEN, Scope.ADMIN
        self._routes = Routes(
            [
                Route("POST", "/v1/chat/completions", call, self._chat),
                Route("POST", "/chat/completions", call, self._chat),
                Route("GET", "/v1/models", call, self._models),
                Route("GET", "/models", call, self._models),
                Route("GET", "/v1/models/*", call, self._model),
                Route("GET", "/models/*", call, self._model),
                Route("GET", "/health", open_, self._health),
                Route("GET", "/health/liveliness", open_, self._liveliness),
                Route("GET", "/api/admin/snapshot", operator, admin.snapshot),
                Route("GET", "/api/admin/requests", operator, admin.requests),
                Route("GET", "/api/admin/route", operator, admin.route),
                Route("GET", "/api/admin/config", operator, admin.config),
                Route("POST", "/api/admin/refresh", operator, admin.refresh),
            ]
        )

    async def handle(self, exchange: Exchange) -> None:
        """Answer one request."""
        try:
            if exchange.method == "OPTIONS" and self._routes.methods(exchange.path):
                self._guard.admit(exchange, Scope.OPEN)
                exchange.reply(204, [self._allow(exchange)], b"")
                return
            route = self._routes.match(exchange.method, exchange.path)
            self._guard.admit(exchange, route.scope)
            await route.handler(exchange)
        except GatewayError as error:
            headers = list(JSON)
            if error.retry_after_s is not None:
                headers.append((b"retry-after", str(max(1, round(error.retry_after_s))).encode()))
            if isinstance(error, MethodNotAllowed):
                headers.append(self._allow(exchange))
            exchange.reply(error.status, headers, error_body(error, self._gateway.desk().runtime.new_id()))

    def _allow(self, exchange: Exchange) -> tuple[bytes, bytes]:
        methods = self._routes.methods(exchange.path)
        head = ("HEAD",) if "GET" in methods else ()
        return b"allow", ", ".join((*methods, *head, "OPTIONS")).encode()

    async def _chat(self, exchange: Exchange) -> None:
        require_json(exchange)
        await answer(exchange, self._gateway.desk())

    async def _models(self, exchange: Exchange) -> None:
        """Every name that can be asked for, in OpenAI's form."""
        exchange.reply(200, JSON, orjson.dumps({"object": "list", "data": list(self._listed().values())}))

    async def _model(self, exchange: Exchange) -> None:
        """One of them. A name may hold slashes, so everything after `models/` is the name."""
        name = unquote(exchange.path.partition("models/")[2])
        entry = self._listed().get(name)
        if entry is None:
            raise ModelNotFound(f"there is no model {name!r}", hint="GET /v1/models lists all")
        exchange.reply(200, JSON, orjson.dumps(entry))

    def _listed(self) -> dict[str, dict[str, Any]]:
        desk = self._gateway.desk()
        models = known_models(desk.generation.table, desk.runtime.providers)
        created = int(desk.runtime.clock.wall())
        return {
            name: {
                "id": name,
                "object": "model",
                "created": created,
                "owned_by": providers[0] if providers else "ai-dashboard",
            }
            for name, providers in models.items()
        }

    async def _liveliness(self, exchange: Exchange) -> None:
        """Alive at all, whatever the providers do."""
        exchange.reply(200, NO_STORE, b'{"status":"alive","service":"ai-dashboard"}')

    async def _health(self, exchange: Exchange) -> None:
        """`healthy`, `degraded` (some providers are not well) or `unhealthy` (none is); `?details=true` names them."""
        snapshot = self._gateway.snapshot()
        used = [provider for provider in snapshot.providers if provider.health is not Health.DISABLED]
        well = [provider for provider in used if provider.health in WELL]
        status = "healthy" if len(well) == len(used) and snapshot.config.usable else "degraded" if well else "unhealthy"
        body: dict[str, Any] = {"status": status, "version": snapshot.gateway.version, "providers": len(used)}
        if parse_qs(exchange.query).get("details") == ["true"]:
            body |= _details(snapshot, self._gateway.generation)
        exchange.reply(503 if status == "unhealthy" else 200, NO_STORE, orjson.dumps(body))


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
