"""The life of one request, from its bytes to its record."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from ai_dashboard.cache.heard import Heard, Name
from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import DeadlineExceeded, UpstreamError
from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.core.records import Stage
from ai_dashboard.dialects.forms import NO_HEADERS, Call, ReplyHead
from ai_dashboard.dialects.ollama.encode import load_reply
from ai_dashboard.dialects.ollama.read import only_loads
from ai_dashboard.gateway.caching import Hit, Ticket, scope_of
from ai_dashboard.gateway.commit import Answer
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.dispatch import dispatch
from ai_dashboard.gateway.ensemble import together
from ai_dashboard.gateway.entrances import Entrance, headers_of
from ai_dashboard.gateway.facts import facts_for
from ai_dashboard.gateway.generation import Generation
from ai_dashboard.gateway.handling import timeout_of
from ai_dashboard.gateway.on_record import OnRecord, Outlet, shutting_down
from ai_dashboard.gateway.passing import Passing
from ai_dashboard.gateway.replying import begun, broke_off, complete, hit_head, reply_head, so_far, used
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.gateway.waiting import wait_for_place
from ai_dashboard.routing.ensemble import ENSEMBLE
from ai_dashboard.transport.http1 import Exchange

JSON_HEAD = b"content-type: application/json\r\n"

Shape = Callable[[bytes, Trip], bytes]
"""Writes a whole reply otherwise than its form has it: from the reply and what is known of the request by then."""


async def answer(exchange: Exchange, desk: Desk, entrance: Entrance, model: str = "", method: str = "") -> None:
    """Read the ask, find out who asks, plan, look whether the answer is known, dispatch to the first candidate that
    commits, relay its answer, put it on record. `model` and `method` are those of a path that names them."""
    async with OnRecord(exchange, desk, entrance) as trip:
        desk.admit(trip, exchange)
        headers = headers_of(exchange)
        incoming = exchange.incoming
        raw = incoming if isinstance(incoming, bytes) else await exchange.body()
        desk.keeping.watch(trip, raw)
        caching, caller = desk.keeping.caching, exchange.caller
        tenant = caller.tenant if caller is not None else ""
        name = heard = None
        if caching.enabled and headers is NO_HEADERS and entrance.form != "openai.responses":
            name = Name(entrance.form, tenant, desk.generation.number, model, method, raw)
            heard = caching.heard.get(name)
        ask = entrance.read(Call(raw, model, method, headers)) if heard is None else heard.ask
        if ask.form == "openai.responses":
            ask = desk.conversations.continued(ask, exchange)
        trip.asked, trip.stream = ask.model, ask.stream
        trip.timeout_s = timeout_of(headers)
        trip.answers = ask.body["n"] if type(ask.body.get("n")) is int else 1
        several = len(desk.generation.upstreams) > 1  # else it is always the same who has the conversation in its cache
        read = facts_for(ask, headers, tenant, beginning=several) if heard is None else heard.facts
        facts = await desk.enter(trip, caller, ask.model, read)
        trip.plan = plan = desk.plan(facts)
        if only_loads(ask) and plan.attempts:
            plan = _loading(plan, desk.generation)
            if not plan.attempts:
                _answer_load(exchange, ask, trip, desk)
                return
            ask = replace(ask, stream=False)  # Ollama answers such an ask in one piece, whatever it says

        if not caching.enabled:
            await _answer_anew(exchange, desk, entrance, ask, plan, trip)
            return

        def anew() -> Awaitable[Answer]:
            return _answer_anew(exchange, desk, entrance, ask, plan, trip)

        known = await known_or(anew, exchange, desk, entrance, ask, facts, headers, plan, trip, heard=heard)
        if known is not None and known.told is not None:
            desk.conversations.remember(ask, exchange, known.told, "")
        if known is not None and name is not None and heard is None:
            caching.heard.put(name, Heard(ask, read))


async def known_or(
    anew: Callable[[], Awaitable[Answer]],
    outlet: Outlet,
    desk: Desk,
    entrance: Entrance,
    ask: Ask,
    facts: RouteFacts,
    headers: Mapping[str, str],
    plan: Plan,
    trip: Trip,
    shape: Shape | None = None,
    heard: Heard | None = None,
) -> Hit | None:
    """Answer from the cache; or `anew`, and into it, where that is wanted at all."""
    caching, generation = desk.keeping.caching, desk.generation
    if not caching.enabled:
        await anew()
        return None
    until = trip.arrived + min(trip.timeout_s, generation.handlings.of(plan.asked).total_s)
    scope = scope_of(facts, generation.table.regions)
    found = await caching.look(ask, facts, headers, plan, scope, trip.id, until, heard, trip.caller)
    trip.waited_s += found.waited_s
    if isinstance(found, Hit):
        _give(outlet, desk, entrance, ask, trip, found, shape)
        return found
    async with found as ticket:
        if desk.runtime.clock.monotonic() >= until:
            raise DeadlineExceeded("the time for this request is over", hint="give it more time, or ask for less")
        trip.ticket = ticket
        reply = await anew()
        if trip.stage is Stage.DONE:
            await _keep(ticket, trip, reply, desk)
    return None


def _give(
    outlet: Outlet, desk: Desk, entrance: Entrance, ask: Ask, trip: Trip, found: Hit, shape: Shape | None
) -> None:
    """Reply with an answer that is known."""
    trip.hit, trip.status, trip.stage, trip.usage = found, 200, Stage.DONE, found.usage
    body = found.body if shape is None else shape(found.body, trip)
    trip.first_token = desk.runtime.clock.monotonic()
    trip.overhead_s = max(0.0, trip.first_token - trip.arrived - trip.waited_s)
    trip.hear(body)
    first = entrance.stream_head if ask.stream else JSON_HEAD
    outlet.reply(200, hit_head(first, entrance, trip, found), body)


async def _keep(ticket: Ticket, trip: Trip, reply: Answer, desk: Desk) -> None:
    """Put a whole answer into the cache, unless several had a part in it."""
    if any(attempt.kind in ("ensemble", "continue") for attempt in trip.attempts):
        ticket.spoil()
    candidate = reply.attempt.candidate
    took_s = desk.runtime.clock.monotonic() - trip.arrived
    cost = desk.keeping.likely_cost(reply.attempt, trip.usage)
    await ticket.keep(candidate.provider, candidate.model, trip.usage, took_s, cost)


def _answer_anew(
    exchange: Exchange, desk: Desk, entrance: Entrance, ask: Ask, plan: Plan, trip: Trip
) -> Awaitable[Answer]:
    if ask.form == "openai.responses":
        return _answer_response(exchange, desk, entrance, ask, plan, trip)
    answering = answer_stream if ask.stream else answer_whole
    return answering(exchange, desk, entrance, ask, plan, trip)


async def _answer_response(
    exchange: Exchange, desk: Desk, entrance: Entrance, ask: Ask, plan: Plan, trip: Trip
) -> Answer:
    """A part of a conversation, which may be gone on with by its id."""
    answering = answer_stream if ask.stream else answer_whole
    reply = await answering(exchange, desk, entrance, ask, plan, trip)
    if trip.stage is Stage.DONE:
        desk.conversations.remember(ask, exchange, reply.relay, reply.attempt.candidate.provider)
    return reply


async def answer_whole(
    outlet: Outlet, desk: Desk, entrance: Entrance, ask: Ask, plan: Plan, trip: Trip, shape: Shape | None = None
) -> Answer:
    """Dispatch, and pass the answer on in one piece."""
    reply = await _asked(ask, plan, trip, desk)
    try:
        begun(trip, reply, 200)
        complete(trip, ask, reply)
        body = reply.held if shape is None else shape(reply.held, trip)
        trip.hear(body, reply.held)
        outlet.reply(200, reply_head(JSON_HEAD, entrance, trip, reply), body)
    finally:
        reply.close()
    return reply


async def answer_stream(exchange: Exchange, desk: Desk, entrance: Entrance, ask: Ask, plan: Plan, trip: Trip) -> Answer:
    """Dispatch, and pass the answer on as it comes; one that breaks off is never made to look whole."""
    reply = await _asked(ask, plan, trip, desk)
    passing = Passing(exchange, desk, entrance, reply)
    try:
        begun(trip, reply, 200)
        trip.hear(reply.held)
        head = reply_head(entrance.stream_head, entrance, trip, reply)
        exchange.start(200, head, first=reply.held, hold=reply.ended)
        last = await passing.to_its_end(ask, plan)
    except UpstreamError as error:
        told = broke_off(trip, passing.reply, error, desk)
        exchange.finish(entrance.error_frame(told, trip.id))
    except asyncio.CancelledError:
        used(trip, passing.reply, so_far(passing.reply))  # what was said until then is paid for
        if desk.runtime.draining:
            exchange.finish(entrance.error_frame(shutting_down(), trip.id))
        raise
    else:
        exchange.finish(last)
        complete(trip, ask, passing.reply)
    finally:
        passing.reply.close()
    return passing.reply


def _asked(ask: Ask, plan: Plan, trip: Trip, desk: Desk) -> Awaitable[Answer]:
    """Whoever answers: one of the candidates, or several of them with one answer."""
    if plan.strategy == ENSEMBLE or ENSEMBLE in ask.body:
        return together(ask, plan, trip, desk)
    if plan.full:
        return _once_there_is_a_place(ask, plan, trip, desk)
    return dispatch(ask, plan, trip, desk.generation, desk.runtime, desk.client)


async def _once_there_is_a_place(ask: Ask, plan: Plan, trip: Trip, desk: Desk) -> Answer:
    total_s = desk.generation.handlings.of(plan.asked).total_s
    trip.plan, place = await wait_for_place(ask, plan, trip, desk.runtime, total_s)
    desk.runtime.waiting.taken(place)  # by the attempt that begins within the same turn of the loop
    return await dispatch(ask, trip.plan, trip, desk.generation, desk.runtime, desk.client)


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
