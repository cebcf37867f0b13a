"""The admin API: what a control centre needs of a gateway that runs elsewhere. Behind the admin token, all of it."""

from dataclasses import replace
from typing import Protocol, TypeVar, get_args
from urllib.parse import parse_qs, unquote

import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ai_dashboard.core.control import ConfigFile, ProviderAction
from ai_dashboard.core.errors import CallerError, NotFound
from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.core.records import RecordPage, RequestRecord
from ai_dashboard.core.snapshot import ProviderView, Snapshot
from ai_dashboard.gateway.auditing import note_change
from ai_dashboard.gateway.described import described
from ai_dashboard.gateway.guard import require_json
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.transport.http1 import Exchange

MAX_PAGE = 5000
_FACTS = TypeAdapter(RouteFacts)
_ACTIONS: tuple[ProviderAction, ...] = get_args(ProviderAction)

JSON = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


class Body(BaseModel):
    """What an operator sends: no field that is not known, and no value of another type than is asked for."""

    model_config = ConfigDict(extra="forbid", strict=True)


B = TypeVar("B", bound=BaseModel)


class Controlled(Protocol):
    """The part of a gateway that this API shows."""

    def snapshot(self) -> Snapshot: ...
    def records(self, after: int, limit: int) -> RecordPage: ...
    def record(self, id_prefix: str) -> RequestRecord: ...
    def operate(self, provider: str, action: ProviderAction) -> ProviderView: ...
    def explain(self, facts: RouteFacts) -> Plan: ...
    @property
    def audit(self) -> Audit | None: ...
    async def config_files(self) -> tuple[ConfigFile, ...]: ...
    async def refresh(self) -> None: ...


class AdminApi:
    """Handlers; each answers with the JSON of one dataclass of `core`, field for field."""

    def __init__(self, gateway: Controlled) -> None:
        self._gateway = gateway

    @described(Snapshot, query={"version": "the one that is known already"}, also={304: "That is the latest."})
    async def snapshot(self, exchange: Exchange) -> None:
        """`GET /api/admin/snapshot`: the latest picture, or 304 when `?version=` is it."""
        latest = self._gateway.snapshot()
        if _number(query_of(exchange), "version", -1) == latest.version:
            exchange.reply(304, [], b"")
            return
        reply_json(exchange, latest)

    @described(RecordPage, query={"after": "the `seq` of the last one that is known", "limit": "how many at most"})
    async def requests(self, exchange: Exchange) -> None:
        """`GET /api/admin/requests?after=&limit=`: the last finished requests, from memory."""
        query = query_of(exchange)
        limit = max(1, min(_number(query, "limit", 500), MAX_PAGE))
        reply_json(exchange, self._gateway.records(max(0, _number(query, "after", 0)), limit))

    @described(RequestRecord, below="{id}")
    async def request(self, exchange: Exchange) -> None:
        """`GET /api/admin/requests/{id}`: one request, by its id or the beginning of it."""
        reply_json(exchange, self._gateway.record(unquote(exchange.path.partition("/requests/")[2])))

    @described(ProviderView, below="{name}/{action}")
    async def operate(self, exchange: Exchange) -> None:
        """`POST /api/admin/providers/{name}/{action}`: enable, disable, drain or reset a provider; how it stands
        then."""
        provider, _, wanted = exchange.path.partition("/providers/")[2].rpartition("/")
        action = next((known for known in _ACTIONS if known == wanted), None)
        if action is None or not provider:
            raise NotFound(f"there is no {exchange.path}", hint=f"POST …/providers/NAME/ and {' or '.join(_ACTIONS)}")
        view = self._gateway.operate(unquote(provider), action)
        await note_change(self._gateway.audit, exchange, f"provider.{action}", view.name, after=view.wish or "")
        reply_json(exchange, view)

    @described(
        Plan,
        query={
            "model": "what is asked for",
            "facts": "all that routing may know, as JSON",
            "tokens": "of the prompt",
            "max_tokens": "for the answer",
            "capability": "what it has to be good at",
            "tenant": "who asks",
            "strategy": "instead of the configured one",
        },
        needs=("model",),
    )
    async def route(self, exchange: Exchange) -> None:
        """`GET /api/admin/route?model=…`: where such a request would go, without sending it. `facts` may hold all that
        routing may know of it, as JSON; the short forms are `tokens`, `max_tokens`, `capability`, `tenant` and
        `strategy`."""
        query = query_of(exchange)
        if not (model := query.get("model")):
            raise CallerError("`model` is missing", hint="for example /api/admin/route?model=llama3.1:8b")
        if (written := query.get("facts")) is not None:
            facts = replace(_facts(written), model=model)
        else:
            facts = RouteFacts(
                model=model,
                capability=query.get("capability"),
                prompt_tokens=max(0, _number(query, "tokens", 0)),
                max_tokens=max(0, _number(query, "max_tokens", 0)),
                tenant=query.get("tenant", ""),
                strategy=query.get("strategy"),
            )
        reply_json(exchange, self._gateway.explain(facts))

    @described(tuple[ConfigFile, ...])
    async def config(self, exchange: Exchange) -> None:
        """`GET /api/admin/config`: the configuration's files as they are on disk, secrets masked."""
        reply_json(exchange, await self._gateway.config_files())

    @described(None, status=204)
    async def refresh(self, exchange: Exchange) -> None:
        """`POST /api/admin/refresh`: check all providers now."""
        await self._gateway.refresh()
        exchange.reply(204, [], b"")


def reply_json(exchange: Exchange, value: object, status: int = 200) -> None:
    """A value of the vocabulary, as JSON."""
    exchange.reply(status, JSON, orjson.dumps(value, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _facts(written: str) -> RouteFacts:
    try:
        return _FACTS.validate_json(written)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise CallerError(f"`facts` cannot be read: {place or 'all of it'}: {first['msg']}") from None


async def read_body(exchange: Exchange, body: type[B]) -> B:
    """What a caller sent, as JSON of this shape. Raises `CallerError` that says which field cannot be read."""
    require_json(exchange)
    try:
        return body.model_validate_json(await exchange.body())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise CallerError(f"the body cannot be read: {place or 'all of it'}: {first['msg']}") from None


def query_of(exchange: Exchange) -> dict[str, str]:
    """The query; of a repeated name the last."""
    return {name: values[-1] for name, values in parse_qs(exchange.query).items()}


def _number(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    try:
        return int(text)
    except ValueError:
        raise CallerError(f"`{name}` is {text!r}, not a whole number") from None
