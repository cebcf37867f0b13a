"""What becomes of a provider's answer on its way to the caller: its head, how it ended, what is remembered of it."""

from dataclasses import replace

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import UpstreamError, UpstreamInvalid
from ai_dashboard.core.events import Usage
from ai_dashboard.core.records import Stage
from ai_dashboard.dialects.ollama.window import cut_prompt
from ai_dashboard.dialects.openai.read import CHARS_PER_TOKEN
from ai_dashboard.dialects.resumable import Resumable
from ai_dashboard.gateway.caching import Hit
from ai_dashboard.gateway.commit import Answer
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.discretion import without_addresses
from ai_dashboard.gateway.entrances import Entrance
from ai_dashboard.gateway.generation import header_value
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.tenancy.limits import header_lines
from ai_dashboard.transport.http1 import HeaderBlock

# By names of their own: to look a member up in its enumeration takes twenty times as long.
DONE = Stage.DONE

PASSED_ON = (b"retry-after", b"x-ratelimit-")
"""Reply headers of a provider that callers may rely on: names, or the beginnings of names."""

MAX_WARNINGS_CHARS = 2000
"""Of `x-warnings`; a caller with more of them has read enough."""


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
    used(trip, reply, so_far(reply))
    told = reply.failed(error)
    told.message = without_addresses(told.message, desk.generation)
    trip.failed(told, Stage.CUT)
    return told


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
    if trip.ticket is not None:
        block += trip.ticket.head
    if entrance.dialect == "anthropic":
        block += b"request-id: %b\r\n" % trip.id.encode()
    if trip.fell_back():
        block += b"x-fallback-from: %b\r\n" % header_value(trip.attempts[0].candidate.provider)
    if trip.warnings:
        block += b"x-warnings: %b\r\n" % header_value("; ".join(trip.warnings)[:MAX_WARNINGS_CHARS])
    passed_on: tuple[bytes, ...] = PASSED_ON
    if trip.taken is not None and trip.taken.standing:
        # The caller's own limits, which are tighter than what a provider allows all of us together.
        passed_on = PASSED_ON[:1]
        block += header_lines(trip.taken.standing)
    for header in reply.reply.raw_headers:
        if header[0].startswith(passed_on):
            block += b"%b: %b\r\n" % header
    return HeaderBlock(block)


def hit_head(first: bytes, entrance: Entrance, trip: Trip, found: Hit) -> HeaderBlock:
    """The headers of a reply that was made before."""
    block = b"%b%bx-provider: %b\r\nx-model: %b\r\nx-request-id: %b\r\nx-attempts: 0\r\nx-overhead-ms: %.2f\r\n" % (
        first,
        found.head,
        header_value(found.provider),
        header_value(found.model),
        trip.id.encode(),
        trip.overhead_s * 1000,
    )
    if entrance.dialect == "anthropic":
        block += b"request-id: %b\r\n" % trip.id.encode()
    if trip.taken is not None:
        block += header_lines(trip.taken.standing)
    return HeaderBlock(block)


def so_far(reply: Answer) -> Usage:
    """What an answer has cost up to here, by what the provider says of it, else by how long prompt and answer are. Some
    providers count the prompt at the beginning, and the answer at its end."""
    usage, facts = reply.relay.usage, reply.trip.facts
    said = -(-reply.relay.said // CHARS_PER_TOKEN)
    if usage is None:
        return Usage(facts.prompt_tokens if facts is not None else 0, said, estimated=True)
    if reply.relay.finish is None and usage.completion_tokens < said:
        return replace(usage, completion_tokens=said, estimated=True)
    return usage


def used(trip: Trip, reply: Answer, usage: Usage) -> None:
    """The answer as the caller has it has cost this. Where several said it, each is paid for its own part."""
    trip.usage = usage
    if isinstance(reply.relay, Resumable) and reply.relay.before:
        reply.attempt.usage = spent_on(reply, usage)


def spent_on(reply: Answer, usage: Usage) -> Usage:
    """What is left of it for the provider that was asked last."""
    before = reply.relay.before if isinstance(reply.relay, Resumable) else 0
    return replace(usage, completion_tokens=max(0, usage.completion_tokens - before)) if before else usage


def complete(trip: Trip, ask: Ask, reply: Answer) -> None:
    """The provider has ended its answer: whole, or with an error of its own that the caller has seen."""
    relay = reply.relay
    usage = relay.usage
    if (failure := relay.failure) is not None:
        used(trip, reply, so_far(reply))
        error = UpstreamInvalid(failure)
        reply.failed(error)
        trip.failed(error, Stage.CUT)
        return
    if usage is None:
        usage = so_far(reply)
    elif reply.destination.upstream.kind.dialect == "ollama" and ask.operation == "chat":
        cut = cut_prompt(ask, reply.destination.target, usage.prompt_tokens)
        trip.warnings += (cut,) if cut is not None else ()
    used(trip, reply, usage)
    reply.succeeded(usage.completion_tokens)
    trip.stage = DONE
