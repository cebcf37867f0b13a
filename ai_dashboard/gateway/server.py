"""What is answered where. Heads are judged here, in one place, before a handler sees a request."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from ai_dashboard.core.chat import Form
from ai_dashboard.core.errors import CallerError, GatewayError, MethodNotAllowed, NotFound
from ai_dashboard.gateway.batch import Batch
from ai_dashboard.gateway.counting import Counting
from ai_dashboard.gateway.described import EVENTS, LINES, JsonObject, described
from ai_dashboard.gateway.described import JSON as JSON_MEDIA
from ai_dashboard.gateway.entrances import ENTRANCES, Entrance
from ai_dashboard.gateway.guard import Guard, require_json
from ai_dashboard.gateway.health_page import HealthPage
from ai_dashboard.gateway.listings import Listings
from ai_dashboard.gateway.metrics_page import MetricsPage
from ai_dashboard.gateway.on_record import error_headers, id_headers
from ai_dashboard.gateway.pipeline import answer
from ai_dashboard.gateway.routes import Handler, Route, Routes, Scope
from ai_dashboard.gateway.services import METHODS, PATHS, Services
from ai_dashboard.gateway.turned_away import TurnedAway
from ai_dashboard.gateway.unified import Unified
from ai_dashboard.transport.http1 import Exchange

if TYPE_CHECKING:
    from ai_dashboard.gateway.own_routes import Governed

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

ALT = {"alt": "`sse`, which streams need"}


class GatewayServer:
    """The handler of the gateway's listener."""

    def __init__(self, gateway: "Governed", guard: Guard) -> None:
        self._gateway = gateway
        self._guard = guard
        self._counting = Counting(gateway)
        self._turned_away = TurnedAway()
        self.routes = Routes(
            [*self._ask_routes(), *_further_routes(gateway), *_list_routes(gateway), *_health_routes(gateway)],
            self._own_routes,
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

    def _own_routes(self) -> list[Route]:
        """The admin API, and its description. What they need is imported here: whoever starts does not wait for it."""
        from ai_dashboard.gateway.openapi import OpenApi
        from ai_dashboard.gateway.own_routes import own_routes

        api = OpenApi(lambda: self.routes.all)
        document = Route("GET", "/api/admin/openapi.json", Scope.ADMIN, api.document)
        return [*own_routes(self._gateway), document]

    async def handle(self, exchange: Exchange) -> None:
        """Answer one request."""
        scope = Scope.OPEN
        try:
            if exchange.method == "OPTIONS" and self.routes.methods(exchange.path):
                self._guard.admit(exchange, Scope.OPEN)
                exchange.reply(204, [self._allow(exchange)], b"")
                return
            route = self.routes.match(exchange.method, exchange.path)
            scope = route.scope
            self._guard.admit(exchange, scope)
            await route.handler(exchange)
        except GatewayError as error:
            self._refuse(exchange, error, scope)

    def _refuse(self, exchange: Exchange, error: GatewayError, scope: Scope) -> None:
        """What never became a request: told in the dialect that the caller seems to speak."""
        entrance, desk = _entrance_of(exchange), self._gateway.desk()
        request_id = desk.runtime.new_id()
        if scope is Scope.CALL:
            self._turned_away.note(exchange, error, entrance, request_id, desk.runtime, desk.keeping)
        headers = [*JSON, *id_headers(entrance, request_id)]
        headers += error_headers(error)
        if isinstance(error, MethodNotAllowed):
            headers.append(self._allow(exchange))
        exchange.reply(entrance.status(error), headers, entrance.error_body(error, request_id))

    def _allow(self, exchange: Exchange) -> tuple[bytes, bytes]:
        methods = self.routes.methods(exchange.path)
        head = ("HEAD",) if "GET" in methods else ()
        return b"allow", ", ".join((*methods, *head, "OPTIONS")).encode()

    def _ask(self, entrance: Entrance) -> Handler:
        desk = self._gateway.desk

        media = LINES if entrance.dialect == "ollama" else EVENTS
        said = f"An ask, and its answer or stream, in the form `{entrance.form}`."

        @described(JsonObject, body=JsonObject, media=(JSON_MEDIA, media), text=said)
        def handler(exchange: Exchange) -> Awaitable[None]:
            require_json(exchange)
            return answer(exchange, desk(), entrance)

        return handler

    @described(JsonObject, body=JsonObject, media=(JSON_MEDIA, EVENTS), query=ALT, below="{model}:{method}")
    async def _google(self, exchange: Exchange) -> None:
        """`POST …/models/{model}:{method}`: an ask, and its answer or stream, in Google's form."""
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


def _further_routes(gateway: "Governed") -> list[Route]:
    """What is asked for in no provider's dialect, or passed on without being read."""
    unified, batch, services, call = Unified(gateway), Batch(gateway), Services(gateway), Scope.CALL
    return [
        Route("POST", "/api/ai/chat", call, unified.chat),
        Route("POST", "/api/ai/generate", call, unified.generate),
        Route("POST", "/v1/chat/batch", call, batch.chat),
        *(Route(method, path, call, services.relay) for path in PATHS for method in METHODS),
    ]


def _list_routes(gateway: "Governed") -> list[Route]:
    lists, read = Listings(gateway), Scope.READ
    return [
        Route("GET", "/v1/models", read, lists.models),
        Route("GET", "/models", read, lists.models),
        Route("GET", "/v1/models/*", read, lists.model),
        Route("GET", "/models/*", read, lists.model),
        Route("GET", "/v1beta/models", read, lists.google_models),
        Route("GET", "/v1beta/models/*", read, lists.google_model),
        Route("GET", "/api/tags", read, lists.tags),
        Route("GET", "/api/ps", read, lists.running),
        Route("POST", "/api/show", read, lists.show),
        Route("GET", "/api/version", read, lists.version),
    ]


def _health_routes(gateway: "Governed") -> list[Route]:
    """How it is: open to anybody, and in figures to whoever may read."""
    page = HealthPage(gateway)
    return [
        Route("GET", "/health", Scope.OPEN, page.health),
        Route("GET", "/health/liveliness", Scope.OPEN, page.liveliness),
        Route("GET", "/health/readiness", Scope.OPEN, page.readiness),
        Route("GET", "/metrics", Scope.READ, MetricsPage(gateway).metrics),
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
