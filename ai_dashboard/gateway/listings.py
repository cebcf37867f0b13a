"""What can be asked for, told in each dialect: `/v1/models` and `/api/tags` and their relatives."""

from collections.abc import Iterator
from typing import Protocol
from urllib.parse import parse_qs, unquote

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError, ModelNotFound
from ai_dashboard.dialects.anthropic import models as anthropic
from ai_dashboard.dialects.google import models as google
from ai_dashboard.dialects.ollama import tags as ollama
from ai_dashboard.dialects.openai import models as openai
from ai_dashboard.gateway.described import described
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.guard import require_json
from ai_dashboard.routing.live import Live
from ai_dashboard.routing.resolve import known_models
from ai_dashboard.routing.table import ModelEntry, Table
from ai_dashboard.transport.http1 import Exchange

JSON = [(b"content-type", b"application/json")]
OURSELVES = "ai-dashboard"
"""Who owns a name that is an alias of ours."""

CAPABILITIES = {"vision": "vision", "tools": "tools", "thinking": "thinking", "embeddings": "embedding"}
"""The features of the configuration that Ollama has a word for."""

PAGES = dict.fromkeys(("limit", "after_id", "before_id"), "for Anthropic's clients")


class AtDesk(Protocol):
    """A gateway, as far as its lists need it."""

    def desk(self) -> Desk: ...


class Listings:
    """The handlers."""

    def __init__(self, gateway: AtDesk) -> None:
        self._gateway = gateway

    @described(JsonObject, query=PAGES)
    async def models(self, exchange: Exchange) -> None:
        """`GET /v1/models`: what can be asked for: in OpenAI's form, in Anthropic's form for those who send its
        version, in Google's for its clients."""
        if _is_google(exchange):
            await self.google_models(exchange)
            return
        names = known_models(*self._known())
        if exchange.header(b"anthropic-version") is not None:
            query = parse_qs(exchange.query)
            page = anthropic.models_object(
                [self._for_anthropic(name) for name in names],
                limit=_limit(query),
                after_id=query.get("after_id", [None])[-1],
                before_id=query.get("before_id", [None])[-1],
            )
            _reply(exchange, page)
            return
        _reply(exchange, openai.all_models([self._for_openai(name, owners) for name, owners in names.items()]))

    @described(JsonObject)
    async def model(self, exchange: Exchange) -> None:
        """`GET /v1/models/{name}`: one model. A name may hold slashes, so everything after `models/` is the name."""
        if _is_google(exchange):
            await self.google_model(exchange)
            return
        name = unquote(exchange.path.partition("models/")[2])
        owners = known_models(*self._known()).get(name)
        if owners is None:
            raise ModelNotFound(f"there is no model {name!r}", hint="GET /v1/models lists all")
        if exchange.header(b"anthropic-version") is not None:
            _reply(exchange, anthropic.model_object(self._for_anthropic(name)))
        else:
            _reply(exchange, self._for_openai(name, owners))

    @described(JsonObject)
    async def google_models(self, exchange: Exchange) -> None:
        """`GET /v1beta/models`: what can be asked for, in Google's form."""
        _reply(exchange, google.models_object([self._for_google(name) for name in known_models(*self._known())]))

    @described(JsonObject)
    async def google_model(self, exchange: Exchange) -> None:
        """`GET /v1beta/models/{name}`: one model, in Google's form."""
        name = unquote(exchange.path.partition("models/")[2])
        if name not in known_models(*self._known()):
            raise ModelNotFound(f"there is no model {name!r}", hint="GET /v1beta/models lists all")
        _reply(exchange, google.model_object(self._for_google(name)))

    @described(JsonObject)
    async def tags(self, exchange: Exchange) -> None:
        """`GET /api/tags`: what can be asked for, in Ollama's form."""
        _reply(exchange, ollama.tags(self._for_ollama()))

    @described(JsonObject)
    async def running(self, exchange: Exchange) -> None:
        """`GET /api/ps`: nothing is known here of what engines hold in memory."""
        _reply(exchange, ollama.running(()))

    @described(JsonObject, body=JsonObject)
    async def show(self, exchange: Exchange) -> None:
        """`POST /api/show`: one model, in Ollama's form."""
        require_json(exchange)
        name = ollama.shown(await exchange.body())
        _reply(exchange, ollama.show(ollama.found(name, self._for_ollama())))

    @described(JsonObject)
    async def version(self, exchange: Exchange) -> None:
        """`GET /api/version`: the version of Ollama whose interface this is."""
        _reply(exchange, ollama.version())

    def _known(self) -> tuple[Table, Live]:
        desk = self._gateway.desk()
        return desk.generation.table, desk.runtime.providers

    def _created(self) -> int:
        """When a model was made nobody tells us: the lists say when this gateway started."""
        runtime = self._gateway.desk().runtime
        return int(runtime.clock.wall() - (runtime.clock.monotonic() - runtime.started))

    def _entry(self, name: str) -> ModelEntry | None:
        table, _ = self._known()
        entries = (provider.models.get(name) for provider in table.providers.values())
        return next((entry for entry in entries if entry is not None), None)

    def _for_openai(self, name: str, owners: tuple[str, ...]) -> JsonObject:
        return openai.one_model(name, owners[0] if owners else OURSELVES, self._created())

    def _for_anthropic(self, name: str) -> anthropic.Listed:
        entry = self._entry(name)
        return anthropic.Listed(name, self._created(), entry.context_length if entry else None)

    def _for_google(self, name: str) -> google.Listed:
        entry = self._entry(name)
        return google.Listed(name, context_length=entry.context_length if entry else None)

    def _for_ollama(self) -> Iterator[ollama.Listed]:
        configured = self._gateway.desk().generation.config.providers
        for name, owners in known_models(*self._known()).items():
            provider = configured.get(owners[0]) if owners else None
            model = next((it for it in provider.models if it.name == name), None) if provider else None
            features = (CAPABILITIES[it] for it in (model.supports if model else ()) if it in CAPABILITIES)
            yield ollama.Listed(
                name,
                owners[0] if owners else OURSELVES,
                context_length=model.context_length if model else None,
                parameters=model.size if model else "",
                quantization=model.quantization if model else "",
                modified_at=self._created(),
                capabilities=("completion", *features),
            )


def _is_google(exchange: Exchange) -> bool:
    """Whether Google's client asks, which uses `/v1` like everybody else."""
    return exchange.header(b"x-goog-api-client") is not None


def _limit(query: dict[str, list[str]]) -> int:
    text = query.get("limit", [str(anthropic.PAGE)])[-1]
    if not text.isdecimal():
        raise CallerError(f"`limit` is {text[:40]!r}, not a whole number")
    return int(text[:9])


def _reply(exchange: Exchange, body: JsonObject) -> None:
    exchange.reply(200, JSON, orjson.dumps(body))
