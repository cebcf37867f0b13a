"""The admin API's part that is asked only while somebody looks: histories, one provider in detail, services."""

from collections.abc import Iterator, Mapping
from typing import Protocol, get_args
from urllib.parse import unquote

import orjson

from ai_dashboard.core.cache import CacheView
from ai_dashboard.core.errors import CallerError, NotFound
from ai_dashboard.core.history import HistoryView, ProviderDetail, SeriesKey, ServiceAction, ServiceView, Window
from ai_dashboard.core.queue import QueueView
from ai_dashboard.gateway.admin import query_of, reply_json
from ai_dashboard.gateway.auditing import note_change
from ai_dashboard.gateway.described import described
from ai_dashboard.gateway.insight import Insight
from ai_dashboard.gateway.routes import Handler
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.transport.http1 import Exchange

MAX_SHOWN = 8
"""Series whose points are handed out at one time."""

WINDOW = {"window": "`1m`, `5m`, `1h` or `24h`"}

_ACTIONS: tuple[ServiceAction, ...] = get_args(ServiceAction)


class Inspected(Protocol):
    """The part of a gateway that this API shows."""

    @property
    def insight(self) -> Insight: ...
    @property
    def audit(self) -> Audit | None: ...


class InsightApi:
    """Handlers below `/api/admin/`; each answers with the JSON of one dataclass of `core`, field for field."""

    def __init__(self, gateway: Inspected) -> None:
        self._gateway = gateway

    def handlers(self) -> Iterator[tuple[str, str, Handler]]:
        """Method, path and handler of each."""
        yield "GET", "history", self._history
        yield "GET", "cache/history", self._cache
        yield "GET", "queue/history", self._queue
        yield "GET", "providers/*", self._provider
        yield "GET", "services/*", self._service
        yield "POST", "services/*", self._act

    @described(
        HistoryView,
        query={**WINDOW, "series": 'those with points, as `[["provider", "model"], …]`'},
    )
    async def _history(self, exchange: Exchange) -> None:
        """`GET …/history?window=1h&series=[["vllm","qwen3"]]`: measurements over a window, model by model."""
        query = query_of(exchange)
        reply_json(exchange, self._gateway.insight.history(_window(query), _keys(query.get("series", "[]"))))

    @described(CacheView, query=WINDOW)
    async def _cache(self, exchange: Exchange) -> None:
        """`GET …/cache/history?window=1h`: what the cache has done since the start, and step by step over a window."""
        reply_json(exchange, self._gateway.insight.cache(_window(query_of(exchange))))

    @described(QueueView, query=WINDOW)
    async def _queue(self, exchange: Exchange) -> None:
        """`GET …/queue/history?window=1h`: who waits for what, places at providers, and how it went over a window."""
        reply_json(exchange, self._gateway.insight.queue(_window(query_of(exchange))))

    @described(ProviderDetail)
    async def _provider(self, exchange: Exchange) -> None:
        """`GET …/providers/{name}`: a provider in detail: changes of its health, failures, limits, times."""
        reply_json(exchange, self._gateway.insight.provider(_name(exchange, "/providers/")))

    @described(ServiceView, below="{provider}")
    async def _service(self, exchange: Exchange) -> None:
        """`GET …/services/{provider}`: the systemd unit that runs a provider, with its latest lines."""
        reply_json(exchange, await self._gateway.insight.service(_name(exchange, "/services/")))

    @described(ServiceView, below="{provider}/{action}")
    async def _act(self, exchange: Exchange) -> None:
        """`POST …/services/{provider}/{action}`: start, stop or restart that unit."""
        provider, _, wanted = exchange.path.partition("/services/")[2].rpartition("/")
        action = next((known for known in _ACTIONS if known == wanted), None)
        if action is None or not provider:
            raise NotFound(f"there is no {exchange.path}", hint=f"POST …/services/NAME/ and {' or '.join(_ACTIONS)}")
        view = await self._gateway.insight.service(unquote(provider), action)
        await note_change(self._gateway.audit, exchange, f"service.{action}", view.unit, after=view.state)
        reply_json(exchange, view)


def _name(exchange: Exchange, before: str) -> str:
    return unquote(exchange.path.partition(before)[2])


def _window(query: Mapping[str, str]) -> Window:
    written = query.get("window", Window.HOUR.value)
    window = next((known for known in Window if known.value == written), None)
    if window is None:
        raise CallerError(f"there is no window {written[:16]!r}", hint=f"there are {', '.join(Window)}")
    return window


def _keys(written: str) -> list[SeriesKey]:
    """`[["provider","model"], …]`."""
    try:
        pairs = orjson.loads(written)
    except orjson.JSONDecodeError:
        pairs = None
    if not isinstance(pairs, list) or not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair) for pair in pairs
    ):
        raise CallerError("`series` cannot be read", hint='for example [["ollama","llama3.1:8b"],["openai",""]]')
    return [SeriesKey(*pair) for pair in pairs[:MAX_SHOWN]]
