"""The door to a gateway anywhere else: the same typed values, read from the admin API's JSON."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import quote

import httpx
import orjson
from pydantic import TypeAdapter, ValidationError

from ai_dashboard.control.asking import ask
from ai_dashboard.control.replay import replay
from ai_dashboard.core.cache import CacheView, Expired, Invalidated
from ai_dashboard.core.control import (
    BackupView,
    Committed,
    ConfigFile,
    ConfigText,
    PortClosed,
    ProposalView,
    ProviderAction,
    Replayed,
)
from ai_dashboard.core.costs import CostsView, Dimension, budget_problem
from ai_dashboard.core.diagnostics import Diagnostic
from ai_dashboard.core.errors import (
    AlertNotFound,
    CallerError,
    ConfigConflict,
    ConfigNotWritten,
    ConfigRefused,
    GatewayError,
    LedgerUnavailable,
    ModelNotFound,
    OffInConfig,
    ProviderNotFound,
    RecordNotFound,
    UnknownResidency,
)  # fmt: skip
from ai_dashboard.core.history import HistoryView, ProviderDetail, SeriesKey, ServiceAction, ServiceView, Window
from ai_dashboard.core.logs import AlertAction, AuditTrail, LogEvents
from ai_dashboard.core.models import ModelList
from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.core.playground import Question, Told
from ai_dashboard.core.queue import ExpiredRequests, QueueView
from ai_dashboard.core.records import RecordPage, RequestRecord
from ai_dashboard.core.request_log import LoggedRequest
from ai_dashboard.core.snapshot import Alert, ProviderView, Snapshot

T = TypeVar("T")

TIMEOUT = httpx.Timeout(5.0, connect=2.0)
CONFIG_TIMEOUT = httpx.Timeout(30.0, connect=2.0)
REFRESH_TIMEOUT = httpx.Timeout(60.0, connect=2.0)

_SNAPSHOT = TypeAdapter(Snapshot)
_RECORDS = TypeAdapter(RecordPage)
_RECORD = TypeAdapter(RequestRecord)
_PROVIDER = TypeAdapter(ProviderView)
_HISTORY = TypeAdapter(HistoryView)
_LOGGED = TypeAdapter(LoggedRequest)
_DETAIL = TypeAdapter(ProviderDetail)
_SERVICE = TypeAdapter(ServiceView)
_EVENTS = TypeAdapter(LogEvents)
_ALERT = TypeAdapter(Alert)
_TRAIL = TypeAdapter(AuditTrail)
_PLAN = TypeAdapter(Plan)
_CACHE = TypeAdapter(CacheView)
_QUEUE = TypeAdapter(QueueView)
_INVALIDATED = TypeAdapter(Invalidated)
_EXPIRED = TypeAdapter(Expired)
_EXPIRED_REQUESTS = TypeAdapter(ExpiredRequests)
_COSTS = TypeAdapter(CostsView)
_MODELS = TypeAdapter(ModelList)
_FACTS = TypeAdapter(RouteFacts)
_FILES = TypeAdapter(tuple[ConfigFile, ...])
_TEXT = TypeAdapter(ConfigText)
_PROPOSAL = TypeAdapter(ProposalView)
_COMMITTED = TypeAdapter(Committed)
_BACKUPS = TypeAdapter(tuple[BackupView, ...])
_DIAGNOSTICS = TypeAdapter(tuple[Diagnostic, ...])

_TOLD: Mapping[str, type[GatewayError]] = MappingProxyType({
    kind.code: kind
    for kind in (
        AlertNotFound, CallerError, ConfigConflict, ConfigNotWritten, LedgerUnavailable, ModelNotFound, OffInConfig,
        ProviderNotFound, RecordNotFound, UnknownResidency,
    )
})  # fmt: skip
"""What a gateway in this process would raise, by what one elsewhere says."""


class NoSuchPath(PortClosed):
    """What answers does not know the path: no gateway, or one that has switched off what is asked for."""


class RemotePort:
    """`core.control.ControlPort` over HTTP. `url` is the gateway's address, `token` its admin token, `socket` the unix
    socket to reach it by instead of the network.

    Raises `PortClosed` at once for a `url` that is none.
    """

    def __init__(self, url: str, token: str | None, *, socket: Path | None = None) -> None:
        self._url = url.rstrip("/")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        # The address is the operator's own word; a proxy of the environment is for the world outside.
        way = httpx.AsyncHTTPTransport(uds=str(socket)) if socket else None
        try:
            self._http = httpx.AsyncClient(
                base_url=self._url, headers=headers, timeout=TIMEOUT, trust_env=False, transport=way
            )
        except httpx.InvalidURL:
            raise PortClosed(f"{url} is not an address; it looks like http://127.0.0.1:4000") from None
        self._last: Snapshot | None = None

    async def snapshot(self) -> Snapshot:
        query = {"version": str(self._last.version)} if self._last else {}
        reply = await self._ask("GET", "/api/admin/snapshot", query)
        if reply.status_code == httpx.codes.NOT_MODIFIED and self._last is not None:
            return self._last
        self._last = self._parsed(_SNAPSHOT, reply)
        return self._last

    async def records(self, after: int, limit: int = 500) -> RecordPage:
        query = {"after": str(after), "limit": str(limit)}
        return self._parsed(_RECORDS, await self._ask("GET", "/api/admin/requests", query))

    async def record(self, id_prefix: str) -> RequestRecord:
        return self._parsed(_RECORD, await self._ask("GET", f"/api/admin/requests/{quote(id_prefix, safe='')}", {}))

    async def replay(self, request_id: str, model: str = "") -> Replayed:
        try:
            found = await self._ask("GET", f"/api/admin/log/{quote(request_id, safe='')}", {})
        except NoSuchPath:
            raise CallerError("this gateway keeps no request log, which alone knows what was asked") from None
        logged = self._parsed(_LOGGED, found)
        try:
            return await replay(self._http, logged, model)
        except httpx.RequestError as error:
            raise PortClosed(f"{self._url} did not answer to the end: {str(error) or type(error).__name__}") from None

    async def ask(self, question: Question) -> AsyncGenerator[Told, None]:
        async with aclosing(ask(self._http, question, self.record)) as telling:
            async for told in telling:
                yield told

    async def models(self) -> ModelList:
        return self._parsed(_MODELS, await self._ask("GET", "/api/admin/models", {}))

    async def operate(self, provider: str, action: ProviderAction) -> ProviderView:
        path = f"/api/admin/providers/{quote(provider, safe='')}/{action}"
        return self._parsed(_PROVIDER, await self._ask("POST", path, {}))

    async def explain(self, facts: RouteFacts) -> Plan:
        query = {"model": facts.model, "facts": _FACTS.dump_json(facts, exclude_defaults=True).decode()}
        return self._parsed(_PLAN, await self._ask("GET", "/api/admin/route", query))

    async def history(self, window: Window, shown: Sequence[SeriesKey] = ()) -> HistoryView:
        series = orjson.dumps([[key.provider, key.model] for key in shown]).decode()
        query = {"window": window.value, "series": series}
        return self._parsed(_HISTORY, await self._ask("GET", "/api/admin/history", query))

    async def cache(self, window: Window) -> CacheView:
        return self._parsed(_CACHE, await self._ask("GET", "/api/admin/cache/history", {"window": window.value}))

    async def queue(self, window: Window) -> QueueView:
        return self._parsed(_QUEUE, await self._ask("GET", "/api/admin/queue/history", {"window": window.value}))

    async def invalidate(self, model: str | None = None) -> Invalidated:
        body = orjson.dumps({"all": True} if model is None else {"model": model})
        reply = await self._ask("POST", "/api/admin/cache/invalidate", {}, body, patience=REFRESH_TIMEOUT)
        return self._parsed(_INVALIDATED, reply)

    async def clear_expired(self) -> tuple[Expired, ExpiredRequests]:
        entries = self._parsed(_EXPIRED, await self._ask("POST", "/api/admin/cache/clear-expired", {}))
        requests = await self._ask("POST", "/api/admin/queue/clear-expired", {})
        return entries, self._parsed(_EXPIRED_REQUESTS, requests)

    async def provider(self, name: str) -> ProviderDetail:
        return self._parsed(_DETAIL, await self._ask("GET", f"/api/admin/providers/{quote(name, safe='')}", {}))

    async def service(self, provider: str, action: ServiceAction | None = None) -> ServiceView:
        path = f"/api/admin/services/{quote(provider, safe='')}"
        if action is None:
            return self._parsed(_SERVICE, await self._ask("GET", path, {}, patience=CONFIG_TIMEOUT))
        return self._parsed(_SERVICE, await self._ask("POST", f"{path}/{action}", {}, patience=REFRESH_TIMEOUT))

    async def costs(self, by: Dimension, since: str) -> CostsView:
        return self._parsed(_COSTS, await self._ask("GET", "/api/admin/costs/view", {"by": by, "since": since}))

    async def set_budget(self, limit: float | None) -> None:
        if problem := budget_problem(limit):
            raise CallerError(problem)  # what is no number would be written as null, which means something else
        await self._ask("POST", "/api/admin/budget", {}, orjson.dumps({"budget_limit": limit}))

    async def logs(self, after: int, limit: int = 500) -> LogEvents:
        query = {"after": str(after), "limit": str(limit)}
        return self._parsed(_EVENTS, await self._ask("GET", "/api/admin/logs", query))

    async def alert(self, key: str, action: AlertAction, minutes: float = 60.0) -> Alert:
        wish = orjson.dumps({"key": key, "action": action, "minutes": minutes})
        return self._parsed(_ALERT, await self._ask("POST", "/api/admin/alerts", {}, wish))

    async def audit(self, limit: int = 500) -> AuditTrail:
        reply = await self._ask("GET", "/api/admin/audit/trail", {"limit": str(limit)}, patience=CONFIG_TIMEOUT)
        return self._parsed(_TRAIL, reply)

    async def config_files(self) -> tuple[ConfigFile, ...]:
        return self._parsed(_FILES, await self._ask("GET", "/api/admin/config", {}))

    async def config_text(self, file: str) -> ConfigText:
        return self._parsed(_TEXT, await self._ask("GET", "/api/admin/config/text", {"file": file}))

    async def propose(self, file: str, text: str, base: str | None = None) -> ProposalView:
        return self._parsed(_PROPOSAL, await self._tell("propose", {"file": file, "text": text, "base": base}))

    async def commit(self, file: str, text: str, base: str, why: str) -> Committed:
        change = {"file": file, "text": text, "base": base, "why": why}
        return self._parsed(_COMMITTED, await self._tell("commit", change))

    async def config_schema(self, file: str) -> str:
        return (await self._ask("GET", "/api/admin/config/schema", {"file": file})).text

    async def backups(self, file: str | None = None) -> tuple[BackupView, ...]:
        query = {} if file is None else {"file": file}
        return self._parsed(_BACKUPS, await self._ask("GET", "/api/admin/config/backups", query))

    async def backup_text(self, backup_id: str) -> ConfigText:
        return self._parsed(_TEXT, await self._ask("GET", "/api/admin/config/backup", {"id": backup_id}))

    async def rollback(self, backup_id: str) -> Committed:
        return self._parsed(_COMMITTED, await self._tell("rollback", {"id": backup_id}))

    async def refresh(self) -> None:
        await self._ask("POST", "/api/admin/refresh", {}, patience=REFRESH_TIMEOUT)

    async def close(self) -> None:
        await self._http.aclose()

    async def _tell(self, what: str, body: Mapping[str, str | None]) -> httpx.Response:
        try:
            content = orjson.dumps(body)
        except orjson.JSONEncodeError:
            raise ConfigRefused("the text holds half a character, which no file can") from None
        return await self._ask("POST", f"/api/admin/config/{what}", {}, content, patience=CONFIG_TIMEOUT)

    async def _ask(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        content: bytes | None = None,
        *,
        patience: httpx.Timeout = TIMEOUT,
    ) -> httpx.Response:
        headers = {} if content is None else {"content-type": "application/json"}
        try:
            reply = await self._http.request(
                method, path, params=query, content=content, headers=headers, timeout=patience
            )
        except httpx.RequestError as error:
            why = str(error) or type(error).__name__
            raise PortClosed(f"no gateway answers at {self._url} ({why}); is `ai-dashboard serve` running?") from None
        if reply.status_code == httpx.codes.UNAUTHORIZED:
            raise PortClosed(
                f"{self._url} wants its admin token: set AI_DASHBOARD_ADMIN_KEY to what its state folder holds"
            )
        if reply.status_code >= 400 and (refused := _refusal(reply)) is not None:
            raise refused
        if reply.status_code == httpx.codes.NOT_FOUND:
            raise NoSuchPath(f"what answers at {self._url} is no ai-dashboard gateway")
        if reply.status_code >= 400:
            raise PortClosed(f"{self._url}{path} answered {reply.status_code}: {_message(reply)}")
        return reply

    def _parsed(self, adapter: TypeAdapter[T], reply: httpx.Response) -> T:
        try:
            return adapter.validate_json(reply.content)
        except ValidationError:
            raise PortClosed(f"what answers at {self._url} is no gateway of this version") from None


def _refusal(reply: httpx.Response) -> GatewayError | None:
    """The gateway's own word on why it does not do what was asked; None for any other reply."""
    try:
        document = reply.json()
        code, message = str(document["error"]["code"]), str(document["error"]["message"])
        if code == ConfigRefused.code:
            return ConfigRefused(message, _DIAGNOSTICS.validate_python(document.get("diagnostics", [])))
    except (ValueError, KeyError, TypeError):
        return None
    return _TOLD[code](message) if code in _TOLD else None


def _message(reply: httpx.Response) -> str:
    try:
        return str(reply.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return reply.text[:200]
