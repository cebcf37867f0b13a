"""The life of one chat request, from its bytes to its record."""

import asyncio
from dataclasses import dataclass

from ai_dashboard.core.chat import ChatRequest
from ai_dashboard.core.errors import (
    GatewayError,
    NoCandidate,
    Overloaded,
    UpstreamError,
    UpstreamInvalid,
    UpstreamRejected,
)  # fmt: skip
from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.core.records import Stage
from ai_dashboard.dialects.openai.errors import error_body, error_frame
from ai_dashboard.dialects.openai.read import facts_of, read_request
from ai_dashboard.gateway.discretion import without_addresses
from ai_dashboard.gateway.dispatch import Answer, dispatch
from ai_dashboard.gateway.generation import Generation, header_value
from ai_dashboard.gateway.keepalive import KeepAlive
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.transport.client import UpstreamClient
from ai_dashboard.transport.http1 import Exchange

Headers = list[tuple[bytes, bytes]]

PASSED_ON = (b"retry-after", b"x-ratelimit-")
"""Reply headers of a provider that callers may rely on: names, or the beginnings of names."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything one request needs: what is in force as it begins, what has happened, and the way out."""

    generation: Generation
    runtime: Runtime
    client: UpstreamClient

    def plan(self, facts: RouteFacts) -> Plan:
        """Where such a request goes now. Raises `ModelNotFound`."""
        return self.generation.planner.plan(facts, self.runtime.providers, self.runtime.routing_version)


async def answer(exchange: Exchange, desk: Desk) -> None:
    """Read the ask, plan, dispatch to the first candidate that commits, relay its answer, put it on record."""
    trip = desk.runtime.begin("openai")
    try:
        _admit(desk)
        ask = read_request(await exchange.body())
        trip.asked, trip.stream = ask.model, ask.stream
        trip.plan = route = desk.plan(facts_of(ask))
        reply = await dispatch(ask, route, trip, desk.generation, desk.runtime, desk.client)
        try:
            await _relay(exchange, ask, trip, reply, desk)
        finally:
            reply.close()
    except GatewayError as error:
        _refuse(exchange, trip, error, desk.generation)
    except asyncio.CancelledError:
        _interrupted(exchange, trip, desk)
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


async def _relay(exchange: Exchange, ask: ChatRequest, trip: Trip, reply: Answer, desk: Desk) -> None:
    """Pass the answer on as it comes; an answer that breaks off is never made to look whole."""
    now = desk.runtime.clock.monotonic
    trip.overhead_s = max(0.0, now() - trip.arrived - trip.waited_s)
    trip.first_token = reply.attempt.first_token
    trip.status = 200
    headers = _headers(trip, reply)
    if not ask.stream:
        exchange.reply(200, [(b"content-type", b"application/json"), *headers], reply.held)
        _complete(trip, reply)
        return
    stream = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache"), *headers]
    exchange.start(200, stream, first=reply.held)
    last = b""
    try:
        with KeepAlive(exchange, desk.generation.settings.stream.keepalive_s) as keep_alive:
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
        exchange.finish(error_frame(error, trip.id))
        return
    exchange.finish(last)
    _complete(trip, reply)


def _complete(trip: Trip, reply: Answer) -> None:
    """The provider has ended its answer: whole, or with an error of its own that the caller has seen."""
    trip.usage = reply.relay.usage
    if (failure := reply.relay.failure) is not None:
        error = UpstreamInvalid(failure)
        reply.failed(error)
        trip.failed(error, Stage.CUT)
        return
    reply.succeeded()
    trip.stage = Stage.DONE


def _refuse(exchange: Exchange, trip: Trip, error: GatewayError, generation: Generation) -> None:
    """Tell the caller in its own dialect. A provider's refusal of the ask itself goes back as it came."""
    error.message = without_addresses(error.message, generation)
    trip.failed(error)
    headers: Headers = [(b"x-request-id", trip.id.encode()), (b"x-attempts", str(len(trip.attempts)).encode())]
    if error.retry_after_s is not None:
        headers.append((b"retry-after", str(max(1, round(error.retry_after_s))).encode()))
    if isinstance(error, UpstreamRejected) and error.upstream_status is not None:
        trip.status = error.upstream_status
        content_type = error.content_type.encode("latin-1", "replace")
        exchange.reply(error.upstream_status, [(b"content-type", content_type), *headers], error.body)
        return
    trip.status = error.status
    body = error_body(error, trip.id)
    exchange.reply(error.status, [(b"content-type", b"application/json"), *headers], body)


def _interrupted(exchange: Exchange, trip: Trip, desk: Desk) -> None:
    """The caller left, or we are shutting down and the time for what was in flight is over."""
    if not desk.runtime.draining:
        trip.stage, trip.error, trip.message = Stage.GONE, "client_gone", "the caller left before the answer was whole"
        return
    error = Overloaded("the gateway is shutting down", hint="send the request again", retry_after_s=1)
    if not exchange.started:
        _refuse(exchange, trip, error, desk.generation)
        return
    trip.failed(error, Stage.CUT)
    if not exchange.finished:
        exchange.write(error_frame(error, trip.id))
        exchange.finish()


def _headers(trip: Trip, reply: Answer) -> Headers:
    """Who answered, and how it came to that."""
    candidate = reply.attempt.candidate
    headers: Headers = [
        (b"x-request-id", trip.id.encode()),
        *reply.destination.reply_headers,
        (b"x-attempts", b"%d" % len(trip.attempts)),
        (b"x-overhead-ms", b"%.2f" % (trip.overhead_s * 1000)),
    ]
    if (first := trip.attempts[0].candidate).provider != candidate.provider:
        headers.append((b"x-fallback-from", header_value(first.provider)))
    headers += [header for header in reply.reply.raw_headers if header[0].startswith(PASSED_ON)]
    return headers
