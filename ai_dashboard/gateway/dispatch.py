"""Attempts until one commits. Up to a provider's first content another one can still answer; after it none can."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

from ai_dashboard.core.chat import Ask, HttpRequest
from ai_dashboard.core.errors import CallerError, GatewayError, NoCandidate, UpstreamError, UpstreamInvalid
from ai_dashboard.core.plan import Candidate, Plan
from ai_dashboard.core.records import Stage
from ai_dashboard.dialects import registry
from ai_dashboard.dialects.forms import Relay, ReplyHead, Written
from ai_dashboard.dialects.refusals import refusal
from ai_dashboard.gateway.discretion import mask_secrets
from ai_dashboard.gateway.generation import Destination, Generation, Upstream
from ai_dashboard.gateway.runtime import ProviderState, Runtime
from ai_dashboard.gateway.trip import Attempt, Trip
from ai_dashboard.transport.client import UpstreamClient, UpstreamReply

MAX_REFUSAL_BYTES = 64 * 1024


@dataclass(slots=True)
class Answer:
    """A provider's reply that the gateway is committed to. `held` is what had to be read to be sure of it; `warnings`
    say what this provider could not be told."""

    attempt: Attempt
    state: ProviderState
    destination: Destination
    reply: UpstreamReply
    relay: Relay
    held: bytes
    whole: bool
    warnings: tuple[str, ...]
    runtime: Runtime
    settled: bool = False

    async def more(self) -> tuple[bytes, bool]:
        """The next bytes for the caller, perhaps none yet, and whether they are the last. Raises `UpstreamError`."""
        if chunk := await self.reply.chunk():
            return self.relay.feed(chunk), False
        return self.relay.close(), True

    def succeeded(self, tokens: int) -> None:
        """The reply is whole: it speaks for its provider."""
        self.settled = True
        attempt = self.attempt
        attempt.ended = self.runtime.clock.monotonic()
        attempt.tokens = tokens
        self.runtime.attempt_succeeded(self.state)

    def failed(self, error: UpstreamError) -> None:
        """The reply broke off after it had begun."""
        self.settled = True
        _note_failure(self.attempt, self.state, error, self.destination.upstream, self.runtime)

    def close(self) -> None:
        """Let go of the connection, at once if the reply is not whole; without a word before, the caller has left."""
        self.reply.close()
        if not self.settled:
            self.attempt.ended = self.runtime.clock.monotonic()
            self.runtime.attempt_left(self.state)


Commit = Callable[[Attempt, ProviderState, Destination], Awaitable[Answer]]
"""One try: what commits us to a provider, or raises why it does not."""


def dispatch(
    ask: Ask, plan: Plan, trip: Trip, generation: Generation, runtime: Runtime, client: UpstreamClient
) -> Awaitable[Answer]:
    """The first candidate that commits. Raises what the caller should be told when none does."""

    def commit(attempt: Attempt, state: ProviderState, destination: Destination) -> Awaitable[Answer]:
        return _commit(ask, trip, attempt, state, destination, runtime, client)

    return first_to_commit(plan, trip, generation, runtime, commit)


async def first_to_commit(plan: Plan, trip: Trip, generation: Generation, runtime: Runtime, commit: Commit) -> Answer:
    """Try the candidates in order. Raises what the caller should be told when none commits."""
    failures: list[tuple[Candidate, GatewayError]] = []
    for candidate in plan.attempts:
        attempt = trip.attempt(candidate, runtime.clock.monotonic())
        state = runtime.attempt_begins(candidate.provider)
        destination = generation.destination(candidate)
        try:
            return await commit(attempt, state, destination)
        except UpstreamError as error:
            _note_failure(attempt, state, error, destination.upstream, runtime)
            if not error.falls_over:
                raise
            failures.append((candidate, error))
        except CallerError as error:
            # This provider's dialect cannot express the ask; the next one's may.
            _note_inexpressible(attempt, state, error, runtime)
            failures.append((candidate, error))
        except BaseException:
            attempt.ended = runtime.clock.monotonic()
            runtime.attempt_left(state)
            raise
    raise _given_up(plan, failures, generation)


async def _commit(
    ask: Ask,
    trip: Trip,
    attempt: Attempt,
    state: ProviderState,
    destination: Destination,
    runtime: Runtime,
    client: UpstreamClient,
) -> Answer:
    """Send the ask and read until the reply has proven itself: first content of a stream, or all of a whole one."""
    upstream = destination.upstream
    kind = upstream.kind
    form = kind.form_for(ask.form, ask.operation)
    if form is None:
        raise CallerError(f"{upstream.provider.name} ({kind.name}) offers no embeddings")
    request, warnings = _written(registry.write(ask, form, destination.target, kind), ask)
    now = runtime.clock.monotonic
    try:
        reply = await client.send(upstream.endpoint, request, upstream.timeouts)
    except BaseException:
        trip.waited_s += now() - attempt.started
        raise
    try:
        attempt.status = reply.status
        if reply.status != 200:
            await refuse(reply, runtime)
        if ask.stream and form == ask.form:
            _check_stream(reply, registry.stream_type(form))
        relay = registry.relay(ask, form, ReplyHead(trip.id, destination.target.model, int(trip.at)))
        held, whole = await _until_committed(ask, attempt, reply, relay, now)
    except BaseException:
        reply.close()
        raise
    finally:
        trip.waited_s += now() - attempt.started
    trip.stage = Stage.STREAMING
    return Answer(attempt, state, destination, reply, relay, held, whole, warnings, runtime)


def _written(written: Written, ask: Ask) -> tuple[HttpRequest, tuple[str, ...]]:
    """The request and the warnings. Raises `CallerError` for a caller who would rather be refused than half heard."""
    if written.warnings and ask.strict:
        raise CallerError(
            f"asked to be strict, and {'; '.join(written.warnings)}",
            hint="leave it out, choose another model, or do without `strict`",
        )
    return written.request, written.warnings


def _check_stream(reply: UpstreamReply, wanted: str) -> None:
    """A tap reads no more than it has to, so a page or a whole reply must not pass for a stream."""
    content_type = reply.header("content-type") or ""
    if not content_type.lower().startswith(wanted):
        raise UpstreamInvalid(f"asked for a stream, the provider sent {content_type or 'no content type'}")


async def _until_committed(
    ask: Ask, attempt: Attempt, reply: UpstreamReply, relay: Relay, now: Callable[[], float]
) -> tuple[bytes, bool]:
    """What had to be read to be sure of the reply, and whether that was all of it."""
    held = b""
    while True:
        chunk = await reply.chunk()
        held += relay.feed(chunk) if chunk else relay.close()
        if attempt.first_token is None and (relay.committed or not ask.stream):
            attempt.first_token = now()
        if not chunk or (relay.committed and ask.stream):
            return held, not chunk


async def refuse(reply: UpstreamReply, runtime: Runtime) -> NoReturn:
    """Raise what a reply stands for that is no answer, by its status."""
    if reply.status >= 400:
        body = await reply.read(MAX_REFUSAL_BYTES)
        raise refusal(reply.status, reply.header, body, now_unix_s=runtime.clock.wall())
    raise UpstreamInvalid(f"HTTP {reply.status} where an answer was expected", upstream_status=reply.status)


def _note_failure(
    attempt: Attempt, state: ProviderState, error: UpstreamError, upstream: Upstream, runtime: Runtime
) -> None:
    mask_secrets(error, upstream)
    attempt.ended = runtime.clock.monotonic()
    attempt.error, attempt.message = error.code, error.message
    attempt.status = error.upstream_status or attempt.status
    runtime.attempt_failed(state, error)


def _note_inexpressible(attempt: Attempt, state: ProviderState, error: CallerError, runtime: Runtime) -> None:
    attempt.ended = runtime.clock.monotonic()
    attempt.error, attempt.message = error.code, error.message
    runtime.attempt_left(state)


def _given_up(plan: Plan, failures: list[tuple[Candidate, GatewayError]], generation: Generation) -> GatewayError:
    """What the caller is told: the one failure as it was, or all of them under the status of the last."""
    if not failures:
        left_out = "; ".join(f"{item.provider}/{item.model}: {item.reason}" for item in plan.excluded)
        return NoCandidate(
            f"no provider can answer for {plan.asked!r} now ({left_out or 'its rule names no provider that is known'})",
            hint=f"`ai-dashboard route {plan.asked}` explains",
        )
    told = [
        f"{candidate.provider}/{candidate.model}: {_reason(error, generation.upstreams[candidate.provider])}"
        for candidate, error in failures
    ]
    last = failures[-1][1]
    last.message = told[0] if len(told) == 1 else f"all {len(told)} candidates failed ({'; '.join(told)})"
    return last


def _reason(error: GatewayError, upstream: Upstream) -> str:
    """What went wrong, to go behind the provider's name: without its address, and without a full stop."""
    return error.message.removeprefix(f"{upstream.endpoint}: ").rstrip(".")
