"""The admin API's part about events, alerts and who changed what: the gateway's own word on itself."""

from collections.abc import Iterator
from typing import Protocol

from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.logs import AlertAction, AuditTrail, LogEvents
from ai_dashboard.core.snapshot import Alert
from ai_dashboard.gateway.admin import Body, query_of, read_body, reply_json
from ai_dashboard.gateway.described import described
from ai_dashboard.gateway.routes import Handler
from ai_dashboard.transport.http1 import Exchange

USUAL, MOST = 500, 5000
"""Events or entries that are shown when nobody says how many, and at most."""

HOUR = 60.0

MAX_DIGITS = 18


class Telling(Protocol):
    """The part of a gateway that this API shows."""

    def logs(self, after: int, limit: int) -> LogEvents: ...
    async def alert(self, key: str, action: AlertAction, minutes: float, *, who: str, where: str) -> Alert: ...
    async def audit_trail(self, limit: int) -> AuditTrail: ...


class AlertWish(Body):
    """What shall be done about the alert with this `key`; `minutes` count for `silence` alone."""

    key: str
    action: AlertAction
    minutes: float = HOUR


class LogsApi:
    """Handlers below `/api/admin/`."""

    def __init__(self, gateway: Telling) -> None:
        self._gateway = gateway

    def handlers(self) -> Iterator[tuple[str, str, Handler]]:
        """Method, name and handler of each."""
        yield "GET", "logs", self._logs
        yield "POST", "alerts", self._alert
        yield "GET", "audit/trail", self._trail

    @described(LogEvents, query={"after": "the `seq` of the last one that is known", "limit": "how many at most"})
    async def _logs(self, exchange: Exchange) -> None:
        """`GET …/logs?after=&limit=`: what happened last, from memory."""
        query = query_of(exchange)
        limit = max(1, min(_number(query, "limit", USUAL), MOST))
        reply_json(exchange, self._gateway.logs(_number(query, "after", 0), limit))

    @described(Alert, body=AlertWish)
    async def _alert(self, exchange: Exchange) -> None:
        """`POST …/alerts`: take note of an alert, silence it, or open it again; how it is then."""
        wish = await read_body(exchange, AlertWish)
        caller = exchange.caller
        who = caller.key_id if caller is not None else "admin API"
        alert = await self._gateway.alert(wish.key, wish.action, wish.minutes, who=who, where=exchange.peer)
        reply_json(exchange, alert)

    @described(AuditTrail, query={"limit": "how many entries at most"})
    async def _trail(self, exchange: Exchange) -> None:
        """`GET …/audit/trail?limit=`: the newest entries of the audit log, and whether all of it is whole."""
        reply_json(exchange, await self._gateway.audit_trail(_number(query_of(exchange), "limit", USUAL)))


def _number(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise CallerError(f"`{name}` is {text[:40]!r}, not a whole number")
    return int(text)
