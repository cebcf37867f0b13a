"""The admin API's part about the request log: what happened long ago, or before the last start."""

from collections.abc import Iterator
from typing import Protocol
from urllib.parse import unquote

from ai_dashboard.core.clock import Clock
from ai_dashboard.core.errors import CallerError, NotFound
from ai_dashboard.core.records import RecordPage
from ai_dashboard.core.request_log import LoggedRequest, LogPage, LogState
from ai_dashboard.gateway.admin import query_of, reply_json
from ai_dashboard.gateway.described import described
from ai_dashboard.gateway.routes import Handler
from ai_dashboard.telemetry.log_reader import DEFAULT_ROWS, LogReader, Question
from ai_dashboard.telemetry.request_filter import read_filter, since
from ai_dashboard.transport.http1 import Exchange

ABOUT_THE_LOG = frozenset({"since", "until", "filter", "before"})
"""Questions that only the log answers; the last requests alone are asked for without them."""

MOMENT = "such as 1h, 7d, 2026-11-21 or 2026-11-21T13:00 (UTC)"
QUERY = {
    "since": MOMENT,
    "until": MOMENT,
    "filter": "words, all of which have to hold, as in `status:>=400 model:qwen*`",
    "after": "the number of the last row that is known",
    "before": "the number of the first row that is known",
    "limit": "how many at most",
    "whole": "1: with plans and bodies",
}


class Log(Protocol):
    """A request log, whatever it is fed with."""

    @property
    def enabled(self) -> bool: ...
    async def written(self) -> None: ...
    async def state(self) -> LogState: ...


class LogApi:
    """Handlers below `/api/admin/`. `recent` answers what is asked of the requests that are in memory."""

    def __init__(self, log: Log, reader: LogReader, clock: Clock, recent: Handler) -> None:
        self._log = log
        self._reader = reader
        self._clock = clock
        self._recent = recent

    def handlers(self) -> Iterator[tuple[str, str, Handler]]:
        """Method, name and handler of each."""
        yield "GET", "requests", self._requests
        yield "GET", "log", self._page
        yield "GET", "log/state", self._state
        yield "GET", "log/*", self._one

    @described(RecordPage | LogPage, query=QUERY)
    async def _requests(self, exchange: Exchange) -> None:
        """`GET …/requests`: the last finished requests, from memory; of the log where something is asked
        that only the log knows."""
        if ABOUT_THE_LOG.isdisjoint(query_of(exchange)):
            await self._recent(exchange)
        else:
            await self._page(exchange)

    @described(LogPage, query=QUERY)
    async def _page(self, exchange: Exchange) -> None:
        """`GET …/log?since=&until=&filter=&after=&before=&limit=&whole=`: rows of the request log, oldest
        first; the newest without `after`. `whole` has plans and bodies, too."""
        self._check()
        query, now = query_of(exchange), self._clock.wall()
        question = Question(
            since=since(query["since"], now) if "since" in query else None,
            until=since(query["until"], now) if "until" in query else None,
            where=read_filter(query.get("filter", "")),
            after=_number(query, "after"),
            before=_number(query, "before"),
            limit=_number(query, "limit") or DEFAULT_ROWS,
            whole=query.get("whole") in {"1", "true", "yes"},
        )
        reply_json(exchange, await self._reader.page(question))

    @described(LoggedRequest, below="{id}")
    async def _one(self, exchange: Exchange) -> None:
        """`GET …/log/{id}`: one row with all of it; the beginning of its id will do."""
        self._check()
        reply_json(exchange, await self._reader.one(unquote(exchange.path.rpartition("/")[2])))

    @described(LogState)
    async def _state(self, exchange: Exchange) -> None:
        """`GET …/log/state`: how the request log is doing."""
        reply_json(exchange, await self._log.state())

    def _check(self) -> None:
        if not self._log.enabled:
            raise NotFound("this gateway keeps no request log", hint="set `request_log.enabled: true` in gateway.yaml")


def _number(query: dict[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise CallerError(f"`{name}` is {text[:40]!r}, not a whole number")
    return int(text)
