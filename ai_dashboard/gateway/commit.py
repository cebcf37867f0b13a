"""One try at one provider: send the ask, and read until the reply has proven itself. Until then another provider can
still answer; from then on this one does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

from ai_dashboard.core.chat import Ask, Form, HttpRequest
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError, DeadlineExceeded, UpstreamError, UpstreamInvalid, UpstreamTimeout
from ai_dashboard.core.records import Stage
from ai_dashboard.dialects import registry
from ai_dashboard.dialects.forms import Relay, ReplyHead, Written
from ai_dashboard.dialects.refusals import refusal
from ai_dashboard.gateway.discretion import mask_secrets
from ai_dashboard.gateway.generation import Destination
from ai_dashboard.gateway.handling import Handling
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.trip import Attempt, Trip
from ai_dashboard.transport.client import UpstreamClient, UpstreamReply

# By names of their own: to look a member up in its enumeration takes twenty times as long.
STREAMING = Stage.STREAMING

MAX_REFUSAL_BYTES = 64 * 1024

MakeRelay = Callable[[Ask, Form, ReplyHead], Relay]
"""What reads a reply in a provider's form."""

ROUNDING_S = 0.01
"""A timeout this close to the deadline of the whole request is the deadline's."""


@dataclass(slots=True)
class Answer:
    """A provider's reply that the gateway is committed to. `held` is what had to be read to be sure of it; `warnings`
    say what this provider could not be told."""

    trip: Trip
    attempt: Attempt
    destination: Destination
    reply: UpstreamReply
    relay: Relay
    held: bytes
    whole: bool
    warnings: tuple[str, ...]
    runtime: Runtime
    settled: bool = False

    @property
    def ended(self) -> bool:
        """Whether all of it is here, so that nothing has to be waited for."""
        return self.whole or self.reply.at_end

    async def more(self) -> tuple[bytes, bool]:
        """The next bytes for the caller, perhaps none yet, and whether they are the last. Raises `UpstreamError`."""
        if chunk := await self.reply.chunk():
            return self.relay.feed(chunk), False
        return self.relay.close(), True

    async def pour(self, send: Callable[[bytes], bool], ready: Callable[[], Awaitable[None]]) -> bytes:
        """Hand what comes for the caller to `send`, the moment it is here; where that returns False, no more before
        `ready` returns. Returns the last bytes, perhaps none. Raises `UpstreamError`, and what `send` does."""
        feed = self.relay.feed
        while not await self.reply.pour(lambda chunk: send(feed(chunk))):
            await ready()
        return self.relay.close()

    def succeeded(self, tokens: int) -> None:
        """The reply is whole: it speaks for its provider."""
        if self.settled:
            return
        self.settled = True
        attempt = self.attempt
        attempt.ended = self.runtime.clock.monotonic()
        attempt.tokens, attempt.streamed = tokens, self.trip.stream
        trip = self.trip
        others = trip.plan is not None and len(trip.plan.attempts) > 1
        self.runtime.attempt_succeeded(attempt, trip.facts if others else None)

    def failed(self, error: UpstreamError) -> UpstreamError:
        """The reply broke off after it had begun; what it was in truth."""
        if self.settled:
            return error
        self.settled = True
        return note_failure(self.trip, self.attempt, error, self.destination, self.runtime)

    def close(self) -> None:
        """Let go of the connection, at once if the reply is not whole; without a word before, the caller has left."""
        self.reply.close()
        if not self.settled:
            self.settled = True
            note_left(self.attempt, self.runtime)


async def commit(
    ask: Ask,
    trip: Trip,
    attempt: Attempt,
    destination: Destination,
    handling: Handling,
    runtime: Runtime,
    client: UpstreamClient,
    read: MakeRelay | None = None,
) -> Answer:
    """Commit to a provider at its first content of a stream, or at the end of a whole reply. Raises why not."""
    upstream = destination.upstream
    kind = upstream.kind
    form = kind.form_for(ask.form, ask.operation)
    if form is None:
        raise CallerError(f"{upstream.provider.name} ({kind.name}) offers no embeddings")
    request, warnings = _written(registry.write(ask, form, destination.target, kind), ask)
    # Before anything is sent: a reply that could not be written would be paid for in vain.
    head = ReplyHead(trip.id, destination.target.model, int(trip.at))
    if read is not None:
        relay: Relay = read(ask, form, head)
    elif handling.on_cut != "error" and ask.stream and ask.operation == "chat":
        relay = registry.resumable(ask, form, head)
    else:
        relay = registry.relay(ask, form, head)
    timeouts = handling.timeouts(upstream.timeouts, trip.left_s(attempt.started))
    now = runtime.clock.monotonic
    try:
        reply = await client.send(upstream.endpoint, request, timeouts)
    except BaseException:
        trip.waited_s += now() - attempt.started
        raise
    try:
        attempt.status, attempt.headers = reply.status, reply.raw_headers
        if reply.status != 200:
            await refuse(reply, runtime)
        if ask.stream:
            check_stream(reply, registry.stream_type(form))
        held, whole = await until_committed(ask, attempt, reply, relay, now)
        if handling.holdback_s and ask.stream and not whole:
            held, whole = await _held_back(held, reply, relay, handling.holdback_s)
    except BaseException:
        reply.close()
        raise
    finally:
        trip.waited_s += now() - attempt.started
    runtime.attempt_answers(attempt)
    trip.stage = STREAMING
    return Answer(trip, attempt, destination, reply, relay, held, whole, warnings, runtime)


def note_failure(
    trip: Trip, attempt: Attempt, error: UpstreamError, destination: Destination, runtime: Runtime
) -> UpstreamError:
    """Put a failure on record; and what it is in truth: a provider that was given less time than usual, because the
    caller has no more, is not to blame for taking longer."""
    attempt.ended = now = runtime.clock.monotonic()
    if isinstance(error, UpstreamTimeout) and now >= trip.deadline - ROUNDING_S:
        error = DeadlineExceeded("the time for this request is over", hint="give it more time, or ask for less")
    mask_secrets(error, destination.upstream)
    attempt.error, attempt.message = error.code, error.message
    attempt.status = error.upstream_status or attempt.status
    runtime.attempt_failed(attempt, error)
    return error


def note_left(attempt: Attempt, runtime: Runtime, error: CallerError | None = None) -> None:
    """Put a try on record that says nothing of its provider: the caller has left, or the ask could not be written."""
    attempt.ended = runtime.clock.monotonic()
    if error is not None:
        attempt.error, attempt.message = error.code, error.message
    runtime.attempt_left(attempt)


async def refuse(reply: UpstreamReply, runtime: Runtime) -> NoReturn:
    """Raise what a reply stands for that is no answer, by its status."""
    if reply.status >= 400:
        body = await reply.read(MAX_REFUSAL_BYTES)
        raise refusal(reply.status, reply.header, body, now_unix_s=runtime.clock.wall())
    raise UpstreamInvalid(f"HTTP {reply.status} where an answer was expected", upstream_status=reply.status)


def _written(written: Written, ask: Ask) -> tuple[HttpRequest, tuple[str, ...]]:
    """The request and the warnings. Raises `CallerError` for a caller who would rather be refused than half heard."""
    if written.warnings and ask.strict:
        raise CallerError(
            f"asked to be strict, and {'; '.join(written.warnings)}",
            hint="leave it out, choose another model, or do without `strict`",
        )
    return written.request, written.warnings


def check_stream(reply: UpstreamReply, wanted: str) -> None:
    """A page or a whole reply must not pass for a stream; least of all before a tap, which reads no more than it has
    to."""
    content_type = reply.header("content-type") or ""
    if not content_type.lower().startswith(wanted):
        raise UpstreamInvalid(f"asked for a stream, the provider sent {content_type or 'no content type'}")


async def until_committed(
    ask: Ask, attempt: Attempt, reply: UpstreamReply, relay: Relay, now: Callable[[], float]
) -> tuple[bytes, bool]:
    """What had to be read to be sure of the reply, and whether that was all of it."""
    if not ask.stream:
        return await _to_its_end(attempt, reply, relay, now), True
    held = b""
    while True:
        chunk = reply.at_once()
        if chunk is None:
            chunk = await reply.chunk()
        held += relay.feed(chunk) if chunk else relay.close()
        if attempt.first_token is None and relay.committed:
            attempt.first_token = now()
        if not chunk or relay.committed:
            return held, not chunk


async def _to_its_end(attempt: Attempt, reply: UpstreamReply, relay: Relay, now: Callable[[], float]) -> bytes:
    """All of a reply in one piece. Nobody has to be woken for a part of it."""
    if (chunk := reply.at_once()) is not None and reply.at_end:  # it came with its head, as nearly all do
        attempt.first_token = now()
        return (relay.feed(chunk) if chunk else b"") + relay.close()
    held: list[bytes] = []

    def take(piece: bytes) -> bool:
        if attempt.first_token is None:
            attempt.first_token = now()
        held.append(relay.feed(piece))
        return True

    if chunk:
        take(chunk)
    await reply.pour(take)
    return b"".join(held) + relay.close()


async def _held_back(held: bytes, reply: UpstreamReply, relay: Relay, seconds: float) -> tuple[bytes, bool]:
    """As `until_committed`, a moment later: what breaks off within that moment has never begun."""
    await asyncio.sleep(seconds)
    while reply.ready:
        chunk = await reply.chunk()
        held += relay.feed(chunk) if chunk else relay.close()
        if not chunk:
            return held, True
    return held, False
