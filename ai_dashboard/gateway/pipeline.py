"""The life of one request, from its bytes to its record."""

import asyncio
from dataclasses import dataclass

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import (
    GatewayError,
    NoCandidate,
    Overloaded,
    UpstreamError,
    UpstreamInvalid,
    UpstreamRejected,
)  # fmt: skip
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.core.records import Stage
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.openai.read import CHARS_PER_TOKEN, facts_of
from ai_dashboard.gateway.conversations import Conversations
from ai_dashboard.gateway.discretion import without_addresses
from ai_dashboard.gateway.dispatch import Answer, dispatch
from ai_dashboard.gateway.entrances import Entrance, headers_of
from ai_dashboard.gateway.generation import Generation, header_value
from ai_dashboard.gateway.keepalive import KeepAlive
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.transport.client import UpstreamClient
from ai_dashboard.transport.http1 import Exchange, HeaderBlock

PASSED_ON = (b"retry-after", b"x-ratelimit-")
"""Reply headers of a provider that callers may rely on: names, or the beginnings of names."""

MAX_WARNINGS_CHARS = 2000
"""Of `x-warnings`; a caller with more of them has read enough."""

JSON_HEAD = b"content-type: application/json\r\n"


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything one request needs: what is in force as it begins, what has happened, and the way out."""

    generation: Generation
    runtime: Runtime
    client: UpstreamClient
    conversations: Conversations

    def plan(self, facts: RouteFacts) -> Plan:
        """Where such a request goes now. Raises `ModelNotFound`."""
        return self.generation.planner.plan(facts, self.runtime.providers, self.runtime.routing_version)


async def answer(exchange: Exchange, desk: Desk, entrance: Entrance, model: str = "", method: str = "") -> None:
    """Read the ask, plan, dispatch to the first candidate that commits, relay its answer, put it on record. `model` and
    `method` are those of a path that names them."""
    trip = desk.runtime.begin(entrance.dialect)
    try:
        _admit(desk)
        ask = entrance.read(Call(await exchange.body(), model, method, headers_of(exchange)))
        if ask.form == "openai.responses":
            ask = desk.conversations.continued(ask, exchange)
        trip.asked, trip.stream = ask.model, ask.stream
        facts = facts_of(ask)
        trip.plan = route = desk.plan(facts)
        reply = await dispatch(ask, route, trip, desk.generation, desk.runtime, desk.client)
        try:
            await _relay(exchange, entrance, ask, facts, trip, reply, desk)
            if ask.form == "openai.responses" and trip.stage is Stage.DONE:
                desk.conversations.remember(ask, exchange, reply.relay, reply.attempt.candidate.provider)
        finally:
            reply.close()
    except GatewayError as error:
        _refuse(exchange, entrance, trip, error, desk.generation)
    except asyncio.CancelledError:
        _interrupted(exchange, entrance, trip, desk)
        raise
    finally:
        desk.runtime.finish(trip)


def _admit(desk: Desk) -> None:
    """Shed load before any work is done for it."""
    limit = desk.generation.settings.limits.max_in_flight
    if len(desk.runtime.running) > limit:
        raise Overloaded(f"{limit} requests are in flight already", hint="try again in a moment", retry_after_s=1)
    if (refused := desk.generation.refused) is not None:
        raise NoCandidate(f"the configuration was refused ({refused})", hint="`ai-dashboard config check` lists all")


async def _relay(
    exchange: Exchange, entrance: Entrance, ask: Ask, facts: RouteFacts, trip: Trip, reply: Answer, desk: Desk
) -> None:
    """Pass the answer on as it comes; an answer that breaks off is never made to look whole."""
    now = desk.runtime.clock.monotonic
    trip.overhead_s = max(0.0, now() - trip.arrived - trip.waited_s)
    trip.first_token = reply.attempt.first_token
    trip.status = 200
    if not ask.stream:
        exchange.reply(200, _head(JSON_HEAD, trip, reply), reply.held)
        _complete(trip, facts, reply)
        return
    exchange.start(200, _head(entrance.stream_head, trip, reply), first=reply.held)
    last = b""
    try:
        with KeepAlive(exchange, desk.generation.settings.stream.keepalive_s, entrance.keep_alive) as keep_alive:
            whole = reply.whole
            while not whole:
                data, whole = await reply.more()
                if whole:
                    last = data
                elif data:
                    exchange.write(data)
                    keep_alive.wrote()
                    await exchange.drain()
    except UpstreamError as error:
        trip.usage = reply.relay.usage
        reply.failed(error)
        error.message = without_addresses(error.message, desk.generation)
        trip.failed(error, Stage.CUT)
        exchange.finish(entrance.error_frame(error, trip.id))
        return
    exchange.finish(last)
    _complete(trip, facts, reply)


def _complete(trip: Trip, facts: RouteFacts, reply: Answer) -> None:
    """The provider has ended its answer: whole, or with an error of its own that the caller has seen."""
    relay = reply.relay
    trip.usage = usage = relay.usage
    if (failure := relay.failure) is not None:
        error = UpstreamInvalid(failure)
        reply.failed(error)
        trip.failed(error, Stage.CUT)
        return
    if usage is None:
        said = -(-relay.said // CHARS_PER_TOKEN)
        trip.usage = usage = Usage(facts.prompt_tokens, said, estimated=True)
    reply.succeeded(usage.completion_tokens)
    trip.stage = Stage.DONE


def _refuse(exchange: Exchange, entrance: Entrance, trip: Trip, error: GatewayError, generation: Generation) -> None:
    """Tell the caller in its own dialect. A provider's refusal of the ask itself goes back as it came to a caller of
    the provider's form; any other is told what it says."""
    error.message = without_addresses(error.message, generation)
    trip.failed(error)
    headers = [(b"x-request-id", trip.id.encode()), (b"x-attempts", str(len(trip.attempts)).encode())]
    if error.retry_after_s is not None:
        headers.append((b"retry-after", str(max(1, round(error.retry_after_s))).encode()))
    if isinstance(error, UpstreamRejected) and error.upstream_status is not None:
        trip.status = error.upstream_status
        last = trip.attempts[-1].candidate
        if generation.upstreams[last.provider].kind.dialect == entrance.dialect:
            content_type = error.content_type.encode("latin-1", "replace")
            exchange.reply(error.upstream_status, [(b"content-type", content_type), *headers], error.body)
            return
    else:
        trip.status = entrance.status(error)
    body = entrance.error_body(error, trip.id)
    exchange.reply(trip.status, [(b"content-type", b"application/json"), *headers], body)


def _interrupted(exchange: Exchange, entrance: Entrance, trip: Trip, desk: Desk) -> None:
    """The caller left, or we are shutting down and the time for what was in flight is over."""
    if not desk.runtime.draining:
        trip.stage, trip.error, trip.message = Stage.GONE, "client_gone", "the caller left before the answer was whole"
        return
    error = Overloaded("the gateway is shutting down", hint="send the request again", retry_after_s=1)
    if not exchange.started:
        _refuse(exchange, entrance, trip, error, desk.generation)
        return
    trip.failed(error, Stage.CUT)
    if not exchange.finished:
        exchange.write(entrance.error_frame(error, trip.id))
        exchange.finish()


def _head(first: bytes, trip: Trip, reply: Answer) -> HeaderBlock:
    """The reply's headers: who answered, and how it came to that. Encoded here, since every one of them is known to be
    sound: ours by how it is made, the provider's by the parser that read it."""
    block = b"%b%bx-request-id: %b\r\nx-attempts: %d\r\nx-overhead-ms: %.2f\r\n" % (
        first,
        reply.destination.reply_head,
        trip.id.encode(),
        len(trip.attempts),
        trip.overhead_s * 1000,
    )
    if len(trip.attempts) > 1 and (tried := trip.attempts[0].candidate).provider != reply.attempt.candidate.provider:
        block += b"x-fallback-from: %b\r\n" % header_value(tried.provider)
    if reply.warnings:
        block += b"x-warnings: %b\r\n" % header_value("; ".join(reply.warnings)[:MAX_WARNINGS_CHARS])
    for header in reply.reply.raw_headers:
        if header[0].startswith(PASSED_ON):
            block += b"%b: %b\r\n" % header
    return HeaderBlock(block)
