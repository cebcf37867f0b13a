"""An answer that broke off in the middle is gone on with by the next provider that can: it is asked with what has been
said so far as the beginning of its own answer. One that broke off before anything of it was said, while its model still
thought, is asked for anew. Only where that is wanted (`on_cut`: `restart` does the second alone, `continue` both), and
never without a word: the attempt is on record, and a comment in the stream names who goes on.
"""

from dataclasses import replace

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import CallerError, UpstreamError, UpstreamRateLimited
from ai_dashboard.core.plan import Candidate, Plan
from ai_dashboard.dialects import registry
from ai_dashboard.dialects.body import encode, with_numbers_as_written
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.resumable import Resumable
from ai_dashboard.gateway.commit import Answer, check_stream, note_failure, note_left, refuse, until_committed
from ai_dashboard.gateway.dispatch import give_back, reserve, take
from ai_dashboard.gateway.generation import Destination, Generation, header_value
from ai_dashboard.gateway.handling import Handling
from ai_dashboard.gateway.replying import so_far, spent_on
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.trip import Attempt
from ai_dashboard.transport.client import UpstreamClient


async def go_on(
    reply: Answer,
    error: UpstreamError,
    ask: Ask,
    plan: Plan,
    generation: Generation,
    runtime: Runtime,
    client: UpstreamClient,
) -> Answer:
    """The answer of whoever goes on after `reply` has broken off with `error`; raises that error when nobody does."""
    relay, handling = reply.relay, generation.handlings.of(plan.asked)
    if not isinstance(relay, Resumable):
        raise error
    said = relay.so_far if handling.on_cut == "continue" else None
    if said is None and not relay.unsaid:
        raise error
    reply.attempt.usage = spent_on(reply, so_far(reply))
    cut = error = reply.failed(error)
    reply.reply.close()
    trip = reply.trip
    tried = {(it.candidate.provider, it.candidate.model) for it in trip.attempts}
    for candidate in plan.attempts:
        kind = generation.upstreams[candidate.provider].kind
        able = kind.prefill is not None if said is not None else kind.form_for(ask.form, ask.operation) is not None
        if not able or (candidate.provider, candidate.model) in tried or not error.falls_over:
            continue
        places = runtime.places
        try:
            taken = await take(trip, candidate.provider, runtime)
        except UpstreamRateLimited:
            continue
        if places is not None and await places.take(runtime.provider(candidate.provider)) is None:
            await give_back(taken, candidate.provider, runtime)
            continue
        attempt = trip.attempt(candidate, runtime.clock.monotonic(), "fallback" if said is None else "continue")
        attempt.taken = taken
        runtime.attempt_begins(attempt)
        destination = generation.destination(candidate)
        try:
            rest = ask if said is None else _rest(ask, said, kind)
            await reserve(attempt, trip, destination, generation, runtime)
            return await _continued(reply, relay, attempt, rest, destination, handling, client)
        except UpstreamError as failure:
            error = note_failure(trip, attempt, failure, destination, runtime)
        except CallerError as failure:
            note_left(attempt, runtime, failure)
        except BaseException:
            note_left(attempt, runtime)
            raise
    raise cut


def note(candidate: Candidate, keep_alive: bytes) -> bytes:
    """The comment that says who goes on, in streams that have comments."""
    if not keep_alive.startswith(b":"):
        return b""
    return b": continued by %b/%b\n\n" % (header_value(candidate.provider), header_value(candidate.model))


async def _continued(
    reply: Answer,
    relay: Resumable,
    attempt: Attempt,
    rest: Ask,
    destination: Destination,
    handling: Handling,
    client: UpstreamClient,
) -> Answer:
    """Ask for the rest, or for all of it, and read until that has proven itself."""
    trip, runtime, upstream = reply.trip, reply.runtime, destination.upstream
    form = upstream.kind.form_for(rest.form, "chat") or upstream.kind.chat
    request = registry.write(rest, form, destination.target, upstream.kind).request
    timeouts = handling.timeouts(upstream.timeouts, trip.left_s(attempt.started))
    answer = await client.send(upstream.endpoint, request, timeouts)
    try:
        attempt.status, attempt.headers = answer.status, answer.raw_headers
        if answer.status != 200:
            await refuse(answer, runtime)
        check_stream(answer, registry.stream_type(form))
        decoder = registry.decoder(rest, form, trip.id)
        if relay.unsaid:
            relay.restart(decoder)
        else:
            relay.resume(decoder)
        held, whole = await until_committed(rest, attempt, answer, relay, runtime.clock.monotonic)
    except BaseException:
        answer.close()
        raise
    runtime.attempt_answers(attempt)
    return Answer(trip, attempt, destination, answer, relay, held, whole, reply.warnings, runtime)


def _rest(ask: Ask, said: str, kind: Kind) -> Ask:
    """The ask for what is missing: the conversation, with the beginning of the answer at its end."""
    own = ask.form == "openai.chat"
    body = with_numbers_as_written(ask.body, ask.raw) if own else ask.body
    # Anthropic takes no beginning with a space at its end.
    begun = said.rstrip() if kind.dialect == "anthropic" else said
    rest = body | {"messages": [*body["messages"], {"role": "assistant", "content": begun}], **(kind.prefill or {})}
    form = ask.form if own else "unified.chat"
    return replace(ask, body=rest, raw=encode(rest), form=form, own_fields=(), strict=False)
