"""What is passed on as bytes: sounds, images, moderations, rankings, and what a provider keeps for its callers (files,
batches, fine-tuning). Of a request only the model's name is read; of a reply nothing.

A file or a job is kept by the provider that made it: whoever asks for one again names that provider in `x-provider`.
"""

import re
from dataclasses import replace
from functools import partial
from typing import Protocol
from urllib.parse import unquote

from ai_dashboard.core.chat import HttpRequest
from ai_dashboard.core.errors import NotFound, UpstreamError, UpstreamRejected
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Candidate, Excluded, Plan, RouteFacts
from ai_dashboard.core.records import Stage
from ai_dashboard.core.snapshot import Health
from ai_dashboard.dialects.kinds import KINDS, Kind
from ai_dashboard.dialects.openai.passthrough import key_header
from ai_dashboard.dialects.openai.read import PASSED_HEADERS
from ai_dashboard.dialects.refusals import message_of
from ai_dashboard.gateway.commit import MAX_REFUSAL_BYTES, Answer, refuse
from ai_dashboard.gateway.described import BYTES, described
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.dispatch import first_to_commit
from ai_dashboard.gateway.entrances import ENTRANCES, headers_of
from ai_dashboard.gateway.generation import Destination
from ai_dashboard.gateway.handling import timeout_of
from ai_dashboard.gateway.on_record import OnRecord
from ai_dashboard.gateway.operations import wish
from ai_dashboard.gateway.payload import Payload, read
from ai_dashboard.gateway.replying import begun, broke_off, reply_head
from ai_dashboard.gateway.trip import Attempt, Trip
from ai_dashboard.routing.wishes import with_headers
from ai_dashboard.transport.client import UpstreamReply
from ai_dashboard.transport.http1 import Exchange

PATHS = (
    "/v1/audio/*", "/v1/images/*", "/v1/moderations", "/v1/rerank", "/v1/files", "/v1/files/*", "/v1/batches",
    "/v1/batches/*", "/v1/fine_tuning/*",
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

OPENAI = ENTRANCES["openai.chat"]
TO_PROVIDER = ("accept", "content-type", "idempotency-key", "range", *PASSED_HEADERS)
"""The caller's headers that a provider sees. Keys, cookies and what only one connection is about are not among them."""

TO_CALLER = frozenset({
    b"accept-ranges", b"cache-control", b"content-disposition", b"content-encoding", b"content-language",
    b"content-range", b"content-type", b"etag", b"last-modified",
})  # fmt: skip
"""A provider's headers that say what the bytes of its reply are."""

NOT_THE_LAST_WORD = frozenset({401, 403, 408, 425, 429})
"""Refusals that are not about the request itself."""

MAX_ASKED_CHARS = 200


class AtDesk(Protocol):
    """A gateway, as far as services need it."""

    def desk(self) -> Desk: ...


class Services:
    """The handler."""

    def __init__(self, gateway: AtDesk) -> None:
        self._gateway = gateway

    @described(bytes, media=(BYTES,), below="{rest}")
    async def relay(self, exchange: Exchange) -> None:
        """Passed on as bytes to a provider that takes such a path: for the model that the body names, or to the one
        that `x-provider` names."""
        desk = self._gateway.desk()
        async with OnRecord(exchange, desk, OPENAI) as trip:
            desk.admit(trip, exchange)
            trip.asked = path = _straight(exchange.path)[:MAX_ASKED_CHARS]
            payload = read(exchange.header(b"content-type") or b"", await exchange.body())
            trip.asked, trip.timeout_s = payload.model or path, timeout_of(headers_of(exchange))
            facts = with_headers(RouteFacts(payload.model or path), headers_of(exchange))
            facts = await desk.enter(trip, exchange.caller, payload.model or path, facts)
            trip.facts = facts if payload.model else None
            trip.plan = plan = _plan(desk, exchange, facts, payload.model)
            commit = partial(_commit, exchange, payload, desk, trip)
            reply = await first_to_commit(plan, trip, desk.generation, desk.runtime, commit)
            try:
                await _pass_on(exchange, trip, reply, desk)
            finally:
                reply.close()


def _straight(path: str) -> str:
    """The path, which has to lead where it seems to. Raises `NotFound` for one with `..` in it, however it is spelled:
    a provider might follow it out of its services."""
    if not {".", ".."}.isdisjoint(re.split(r"[/\\]", unquote(path))):
        raise NotFound(f"there is no {path}", hint="send the path without `.` and `..`")
    return path


# ── who answers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _plan(desk: Desk, exchange: Exchange, facts: RouteFacts, model: str) -> Plan:
    """The candidates that take such a path: those for the model, else all, in file order. Raises `NotFound` when there
    are none."""
    header = exchange.header(b"x-provider")
    provider = header.decode("latin-1").strip() if header else None
    path = exchange.path
    able = [
        name
        for name, entry in desk.generation.table.providers.items()
        if takes(KINDS[entry.kind], path) and (facts.only is None or name in facts.only)
    ]
    if not model:
        regions = desk.generation.table.regions
        return regions.placed(_anybody(desk, path, able, provider), facts, desk.runtime.providers)
    plan = desk.plan(facts) if provider is None else desk.plan_at(facts, provider)
    planned = {it.provider for it in plan.attempts} | {it.provider for it in plan.excluded}
    if planned.isdisjoint(able):
        raise _nobody(path, f"for {model!r} ", able)
    unable = (Excluded(it.provider, it.model, "offers no such path") for it in plan.attempts if it.provider not in able)
    attempts = tuple(it for it in plan.attempts if it.provider in able)
    return replace(plan, attempts=attempts, excluded=(*plan.excluded, *unable))


def _anybody(desk: Desk, path: str, able: list[str], provider: str | None) -> Plan:
    """Who answers what names no model: the provider that the caller names, else the first that may be used and is well;
    those that are down only when nobody else is left."""
    wanted = able if provider is None else [name for name in able if name == provider]
    if not wanted:
        raise _nobody(path, f"at {provider!r} " if provider is not None else "", able)
    table, live = desk.generation.table, desk.runtime.providers
    barred = {name: reason for name in wanted if (reason := table.providers[name].barred) is not None}
    barred |= {
        name: f"{unwanted} by the operator"
        for name in wanted
        if name in live and (unwanted := wish(live[name])) is not None
    }
    down = {
        name: live[name].reason or str(live[name].health)
        for name in wanted
        if name not in barred and name in live and live[name].health in {Health.UNAVAILABLE, Health.AUTH_FAILED}
    }
    up = [name for name in wanted if name not in barred and name not in down]
    why = "takes this path" if provider is None else "named by the caller"
    tried = (Candidate(name, "", why, round(1 / place, 3)) for place, name in enumerate(up or down, start=1))
    left_out = (Excluded(name, "", reason) for name, reason in (barred | down if up else barred).items())
    return Plan(path[:MAX_ASKED_CHARS], "services", tuple(tried), tuple(left_out))


def _nobody(path: str, where: str, able: list[str]) -> NotFound:
    hint = f"it is offered by {', '.join(able)}" if able else "no provider that is configured offers it"
    return NotFound(f"there is no {path[:MAX_ASKED_CHARS]} {where}".rstrip(), hint=hint)


def takes(kind: Kind, path: str) -> bool:
    """Whether providers of a kind are asked for such a path."""
    below = path.removeprefix("/v1/")
    return any(below == it or below.startswith(it if it.endswith("/") else f"{it}/") for it in kind.bytes_below)


# ── the reply ────────────────────────────────────────────────────────────────────────────────────────────────────────


class AsItCame:
    """The relay for a reply of which nothing is known but its bytes."""

    committed = True
    usage: Usage | None = None
    finish: str | None = None
    failure: str | None = None
    said = 0

    def feed(self, chunk: bytes) -> bytes:
        return chunk

    def close(self) -> bytes:
        return b""


async def _commit(
    exchange: Exchange,
    payload: Payload,
    desk: Desk,
    trip: Trip,
    attempt: Attempt,
    destination: Destination,
) -> Answer:
    """Send the request, and wait for the first byte of the reply: until then another provider can answer."""
    upstream, runtime = destination.upstream, desk.runtime
    # A picture or a transcript is made as a whole before its head is sent, so only the whole has a limit.
    total_s = min(upstream.timeouts.total_s, trip.left_s(attempt.started))
    timeouts = replace(upstream.timeouts, first_byte_s=total_s, total_s=total_s)
    try:
        reply = await desk.client.send(upstream.endpoint, _request(exchange, payload, destination), timeouts)
        try:
            attempt.status = reply.status
            if not 200 <= reply.status < 300:
                await _refuse(reply, payload.model, desk)
            held = await reply.chunk()
        except BaseException:
            reply.close()
            raise
    finally:
        trip.waited_s += runtime.clock.monotonic() - attempt.started
    attempt.first_token = runtime.clock.monotonic()
    trip.stage = Stage.STREAMING
    runtime.attempt_answers(attempt)
    return Answer(trip, attempt, destination, reply, AsItCame(), held, not held, (), runtime)


def _request(exchange: Exchange, payload: Payload, destination: Destination) -> HttpRequest:
    target = destination.target
    given = ((name, exchange.header(name.encode())) for name in TO_PROVIDER)
    headers = {name: value.decode("latin-1") for name, value in given if value is not None}
    if target.api_key:
        headers |= [key_header(destination.upstream.kind.auth, target.api_key)]
    headers |= target.headers
    query = f"?{exchange.query}" if exchange.query else ""
    path = f"{target.base_path}{exchange.path}{query}"
    return HttpRequest(exchange.method, path, tuple(headers.items()), payload.naming(target.model))


async def _refuse(reply: UpstreamReply, model: str, desk: Desk) -> None:
    """Raise what a refusal stands for. Where no model was asked for, it is about something that this provider keeps or
    does not keep, and nobody else is asked."""
    if model or reply.status < 400 or reply.status >= 500 or reply.status in NOT_THE_LAST_WORD:
        await refuse(reply, desk.runtime)
    body = await reply.read(MAX_REFUSAL_BYTES)
    content_type = reply.header("content-type") or "application/json"
    message = f"HTTP {reply.status}: {message_of(body)}"
    raise UpstreamRejected(message, upstream_status=reply.status, body=body, content_type=content_type)


async def _pass_on(exchange: Exchange, trip: Trip, reply: Answer, desk: Desk) -> None:
    """Relay the bytes as they come and as fast as the caller takes them. What breaks off here breaks off there."""
    upstream = reply.reply
    trip.stream = (upstream.header("content-type") or "").startswith("text/event-stream")
    begun(trip, reply, upstream.status)
    own = b"".join([b"%b: %b\r\n" % header for header in upstream.raw_headers if header[0] in TO_CALLER])
    length = upstream.header("content-length")
    head = reply_head(own, OPENAI, trip, reply)
    exchange.start(upstream.status, head, int(length) if length is not None else None, first=reply.held)
    try:
        if not reply.whole:
            await exchange.drain()
            exchange.write(await reply.pour(exchange.write, exchange.drain))
    except UpstreamError as error:
        broke_off(trip, reply, error, desk)
        exchange.abort()
        return
    exchange.finish()
    reply.succeeded(0)
    trip.stage = Stage.DONE
