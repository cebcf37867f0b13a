"""The admin API's part that shows the cache and makes it forget."""

from collections.abc import Iterator
from typing import Annotated, Protocol

from pydantic import Field

from ai_dashboard.core.cache import CacheFigures, Expired, Feedback, Invalidated
from ai_dashboard.core.errors import CallerError, NotFound
from ai_dashboard.gateway.admin import Body, read_body, reply_json
from ai_dashboard.gateway.auditing import note_change
from ai_dashboard.gateway.caching import Caching
from ai_dashboard.gateway.described import described
from ai_dashboard.gateway.routes import Handler
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.transport.http1 import Exchange


class Cached(Protocol):
    """The part of a gateway that this API is about."""

    @property
    def caching(self) -> Caching: ...


class Forget(Body):
    """`POST …/invalidate`: the answers of a tenant, to asks for a model, of a tenant to asks for a model, or all."""

    tenant: str | None = None
    model: str | None = None
    all: bool = False


class BadHit(Body):
    """`POST …/feedback`: `x-cache-entry` of the reply, and its `x-cache-similarity`."""

    entry: Annotated[str, Field(min_length=1, max_length=64)]
    similarity: Annotated[float, Field(ge=0, le=1, strict=False)] | None = None


class CacheApi:
    """Handlers below `/api/admin/cache/`; each answers with the JSON of one dataclass of `core`, field for field."""

    def __init__(self, gateway: Cached, audit: Audit | None = None) -> None:
        self._gateway = gateway
        self._audit = audit

    def handlers(self) -> Iterator[tuple[str, str, Handler]]:
        """Method, name and handler of each."""
        yield "GET", "stats", self._stats
        yield "POST", "invalidate", self._invalidate
        yield "POST", "feedback", self._feedback
        yield "POST", "clear-expired", self._clear_expired

    @described(CacheFigures)
    async def _stats(self, exchange: Exchange) -> None:
        """`GET …/stats`: how often answers were known, and what that has saved."""
        reply_json(exchange, self._gateway.caching.figures())

    @described(Invalidated, body=Forget)
    async def _invalidate(self, exchange: Exchange) -> None:
        """`POST …/invalidate`: forget answers."""
        asked = await read_body(exchange, Forget)
        if asked.all == (asked.tenant is not None or asked.model is not None):
            raise CallerError("say what is to be forgotten", hint="`tenant`, `model`, or both; or `all: true` alone")
        gone = await self._gateway.caching.invalidate(asked.tenant, asked.model)
        what = ", ".join(it for it in (asked.tenant, asked.model) if it is not None) or "all"
        await note_change(self._audit, exchange, "cache.invalidate", what, after=f"{gone.exact + gone.semantic} gone")
        reply_json(exchange, gone)

    @described(Expired)
    async def _clear_expired(self, exchange: Exchange) -> None:
        """`POST …/clear-expired`: forget answers whose time is over now, and not when they are asked for."""
        gone = self._gateway.caching.clear_expired()
        await note_change(self._audit, exchange, "cache.clear-expired", after=f"{gone.exact + gone.semantic} gone")
        reply_json(exchange, gone)

    @described(Feedback, body=BadHit)
    async def _feedback(self, exchange: Exchange) -> None:
        """`POST …/feedback`: say that a hit was wrong; its entry goes, and its neighbours have to be more alike."""
        asked = await read_body(exchange, BadHit)
        done = await self._gateway.caching.feedback(asked.entry, asked.similarity)
        if done is None:
            raise NotFound(
                f"there is no entry {asked.entry!r}", hint="it is `x-cache-entry` of a reply; it may be gone"
            )
        reply_json(exchange, done)
