"""What is answered where. Heads are judged here, in one place, before a handler sees a request."""

from typing import Protocol
from urllib.parse import parse_qs, unquote

from ai_dashboard.core.chat import Form
from ai_dashboard.core.errors import CallerError, GatewayError, MethodNotAllowed, NotFound
from ai_dashboard.gateway.admin import AdminApi, Controlled
from ai_dashboard.gateway.batch import Batch
from ai_dashboard.gateway.config_api import ConfigApi, Configured
from ai_dashboard.gateway.counting import Counting
from ai_dashboard.gateway.entrances import ENTRANCES, Entrance
from ai_dashboard.gateway.guard import Guard, require_json
from ai_dashboard.gateway.health_page import HealthPage
from ai_dashboard.gateway.insight_api import Inspected, InsightApi
from ai_dashboard.gateway.listings import Listings
from ai_dashboard.gateway.pipeline import Desk, answer, id_headers
from ai_dashboard.gateway.routes import Handler, Route, Routes, Scope
from ai_dashboard.gateway.services import METHODS, PATHS, Services
from ai_dashboard.gateway.unified import Unified
from ai_dashboard.transport.http1 import Exchange

JSON = [(b"content-type", b"application/json")]

ASKS: tuple[tuple[str, Form], ...] = (
    ("/v1/chat/completions", "openai.chat"),
    ("/chat/completions", "openai.chat"),
    ("/v1/completions", "openai.completions"),
    ("/completions", "openai.completions"),
    ("/v1/embeddings", "openai.embeddings"),
    ("/embeddings", "openai.embeddings"),
    ("/v1/responses", "openai.responses"),
    ("/responses", "openai.responses"),
    ("/v1/messages", "anthropic.messages"),
    ("/api/chat", "ollama.chat"),
    ("/api/generate", "ollama.generate"),
    ("/api/embed", "ollama.embed"),
    ("/api/embeddings", "ollama.embeddings"),
)
"""Where asks come in whose form the path alone tells."""

GOOGLE_METHODS: dict[str, Form] = {
    "generateContent": "google.generate",
    "streamGenerateContent": "google.generate",
    "embedContent": "google.embed",
    "batchEmbedContents": "google.batch_embed",
}


class Answering(Controlled, Configured, Inspected, Protocol):
    """The gateway as its listener sees it."""

    def desk(self) -> Desk: ...


class GatewayServer:
    """The handler of the gateway's listener."""

    def __init__(self, gateway: Answering, guard: Guard) -> None:
        self._gateway = gateway
        self._guard = guard
        self._counting = Counting(gateway)
        self._routes = Routes(
            [*self._ask_routes(), *_further_routes(gateway), *_list_routes(gateway), *_own_routes(gateway)]
        )

    def _ask_routes(self) -> list[Route]:
        call = Scope.CALL
        asks = [Route("POST", path, call, self._ask(ENTRANCES[form])) for path, form in ASKS]
        return [
            *asks,
            Route("POST", "/v1/messages/count_tokens", call, self._counting.anthropic),
            Route("POST", "/v1beta/models/*", call, self._google),
            Route("POST", "/v1/models/*", call, self._google),
        ]

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
            self._refuse(exchange, error)

    def _refuse(self, exchange: Exchange, error: GatewayError) -> None:
        """What never became a request: told in the dialect that the caller seems to speak."""
        entrance, request_id = _entrance_of(exchange), self._gateway.desk().runtime.new_id()
        headers = [*JSON, *id_headers(entrance, request_id)]
        if error.retry_after_s is not None:
            headers.append((b"retry-after", str(max(1, round(error.retry_after_s))).encode()))
        if isinstance(error, MethodNotAllowed):
            headers.append(self._allow(exchange))
        exchange.reply(entrance.status(error), headers, entrance.error_body(error, request_id))

    def _allow(self, exchange: Exchange) -> tuple[bytes, bytes]:
        methods = self._routes.methods(exchange.path)
        head = ("HEAD",) if "GET" in methods else ()
        return b"allow", ", ".join((*methods, *head, "OPTIONS")).encode()

    def _ask(self, entrance: Entrance) -> Handler:
        desk = self._gateway.desk

        async def handler(exchange: Exchange) -> None:
            require_json(exchange)
            await answer(exchange, desk(), entrance)

        return handler

    async def _google(self, exchange: Exchange) -> None:
        """`POST …/models/{model}:{method}`."""
        require_json(exchange)
        model, _, method = unquote(exchange.path.partition("models/")[2]).rpartition(":")
        if method == "countTokens" and model:
            await self._counting.google(exchange, model)
            return
        form = GOOGLE_METHODS.get(method)
        if form is None or not model:
            raise NotFound(f"there is no {exchange.path}", hint=f"methods are {', '.join(GOOGLE_METHODS)}, countTokens")
        if method == "streamGenerateContent" and parse_qs(exchange.query).get("alt") != ["sse"]:
            raise CallerError("streams are server-sent events here", hint="ask for :streamGenerateContent?alt=sse")
        await answer(exchange, self._gateway.desk(), ENTRANCES[form], model, method)


def _further_routes(gateway: Answering) -> list[Route]:
    """What is asked for in no provider's dialect, or passed on without being read."""
    unified, batch, services, call = Unified(gateway), Batch(gateway), Services(gateway), Scope.CALL
    return [
        Route("POST", "/api/ai/chat", call, unified.chat),
        Route("POST", "/api/ai/generate", call, unified.generate),
        Route("POST", "/v1/chat/batch", call, batch.chat),
        *(Route(method, path, call, services.relay) for path in PATHS for method in METHODS),
    ]


def _list_routes(gateway: Answering) -> list[Route]:
    lists, call = Listings(gateway), Scope.CALL
    return [
        Route("GET", "/v1/models", call, lists.models),
        Route("GET", "/models", call, lists.models),
        Route("GET", "/v1/models/*", call, lists.model),
        Route("GET", "/models/*", call, lists.model),
        Route("GET", "/v1beta/models", call, lists.google_models),
        Route("GET", "/v1beta/models/*", call, lists.google_model),
        Route("GET", "/api/tags", call, lists.tags),
        Route("GET", "/api/ps", call, lists.running),
        Route("POST", "/api/show", call, lists.show),
        Route("GET", "/api/version", call, lists.version),
    ]


def _own_routes(gateway: Answering) -> list[Route]:
    admin, config, page = AdminApi(gateway), ConfigApi(gateway), HealthPage(gateway)
    open_, operator = Scope.OPEN, Scope.ADMIN
    return [
        Route("GET", "/health", open_, page.health),
        Route("GET", "/health/liveliness", open_, page.liveliness),
        Route("GET", "/health/readiness", open_, page.readiness),
        Route("GET", "/api/admin/snapshot", operator, admin.snapshot),
        Route("GET", "/api/admin/requests", operator, admin.requests),
        Route("GET", "/api/admin/requests/*", operator, admin.request),
        Route("POST", "/api/admin/providers/*", operator, admin.operate),
        Route("GET", "/api/admin/route", operator, admin.route),
        Route("GET", "/api/admin/config", operator, admin.config),
        Route("POST", "/api/admin/refresh", operator, admin.refresh),
        *(Route(method, f"/api/admin/config/{name}", operator, handler) for method, name, handler in config.handlers()),
        *(
            Route(method, f"/api/admin/{path}", operator, handler)
            for method, path, handler in InsightApi(gateway).handlers()
        ),
    ]


def _entrance_of(exchange: Exchange) -> Entrance:
    """The dialect of a caller whose request matched nothing or was not let in: by its path, or what its SDK sends."""
    path = exchange.path
    if path.startswith("/v1/messages") or exchange.header(b"anthropic-version") is not None:
        return ENTRANCES["anthropic.messages"]
    if path.startswith("/v1beta/") or (exchange.method == "POST" and path.startswith("/v1/models/")):
        return ENTRANCES["google.generate"]
    if path.startswith("/api/") and not path.startswith(("/api/admin", "/api/ai")):
        return ENTRANCES["ollama.chat"]
    return ENTRANCES["openai.chat"]
