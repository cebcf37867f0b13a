"""The life of one request, from its bytes to its record."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import (
    CallerError,
    GatewayError,
    ModelNotFound,
    NoCandidate,
    Overloaded,
    UpstreamError,
    UpstreamInvalid,
    UpstreamRejected,
)  # fmt: skip
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Candidate, Excluded, Plan, RouteFacts
from ai_dashboard.core.records import Stage
from ai_dashboard.dialects.forms import Call, ReplyHead
from ai_dashboard.dialects.ollama.encode import load_reply
from ai_dashboard.dialects.ollama.read import only_loads
from ai_dashboard.dialects.ollama.window import cut_prompt
from ai_dashboard.dialects.openai.read import CHARS_PER_TOKEN
from ai_dashboard.gateway.commit import Answer
from ai_dashboard.gateway.conversations import Conversations
from ai_dashboard.gateway.discretion import without_addresses
from ai_dashboard.gateway.dispatch import dispatch
from ai_dashboard.gateway.ensemble import together
from ai_dashboard.gateway.entrances import Entrance, headers_of
from ai_dashboard.gateway.facts import facts_for
from ai_dashboard.gateway.generation import Generation, header_value
from ai_dashboard.gateway.handling import timeout_of
from ai_dashboard.gateway.keepalive import KeepAlive
from ai_dashboard.gateway.rescue import go_on, note
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.gateway.waiting import wait_for_place
from ai_dashboard.routing.ensemble import ENSEMBLE
from ai_dashboard.transport.client import UpstreamClient
from ai_dashboard.transport.http1 import Exchange, HeaderBlock

PASSED_ON = (b"retry-after", b"x-ratelimit-")
"""Reply headers of a provider that callers may rely on: names, or the beginnings of names."""

MAX_WARNINGS_CHARS = 2000
"""Of `x-warnings`; a caller with more of them has read enough."""

JSON_HEAD = b"content-type: application/json\r\n"


Shape = Callable[[bytes, Trip], bytes]
"""Writes a whole reply otherwise than its form has it: from the reply and what is known of the request by then."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything one request needs: what is in force as it begins, what has happened, and the way out."""

    generation: Generation
    runtime: Runtime
    client: UpstreamClient
    conversations: Conversations

    def admit(self) -> None:
        """Shed load before any work is done for it."""
        limit = self.generation.settings.limits.max_in_flight
        if len(self.runtime.running) - len(self.runtime.waiting) > limit:
            raise Overloaded(f"{limit} requests are in flight already", hint="try again in a moment", retry_after_s=1)
        if (refused := self.generation.refused) is not None:
            raise NoCandidate(
                f"the configuration was refused ({refused})", hint="`ai-dashboard config check` lists all"
            )

    def plan(self, facts: RouteFacts) -> Plan:
        """Where such a request goes now. Raises `ModelNotFound`."""
        runtime = self.runtime
        now = runtime.look()
        return self.generation.planner.plan(facts, runtime.providers, runtime.routing_version, now)

    def check_provider(self, name: str) -> None:
        """Raises `CallerError` for a provider that is not known."""
        if name not in (known := self.generation.table.providers):
            raise CallerError(f"there is no provider {name[:64]!r}", hint=f"there are {', '.join(known) or 'none'}")

    def plan_at(self, facts: RouteFacts, provider: str) -> Plan:
        """Where such a request goes when its caller wants this provider and no other: to what the plan has of it, else
        to the model of that name. Raises `CallerError` for a provider that is not known."""
        self.check_provider(provider)
        model = facts.model
        try:
            usual = self.plan(facts)
        except ModelNotFound:
            pass
        else:
            if attempts := tuple(it for it in usual.attempts if it.provider == provider):
                others = tuple(it for it in usual.attempts if it.provider != provider)
                return replace(usual, attempts=attempts, excluded=(*usual.excluded, *unwanted(others)))
            model = next((it.model for it in usual.excluded if it.provider == provider), model)
        return replace(self.plan(replace(facts, model=f"{provider}/{model}")), asked=facts.model)


def unwanted(candidates: Iterable[Candidate]) -> tuple[Excluded, ...]:
    """Candidates that the caller does without."""
    return tuple(Excluded(it.provider, it.model, "not wanted by the caller") for it in candidates)


class Outlet(Protocol):
    """Where a reply in one piece goes: to a caller, or to its place in a larger reply."""

    @property
    def started(self) -> bool: ...

    def reply(self, status: int, headers: Sequence[tuple[bytes, bytes]] | HeaderBlock, body: bytes, /) -> None: ...


class OnRecord:
    """`with OnRecord(outlet, desk, entrance) as trip:` around the work that one request is. However it ends, it is put
    on record; an error from before the reply began is told to the caller."""

    __slots__ = ("_desk", "_entrance", "_outlet", "_trip")

    def __init__(self, outlet: Outlet, desk: Desk, entrance: Entrance) -> None:
        self._outlet = outlet
        self._desk = desk
        self._entrance = entrance
        self._trip = desk.runtime.begin(entrance.dialect)
        self._trip.generation = desk.generation.number

    def __enter__(self) -> Trip:
        return self._trip

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        try:
            if isinstance(error, GatewayError):
                self._refuse(error)
                return True
            if isinstance(error, asyncio.CancelledError):
                self._interrupted()
            return False
        finally:
            self._desk.runtime.finish(self._trip)

    def _refuse(self, error: GatewayError) -> None:
        """Tell the caller in its own dialect. A provider's refusal of the ask itself goes back as it came to a caller
        of the provider's form; any other is told what it says."""
        trip, entrance, generation = self._trip, self._entrance, self._desk.generation
        error.message = without_addresses(error.message, generation)
        trip.failed(error)
        headers = [*id_headers(entrance, trip.id), (b"x-attempts", str(len(trip.attempts)).encode())]
        if error.retry_after_s is not None:
            headers.append((b"retry-after", str(max(1, round(error.retry_after_s))).encode()))
        if isinstance(error, UpstreamRejected) and error.upstream_status is not None:
            trip.status = error.upstream_status
            last = trip.attempts[-1].candidate
            if generation.upstreams[last.provider].kind.dialect == entrance.dialect:
                content_type = error.content_type.encode("latin-1", "replace")
                self._outlet.reply(error.upstream_status, [(b"content-type", content_type), *headers], error.body)
                return
        else:
            trip.status = entrance.status(error)
        body = entrance.error_body(error, trip.id)
        self._outlet.reply(trip.status, [(b"content-type", b"application/json"), *headers], body)

    def _interrupted(self) -> None:
        """The caller left, or we are shutting down and the time for what was in flight is over."""
        trip = self._trip
        if not self._desk.runtime.draining:
            trip.stage, trip.error = Stage.GONE, "client_gone"
            trip.message = "the caller left before the answer was whole"
        elif self._outlet.started:
            trip.failed(shutting_down(), Stage.CUT)
        else:
            self._refuse(shutting_down())


async def answer(exchange: Exchange, desk: Desk, entrance: Entrance, model: str = "", method: str = "") -> None:
    """Read the ask, plan, dispatch to the first candidate that commits, relay its answer, put it on record. `model` and
    `method` are those of a path that names them."""
    with OnRecord(exchange, desk, entrance) as trip:
        desk.admit()
        headers = headers_of(exchange)
        ask = entrance.read(Call(await exchange.body(), model, method, headers))
        if ask.form == "openai.responses":
            ask = desk.conversations.continued(ask, exchange)
        trip.asked, trip.stream = ask.model, ask.stream
        trip.timeout_s = timeout_of(headers)
        trip.facts = facts = facts_for(ask, headers)
        trip.plan = plan = desk.plan(facts)
        if only_loads(ask) and plan.attempts:
            plan = _loading(plan, desk.generation)
            if not plan.attempts:
                _answer_load(exchange, ask, trip, desk)
                return
            ask = replace(ask, stream=False)  # Ollama answers such an ask in one piece, whatever it says
        if ask.stream:
            reply = await answer_stream(exchange, desk, entrance, ask, facts, plan, trip)
        else:
            reply = await answer_whole(exchange, desk, entrance, ask, facts, plan, trip)
        if ask.form == "openai.responses" and trip.stage is Stage.DONE:
            desk.conversations.remember(ask, exchange, reply.relay, reply.attempt.candidate.provider)


async def answer_whole(
    outlet: Outlet,
    desk: Desk,
    entrance: Entrance,
    ask: Ask,
    facts: RouteFacts,
    plan: Plan,
    trip: Trip,
    shape: Shape | None = None,
) -> Answer:
    """Dispatch, and pass the answer on in one piece."""
    reply = await _asked(ask, facts, plan, trip, desk)
    try:
        begun(trip, reply, 200)
        _complete(trip, ask, facts, reply)
        body = reply.held if shape is None else shape(reply.held, trip)
        outlet.reply(200, reply_head(JSON_HEAD, entrance, trip, reply), body)
    finally:
        reply.close()
    return reply


async def answer_stream(
    exchange: Exchange, desk: Desk, entrance: Entrance, ask: Ask, facts: RouteFacts, plan: Plan, trip: Trip
) -> Answer:
    """Dispatch, and pass the answer on as it comes; one that breaks off is never made to look whole."""
    reply = await _asked(ask, facts, plan, trip, desk)
    try:
        begun(trip, reply, 200)
        exchange.start(200, reply_head(entrance.stream_head, entrance, trip, reply), first=reply.held)
        last = b""
        try:
            with KeepAlive(exchange, desk.generation.settings.stream.keepalive_s, entrance.keep_alive) as keep_alive:
                ended = reply.whole
                while not ended:
                    try:
                        data, ended = await reply.more()
                    except UpstreamError as error:
                        reply = await go_on(reply, error, ask, plan, desk.generation, desk.runtime, desk.client)
                        data = note(reply.attempt.candidate, entrance.keep_alive) + reply.held
                        ended = reply.whole
                    if ended:
                        last = data
                    elif data:
                        exchange.write(data)
                        keep_alive.wrote()
                        await exchange.drain()
        except UpstreamError as error:
            told = broke_off(trip, reply, error, desk)
            exchange.finish(entrance.error_frame(told, trip.id))
        except asyncio.CancelledError:
            if desk.runtime.draining:
                exchange.finish(entrance.error_frame(shutting_down(), trip.id))
            raise
        else:
            exchange.finish(last)
            _complete(trip, ask, facts, reply)
    finally:
        reply.close()
    return reply


def _asked(ask: Ask, facts: RouteFacts, plan: Plan, trip: Trip, desk: Desk) -> Awaitable[Answer]:
    """Whoever answers: one of the candidates, or several of them with one answer."""
    if plan.strategy == ENSEMBLE or ENSEMBLE in ask.body:
        return together(ask, facts, plan, trip, desk)
    if plan.full:
        return _once_there_is_a_place(ask, plan, trip, desk)
    return dispatch(ask, plan, trip, desk.generation, desk.runtime, desk.client)


async def _once_there_is_a_place(ask: Ask, plan: Plan, trip: Trip, desk: Desk) -> Answer:
    total_s = desk.generation.handlings.of(plan.asked).total_s
    trip.plan, place = await wait_for_place(ask, plan, trip, desk.runtime, total_s)
    desk.runtime.waiting.taken(place)  # by the attempt that begins within the same turn of the loop
    return await dispatch(ask, trip.plan, trip, desk.generation, desk.runtime, desk.client)


def begun(trip: Trip, reply: Answer, status: int) -> None:
    """We are committed to this reply, and its first bytes are about to leave."""
    now = reply.runtime.clock.monotonic
    trip.overhead_s = max(0.0, now() - trip.arrived - trip.waited_s)
    # What was read to its end before is told as a whole, and now.
    trip.first_token = now() if reply.settled else reply.attempt.first_token
    trip.status = status
    trip.warnings = reply.warnings


def broke_off(trip: Trip, reply: Answer, error: UpstreamError, desk: Desk) -> UpstreamError:
    """The provider has not ended what it began. What the caller is told."""
    trip.usage = reply.relay.usage
    told = reply.failed(error)
    told.message = without_addresses(told.message, desk.generation)
    trip.failed(told, Stage.CUT)
    return told


def shutting_down() -> Overloaded:
    """What those are told whose time is over before their answer is whole."""
    return Overloaded("the gateway is shutting down", hint="send the request again", retry_after_s=1)


def id_headers(entrance: Entrance, request_id: str) -> list[tuple[bytes, bytes]]:
    """The request's id, also under the name that the SDKs of the caller's dialect look for."""
    value = request_id.encode()
    headers = [(b"x-request-id", value)]
    return [*headers, (b"request-id", value)] if entrance.dialect == "anthropic" else headers


def reply_head(first: bytes, entrance: Entrance, trip: Trip, reply: Answer) -> HeaderBlock:
    """The reply's headers: who answered, and how it came to that. Encoded here, since every one of them is known to be
    sound: ours by how it is made, the provider's by the parser that read it."""
    block = b"%b%bx-request-id: %b\r\nx-attempts: %d\r\nx-overhead-ms: %.2f\r\n" % (
        first,
        reply.destination.reply_head,
        trip.id.encode(),
        len(trip.attempts),
        trip.overhead_s * 1000,
    )
    if entrance.dialect == "anthropic":
        block += b"request-id: %b\r\n" % trip.id.encode()
    if trip.fell_back():
        block += b"x-fallback-from: %b\r\n" % header_value(trip.attempts[0].candidate.provider)
    if trip.warnings:
        block += b"x-warnings: %b\r\n" % header_value("; ".join(trip.warnings)[:MAX_WARNINGS_CHARS])
    for header in reply.reply.raw_headers:
        if header[0].startswith(PASSED_ON):
            block += b"%b: %b\r\n" % header
    return HeaderBlock(block)


def _complete(trip: Trip, ask: Ask, facts: RouteFacts, reply: Answer) -> None:
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
    elif reply.destination.upstream.kind.dialect == "ollama" and ask.operation == "chat":
        cut = cut_prompt(ask, reply.destination.target, usage.prompt_tokens)
        trip.warnings += (cut,) if cut is not None else ()
    reply.succeeded(usage.completion_tokens)
    trip.stage = Stage.DONE


def _loading(plan: Plan, generation: Generation) -> Plan:
    """Who is asked to load a model: nobody when the first candidate has nothing to load, else those who have."""
    able = tuple(it for it in plan.attempts if generation.upstreams[it.provider].kind.dialect == "ollama")
    return replace(plan, attempts=able if plan.attempts[0] in able else ())


def _answer_load(exchange: Exchange, ask: Ask, trip: Trip, desk: Desk) -> None:
    """Say that the model is loaded (or not any more), where that is no work for anybody."""
    body = load_reply(ask, ReplyHead(trip.id, ask.model, int(trip.at)))
    trip.overhead_s = desk.runtime.clock.monotonic() - trip.arrived
    trip.status, trip.stage = 200, Stage.DONE
    head = [(b"content-type", b"application/json"), (b"x-request-id", trip.id.encode()), (b"x-attempts", b"0")]
    exchange.reply(200, head, body)
