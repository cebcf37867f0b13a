"""The admin API's part about models: which there are, and those on the disks of Ollama providers."""

import difflib
from collections.abc import Iterator
from contextlib import aclosing
from typing import Annotated, Protocol

import orjson
from pydantic import Field

from ai_dashboard.core.chat import JsonObject as Progress
from ai_dashboard.core.errors import CallerError, GatewayError, ProviderNotFound, UpstreamError
from ai_dashboard.core.models import Cleaned, Judged, ModelList, Removed
from ai_dashboard.core.snapshot import Snapshot
from ai_dashboard.gateway.admin import Body, read_body, reply_json
from ai_dashboard.gateway.auditing import note_change
from ai_dashboard.gateway.cleaning import Cutoff, judged, named_in
from ai_dashboard.gateway.described import LINES, JsonObject, described
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.discretion import mask_secrets, without_addresses
from ai_dashboard.gateway.engine_models import Disk
from ai_dashboard.gateway.model_list import engines, model_list, with_use
from ai_dashboard.gateway.routes import Handler
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.transport.http1 import Exchange

TOLD = ("status", "digest", "total", "completed")
"""What a line of progress may say."""

ENDED_WELL = "success"
"""The last word of a pull; one that ends without it has not come to its end."""

NO_LOG = "without a request log nobody knows what is unused"


class Housed(Protocol):
    """The part of a gateway that this API is about."""

    @property
    def audit(self) -> Audit | None: ...
    def desk(self) -> Desk: ...
    def snapshot(self) -> Snapshot: ...
    async def refresh(self) -> None: ...


class Named(Body):
    """One model; `provider` may be left out where there is one Ollama only."""

    model: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\s\x00-\x1f\x7f]+$")]
    provider: str | None = None


class Clean(Body):
    """Models that nobody has asked for in `unused_s` seconds; with `dry_run` nothing is removed. Without `provider` all
    Ollama providers are gone through; with `models` no others than these are removed."""

    unused_s: Annotated[float, Field(gt=0, le=10 * 366 * 86_400, strict=False)]
    provider: str | None = None
    models: list[tuple[str, str]] | None = None
    dry_run: bool = False


class ModelsApi:
    """Handlers below `/api/admin/`."""

    def __init__(self, gateway: Housed) -> None:
        self._gateway = gateway

    def handlers(self) -> Iterator[tuple[str, str, Handler]]:
        """Method, path and handler of each."""
        yield "GET", "models", self._list
        yield "POST", "models/pull", self._pull
        yield "POST", "models/rm", self._remove
        yield "POST", "models/clean", self._clean

    @described(ModelList)
    async def _list(self, exchange: Exchange) -> None:
        """`GET …/models`: every model at every provider, with its window, its price, and when it was asked last."""
        desk = self._gateway.desk()
        models, reader = model_list(desk), desk.keeping.log_reader
        if reader is not None and (since := await _log_since(desk)) is not None:
            models = with_use(models, await reader.last_used(), since)
        reply_json(exchange, models)

    @described(JsonObject, body=Named, media=(LINES,))
    async def _pull(self, exchange: Exchange) -> None:
        """`POST …/models/pull`: fetch a model to the disk of an Ollama. Its progress is told line by line; the last
        has the status `success`, or an `error`."""
        asked = await read_body(exchange, Named)
        desk = self._gateway.desk()
        provider = _chosen(desk, asked.provider)
        outcome = "stopped"
        try:
            outcome = await self._pulled(exchange, desk, provider, asked.model)
        except GatewayError:
            outcome = "failed"
            raise
        finally:
            await note_change(self._gateway.audit, exchange, "model.pull", f"{provider}/{asked.model}", after=outcome)
        await self._gateway.refresh()
        if not exchange.finished:
            exchange.finish()

    async def _pulled(self, exchange: Exchange, desk: Desk, provider: str, model: str) -> str:
        """Pass the progress on; what it came to. Raises what kept it from beginning."""
        said, problem = "", "the provider ended the pull without a word"
        try:
            async with aclosing(_disk(desk, provider).pull(model)) as lines:
                async for line in lines:
                    if not exchange.started:
                        exchange.start(200, [(b"content-type", LINES.encode()), (b"cache-control", b"no-store")])
                    if isinstance(error := line.get("error"), str):
                        failed = UpstreamError(error)
                        mask_secrets(failed, desk.generation.upstreams[provider])
                        problem = without_addresses(failed.message, desk.generation)
                        break
                    said = str(line.get("status", said))
                    exchange.write(_line({name: line[name] for name in TOLD if name in line}))
                    await exchange.drain()
        except UpstreamError as error:
            _mask(error, desk, provider)
            if not exchange.started:
                raise
            problem = error.message
        if said == ENDED_WELL:
            return "done"
        if not exchange.started:
            raise GatewayError(problem)
        exchange.write(_line({"error": problem}))
        return "failed"

    @described(Removed, body=Named)
    async def _remove(self, exchange: Exchange) -> None:
        """`POST …/models/rm`: remove a model from the disk of an Ollama."""
        asked = await read_body(exchange, Named)
        desk = self._gateway.desk()
        provider = _chosen(desk, asked.provider)
        try:
            await _disk(desk, provider).remove(asked.model)
        except UpstreamError as error:
            _mask(error, desk, provider)
            raise
        await note_change(self._gateway.audit, exchange, "model.rm", f"{provider}/{asked.model}")
        await self._gateway.refresh()
        reply_json(exchange, Removed(provider, asked.model))

    @described(Cleaned, body=Clean)
    async def _clean(self, exchange: Exchange) -> None:
        """`POST …/models/clean`: remove what nobody has asked for in a long time. What is in memory, came lately, or is
        named in the configuration stays."""
        asked = await read_body(exchange, Clean)
        desk = self._gateway.desk()
        names = engines(desk) if asked.provider is None else (_chosen(desk, asked.provider),)
        cutoff = await _cutoff(desk, asked.unused_s)
        found: list[Judged] = []
        for name in names:
            found += await self._cleaned(exchange, desk, name, cutoff, asked)
        if any(it.verdict == "removed" for it in found):
            await self._gateway.refresh()
        gone = sum(it.bytes or 0 for it in found if it.verdict in ("unused", "removed"))
        reply_json(exchange, Cleaned(tuple(found), gone, asked.dry_run))

    async def _cleaned(
        self, exchange: Exchange, desk: Desk, provider: str, cutoff: Cutoff, asked: Clean
    ) -> list[Judged]:
        disk = _disk(desk, provider)
        try:
            stored, loaded = await disk.stored(), await disk.loaded()
        except UpstreamError as error:
            _mask(error, desk, provider)
            raise
        written = named_in(desk.generation.config, provider) if self._gateway.snapshot().config.folder else frozenset()
        found = [judged(provider, it, loaded, written, cutoff) for it in stored]
        if asked.dry_run:
            return found
        wanted = None if asked.models is None else set(asked.models)
        done = []
        for one in found:
            if one.verdict == "unused" and (wanted is None or (provider, one.model) in wanted):
                one = await self._let_go(exchange, desk, disk, one)  # noqa: PLW2901 - what became of it
            done.append(one)
        return done

    async def _let_go(self, exchange: Exchange, desk: Desk, disk: Disk, one: Judged) -> Judged:
        try:
            await disk.remove(one.model)
        except UpstreamError as error:
            _mask(error, desk, one.provider)
            return Judged(one.provider, one.model, one.bytes, one.last_used, "failed", error.message)
        await note_change(self._gateway.audit, exchange, "model.rm", f"{one.provider}/{one.model}", after=one.why)
        return Judged(one.provider, one.model, one.bytes, one.last_used, "removed", one.why)


async def _log_since(desk: Desk) -> float | None:
    """When the request log begins; None without one, and for one in which nothing is."""
    log = desk.keeping.log
    return (await log.state()).oldest_at if log is not None and log.enabled else None


async def _cutoff(desk: Desk, unused_s: float) -> Cutoff:
    """What is known of the time in question. Raises `CallerError` where that is not all of it."""
    reader, since = desk.keeping.log_reader, await _log_since(desk)
    if reader is None or since is None:
        raise CallerError(NO_LOG, hint="set `request_log.enabled: true` in gateway.yaml, and come back later")
    now = desk.runtime.clock.wall()
    if since > now - unused_s:
        raise CallerError(
            f"the request log reaches back {(now - since) / 86_400:.1f} days only: what was asked before that, "
            "nobody knows",
            hint="ask for a shorter time, or come back later",
        )
    return Cutoff(now, now - unused_s, await reader.last_used())


def _chosen(desk: Desk, provider: str | None) -> str:
    """The Ollama that is meant. Raises `ProviderNotFound`, or `CallerError` where it has to be said which."""
    there = engines(desk)
    if provider is not None and provider not in desk.generation.config.providers:
        near = difflib.get_close_matches(provider, there, n=3, cutoff=0.4)
        hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(there) or 'none'}"
        raise ProviderNotFound(f"there is no provider {provider[:64]!r}", hint=hint)
    if provider is not None and provider not in there:
        raise CallerError(f"{provider} is no Ollama that is on: its models are not ours to fetch or remove")
    if provider is None and len(there) != 1:
        which = f"say which provider: {', '.join(there)}" if there else "add one to providers.yaml, with `type: ollama`"
        raise CallerError("there are several Ollama providers" if there else "there is no Ollama provider", hint=which)
    return provider if provider is not None else there[0]


def _disk(desk: Desk, provider: str) -> Disk:
    return Disk(desk.generation.upstreams[provider], desk.client, desk.runtime.clock.wall())


def _mask(error: UpstreamError, desk: Desk, provider: str) -> None:
    mask_secrets(error, desk.generation.upstreams[provider])
    error.message = f"{provider}: {without_addresses(error.message, desk.generation)}"


def _line(progress: Progress) -> bytes:
    return orjson.dumps(progress) + b"\n"
