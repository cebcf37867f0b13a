"""Health checks, by what costs nothing: is anybody there, does a free endpoint answer, and what does traffic say.

Each provider is asked for its list of models now and then. Lists are free; no prompt is ever sent. One that offers no
list is well enough if it answers at all, and is judged by the requests that it gets. Servers of one's own are asked
what they have loaded and how busy they are, too (`gateway/warmth.py`), and again soon after that may have changed.
"""

import asyncio
import random
from typing import Any

import orjson

from ai_dashboard.core.chat import HttpRequest
from ai_dashboard.core.errors import UpstreamError, UpstreamInvalid
from ai_dashboard.core.snapshot import Health
from ai_dashboard.dialects.anthropic.write import VERSION as ANTHROPIC_VERSION
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.openai.passthrough import key_header
from ai_dashboard.dialects.refusals import refusal
from ai_dashboard.gateway.discretion import mask_secrets
from ai_dashboard.gateway.generation import Generation, Upstream
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.warmth import PATHS, SILENT, Engine, read
from ai_dashboard.transport.client import UpstreamClient

MAX_LIST_BYTES = 4 << 20
RECOVERY_INTERVAL_S = 3.0
"""A provider that is down is looked at this often, so that it is back soon after it is well."""

MAY_HAVE_NO_LIST = frozenset({"openai_compatible"})
NO_LIST = frozenset({404, 405, 501})
"""How a server says that it has no list. From kinds that always have one it means that the address is wrong."""

LISTS_EVERYTHING = frozenset({"openai", "anthropic", "google"})
"""Services whose lists hold much that is no chat model; there the configuration's own list counts."""


class HealthMonitor:
    """Watches the providers of one generation until it is cancelled."""

    def __init__(self, generation: Generation, runtime: Runtime, client: UpstreamClient, chance: random.Random) -> None:
        self._generation = generation
        self._runtime = runtime
        self._client = client
        self._chance = chance
        self._settings = generation.settings.health

    async def watch(self) -> None:
        """Check all providers, each at its own pace."""
        async with asyncio.TaskGroup() as group:
            for name, upstream in self._checkable():
                group.create_task(self._watch(name, upstream), name=f"health {name}")

    async def check_all(self) -> None:
        """Check all providers now, once."""
        async with asyncio.TaskGroup() as group:
            for name, upstream in self._checkable():
                group.create_task(self._check(name, upstream), name=f"check {name}")

    def _checkable(self) -> list[tuple[str, Upstream]]:
        providers = self._generation.table.providers
        return [(name, up) for name, up in self._generation.upstreams.items() if providers[name].barred is None]

    async def _watch(self, name: str, upstream: Upstream) -> None:
        while True:
            await self._check(name, upstream)
            await self._rest(name, self._settings.interval_s * self._chance.uniform(0.9, 1.1))

    async def _rest(self, name: str, seconds: float) -> None:
        """Until the next check is due: sooner for a provider that is down, even if requests have found that out, and
        for one that may have loaded another model."""
        while seconds > 0:
            nap = min(seconds, RECOVERY_INTERVAL_S)
            await asyncio.sleep(nap)
            state = self._runtime.provider(name)
            due = state.health is Health.UNAVAILABLE or self._runtime.clock.monotonic() >= state.look_at
            seconds = 0 if due else seconds - nap

    async def _check(self, name: str, upstream: Upstream) -> None:
        """Up to `attempts` tries, one for a provider that is down anyway; a refused connection is an answer too, and
        the next try comes after a moment."""
        down = self._runtime.provider(name).health is Health.UNAVAILABLE
        for remaining in reversed(range(1 if down else self._settings.attempts)):
            began = self._runtime.clock.monotonic()
            try:
                listing = await self._ask(upstream)
                took = self._runtime.clock.monotonic() - began
                models = self._listed(upstream, listing)
                engine = await self._engine(upstream, listing)
            except UpstreamError as error:
                mask_secrets(error, upstream)
                if not remaining:
                    self._runtime.check_failed(name, error)
                else:
                    await asyncio.sleep(0.2 * self._chance.uniform(0.5, 1.5))
            else:
                self._runtime.provider(name).check_s = took
                self._runtime.check_passed(name, models, engine)
                return

    async def _ask(self, upstream: Upstream) -> bytes | None:
        """A provider's list of models, None where it has none. Raises `UpstreamError` when it is not well."""
        if own := upstream.provider.health_endpoint:
            await self._get(upstream, "/" + own.lstrip("/"))
        try:
            return await self._get(upstream, upstream.kind.models_path)
        except UpstreamError as error:
            if upstream.kind.name in MAY_HAVE_NO_LIST and error.upstream_status in NO_LIST:
                return None
            raise

    def _listed(self, upstream: Upstream, listing: bytes | None) -> tuple[str, ...]:
        """The models in a list. Raises `UpstreamError` for what is none."""
        if listing is None or upstream.kind.name in LISTS_EVERYTHING:
            return ()
        return listed_models(upstream.kind, listing)

    async def _engine(self, upstream: Upstream, listing: bytes | None) -> Engine:
        """What a server of one's own says of itself. One that does not say is well all the same."""
        path = PATHS.get(upstream.kind.name)
        if path is None or listing is None or not upstream.provider.local:
            return SILENT
        try:
            told = await self._get(upstream, path)
        except UpstreamError:
            told = b""
        return read(upstream.kind.name, told, listing)

    async def _get(self, upstream: Upstream, path: str) -> bytes:
        path = upstream.base_path + path
        request = HttpRequest("GET", path, tuple(_headers(upstream)), b"")
        reply = await self._client.send(upstream.endpoint, request, upstream.health_timeouts)
        try:
            body = await reply.read(MAX_LIST_BYTES)
        finally:
            reply.close()
        if reply.status >= 400:
            raise refusal(reply.status, reply.header, body, now_unix_s=self._runtime.clock.wall())
        if reply.status >= 300:
            raise UpstreamInvalid(f"HTTP {reply.status} at {path}: redirects are not followed; check base_url")
        return body


def _headers(upstream: Upstream) -> list[tuple[str, str]]:
    target = upstream.target("")
    headers = [("accept", "application/json"), *target.headers]
    if target.api_key:
        headers.append(key_header(upstream.kind.auth, target.api_key))
    if upstream.kind.dialect == "anthropic" and "anthropic-version" not in dict(target.headers):
        headers.append(("anthropic-version", ANTHROPIC_VERSION))
    return headers


def listed_models(kind: Kind, body: bytes) -> tuple[str, ...]:
    """The names in a provider's list of models, in its order."""
    try:
        reply = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise UpstreamInvalid("its list of models is not JSON: is something else listening there?") from None
    holder, key = ("models", "name") if kind.dialect in ("ollama", "google") else ("data", "id")
    entries: Any = reply.get(holder) if isinstance(reply, dict) else None
    if not isinstance(entries, list):
        raise UpstreamInvalid(f"its list of models has no {holder!r}: is something else listening there?")
    names = (entry.get(key) for entry in entries if isinstance(entry, dict))
    # Google lists `models/gemini-…` and is asked for `gemini-…`.
    return tuple(name.removeprefix("models/") for name in names if isinstance(name, str) and name)
