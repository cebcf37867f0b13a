"""The admin API's part that changes the configuration. Refusals say all that was found, conflicts what to do."""

import asyncio
from collections.abc import Iterator
from functools import wraps
from typing import Protocol

from ai_dashboard.config.json_schema import schema_text
from ai_dashboard.core.control import BackupView, Committed, ConfigText, ProposalView
from ai_dashboard.core.errors import CallerError, ConfigRefused
from ai_dashboard.gateway.admin import JSON, Body, query_of, read_body, reply_json
from ai_dashboard.gateway.described import JsonObject, described
from ai_dashboard.gateway.reload import Reloader
from ai_dashboard.gateway.routes import Handler
from ai_dashboard.transport.http1 import Exchange

FILE = {"file": "its name: `providers.yaml`, `model-mappings.yaml` or `gateway.yaml`"}


class Configured(Protocol):
    """The part of a gateway that this API changes."""

    @property
    def reloader(self) -> Reloader: ...


class Propose(Body):
    """`POST …/propose`."""

    file: str
    text: str
    base: str | None = None


class Commit(Body):
    """`POST …/commit`."""

    file: str
    text: str
    base: str
    why: str = ""


class Rollback(Body):
    """`POST …/rollback`."""

    id: str


class ConfigApi:
    """Handlers below `/api/admin/config/`; each answers with the JSON of one dataclass of `core`, field for field."""

    def __init__(self, gateway: Configured) -> None:
        self._gateway = gateway

    def handlers(self) -> Iterator[tuple[str, str, Handler]]:
        """Method, name and handler of each."""
        yield "GET", "text", self._text
        yield "GET", "schema", _telling(self._schema)
        yield "GET", "backups", self._backups
        yield "GET", "backup", _telling(self._backup)
        yield "POST", "propose", _telling(self._propose)
        yield "POST", "commit", _telling(self._commit)
        yield "POST", "rollback", _telling(self._rollback)
        yield "POST", "reload", _telling(self._reload)

    @described(ConfigText, query=FILE, needs=("file",))
    async def _text(self, exchange: Exchange) -> None:
        """`GET …/text?file=`: a file as it is on disk, secrets and all."""
        file = query_of(exchange).get("file")
        if not file:
            raise CallerError("`file` is missing", hint="for example /api/admin/config/text?file=providers.yaml")
        reply_json(exchange, await self._gateway.reloader.text(file))

    @described(tuple[BackupView, ...], query=FILE)
    async def _backups(self, exchange: Exchange) -> None:
        """`GET …/backups?file=`: what was replaced, of one file or of all."""
        reply_json(exchange, await self._gateway.reloader.backups(query_of(exchange).get("file")))

    @described(JsonObject, query=FILE, needs=("file",))
    async def _schema(self, exchange: Exchange) -> None:
        """`GET …/schema?file=`: the JSON Schema of a file, as it is."""
        text = await asyncio.to_thread(schema_text, query_of(exchange).get("file", ""))
        exchange.reply(200, JSON, text.encode())

    @described(ConfigText, query={"id": "of the backup"}, needs=("id",))
    async def _backup(self, exchange: Exchange) -> None:
        """`GET …/backup?id=`: what a file was, secrets and all."""
        reply_json(exchange, await self._gateway.reloader.backup_text(query_of(exchange).get("id", "")))

    @described(ProposalView, body=Propose)
    async def _propose(self, exchange: Exchange) -> None:
        """`POST …/propose`: what a change would mean, nothing of it made."""
        asked = await read_body(exchange, Propose)
        reply_json(exchange, await self._gateway.reloader.propose(asked.file, asked.text, asked.base))

    @described(Committed, body=Commit)
    async def _commit(self, exchange: Exchange) -> None:
        """`POST …/commit`: make a change, and put it in force."""
        asked = await read_body(exchange, Commit)
        reloader, who, where = self._gateway.reloader, _who(exchange), exchange.peer
        made = await reloader.commit(asked.file, asked.text, asked.base, who=who, why=asked.why, where=where)
        reply_json(exchange, made)

    @described(Committed, body=Rollback)
    async def _rollback(self, exchange: Exchange) -> None:
        """`POST …/rollback`: put a backup back; a change like any other."""
        asked = await read_body(exchange, Rollback)
        made = await self._gateway.reloader.rollback(asked.id, who=_who(exchange), where=exchange.peer)
        reply_json(exchange, made)

    @described(dict[str, int])
    async def _reload(self, exchange: Exchange) -> None:
        """`POST …/reload`: take up what is on disk, as SIGHUP does."""
        number = await self._gateway.reloader.reload(who=_who(exchange), where=exchange.peer)
        reply_json(exchange, {"number": number})


def _telling(handler: Handler) -> Handler:
    """A handler whose refusals carry their diagnostics."""

    @wraps(handler)
    async def telling(exchange: Exchange) -> None:
        try:
            await handler(exchange)
        except ConfigRefused as refused:
            error = {"message": refused.message, "type": refused.kind, "code": refused.code}
            reply_json(exchange, {"error": error, "diagnostics": refused.diagnostics}, refused.status)

    return telling


def _who(exchange: Exchange) -> str:
    return f"admin API ({exchange.peer})"
