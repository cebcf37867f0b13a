"""The admin API's part about who changed what."""

import asyncio
from collections.abc import Iterator
from typing import Protocol

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError, NotFound
from ai_dashboard.gateway.admin import query_of, reply_json
from ai_dashboard.gateway.described import described
from ai_dashboard.gateway.routes import Handler
from ai_dashboard.telemetry.audit import Audit, Entry
from ai_dashboard.transport.http1 import Exchange

USUAL, MOST = 50, 1000
"""Entries that are shown when nobody says how many, and at most."""


class Audited(Protocol):
    """The part of a gateway that this API shows."""

    @property
    def audit(self) -> Audit | None: ...


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, oldest first."""

    entries: tuple[Entry, ...]


class AuditApi:
    """Handlers below `/api/admin/`."""

    def __init__(self, gateway: Audited) -> None:
        self._gateway = gateway

    def handlers(self) -> Iterator[tuple[str, str, Handler]]:
        """Method, name and handler of each."""
        yield "GET", "audit", self._newest

    @described(AuditPage, query={"limit": f"how many, at most {MOST}"})
    async def _newest(self, exchange: Exchange) -> None:
        """`GET …/audit?limit=`: who changed what: the newest entries, oldest first."""
        audit = self._gateway.audit
        if audit is None:
            raise NotFound("this gateway keeps no audit log", hint="a demo keeps none")
        said = query_of(exchange).get("limit", str(USUAL))
        if not said.isdecimal() or not 0 < int(said) <= MOST:
            raise CallerError(f"`limit` is {said[:40]!r}, not a whole number from 1 to {MOST}")
        reply_json(exchange, AuditPage(tuple(await asyncio.to_thread(audit.newest, int(said)))))
