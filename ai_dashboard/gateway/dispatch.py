"""Attempts until one commits. Up to a provider's first content another one can still answer; after it none can."""

from dataclasses import dataclass

from ai_dashboard.core.chat import ChatRequest, HttpRequest, Target
from ai_dashboard.core.errors import CallerError, GatewayError, NoCandidate, UpstreamError, UpstreamInvalid
from ai_dashboard.core.plan import Candidate, Plan
from ai_dashboard.core.records import Stage
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.ollama.write import write_request as write_ollama
from ai_dashboard.dialects.openai.write import write_request as write_openai
from ai_dashboard.dialects.refusals import refusal
from ai_dashboard.dialects.relay import Relay, relay_for
from ai_dashboard.gateway.discretion import mask_secrets
from ai_dashboard.gateway.generation import Generation, Upstream
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.trip import Attempt, Trip
from ai_dashboard.transport.client import UpstreamClient, UpstreamReply

MAX_REFUSAL_BYTES = 64 * 1024


@dataclass(slots=True)
class Answer:
    """A provider's reply that the gateway is committed to. `held` is what had to be read to be sure of it."""

    attempt: Attempt
    upstream: Upstream
    reply: UpstreamReply
    relay: Relay
    held: bytes
    whole: bool
    runtime: Runtime
    settled: bool = False

    async def more(self) -> bytes | None:
        """The next bytes for the caller (perhaps none yet), or None after the last. Raises `UpstreamError`."""
        if self.whole:
            return None
        if chunk := await self.reply.chunk():
            return self.relay.feed(chunk)
        self.whole = True
        return self.relay.close()

    def succeeded(self) -> None:
        """The reply is whole: it speaks for its provider."""
        self.settled = True
        attempt = self.attempt
        attempt.ended = self.runtime.clock.monotonic()
        first = attempt.first_token if attempt.first_token is not None else attempt.ended
        self.runtime.attempt_succeeded(
            attempt.candidate.provider,
            total_s=attempt.ended - attempt.started,
            ttft_s=first - attempt.started,
            tokens=self.relay.usage.completion_tokens if self.relay.usage else 0,
        )

    def failed(self, error: UpstreamError) -> None:
        """The reply broke off after it had begun."""
        self.settled = True
        _note_failure(self.attempt, error, self.upstream, self.runtime)

    def close(self) -> None:
        """Let go of the connection, at once if the reply is not whole; without a word before, the caller has left."""
        self.reply.close()
        if not self.settled:
            self.attempt.ended = self.runtime.clock.monotonic()
            self.runtime.attempt_left(self.attempt.candidate.provider)


async def dispatch(
    ask: ChatRequest, plan: Plan, trip: Trip, generation: Generation, runtime: Runtime, client: UpstreamClient
) -> Answer:
    """The first candidate that commits. Raises what the caller should be told when none does."""
    failures: list[tuple[Candidate, GatewayError]] = []
    for candidate in plan.attempts:
        attempt = trip.attempt(candidate, runtime.clock.monotonic())
        runtime.attempt_begins(candidate.provider)
        upstream = generation.upstreams[candidate.provider]
        try:
            return await _commit(ask, trip, attempt, upstream, generation, runtime, client)
        except UpstreamError as error:
            _note_failure(attempt, error, upstream, runtime)
            if not error.falls_over:
                raise
            failures.append((candidate, error))
        except CallerError as error:
            # This provider's dialect cannot express the ask; the next one's may.
            _note_inexpressible(attempt, error, runtime)
            failures.append((candidate, error))
        except BaseException:
            attempt.ended = runtime.clock.monotonic()
            runtime.attempt_left(candidate.provider)
            raise
    raise _given_up(plan, failures, generation)


async def _commit(
    ask: ChatRequest,
    trip: Trip,
    attempt: Attempt,
    upstream: Upstream,
    generation: Generation,
    runtime: Runtime,
    client: UpstreamClient,
) -> Answer:
    """Send the ask and read until the reply has proven itself: first content of a stream, or all of a whole one."""
    candidate = attempt.candidate
    entry = generation.table.providers[candidate.provider].models.get(candidate.model)
    request = _write(ask, upstream.target(candidate.model, entry.options if entry else {}), upstream.kind)
    now = runtime.clock.monotonic
    sent = now()
    try:
        reply = await client.send(upstream.endpoint, request, upstream.timeouts)
    finally:
        trip.waited_s += now() - sent
    try:
        attempt.status = reply.status
        await _refuse_errors(reply, runtime)
        relay = relay_for(
            ask,
            upstream.kind,
            content_type=reply.header("content-type") or "",
            model=candidate.model,
            reply_id=f"chatcmpl-{trip.id}",
            created=int(trip.at),
        )
        held = []
        while True:
            asked = now()
            chunk = await reply.chunk()
            trip.waited_s += now() - asked
            whole = not chunk
            held.append(relay.feed(chunk) if chunk else relay.close())
            if attempt.first_token is None and (relay.committed or not ask.stream):
                attempt.first_token = now()
            if relay.committed or whole:
                break
    except BaseException:
        reply.close()
        raise
    trip.stage = Stage.STREAMING
    return Answer(attempt, upstream, reply, relay, b"".join(held), whole, runtime)


async def _refuse_errors(reply: UpstreamReply, runtime: Runtime) -> None:
    """Raise what a reply other than 200 stands for."""
    if reply.status >= 400:
        body = await reply.read(MAX_REFUSAL_BYTES)
        raise refusal(reply.status, reply.header, body, now_unix_s=runtime.clock.wall())
    if reply.status != 200:
        raise UpstreamInvalid(f"HTTP {reply.status} where an answer was expected", upstream_status=reply.status)


def _write(ask: ChatRequest, target: Target, kind: Kind) -> HttpRequest:
    return write_openai(ask, target, kind) if kind.dialect == "openai" else write_ollama(ask, target, kind)


def _note_failure(attempt: Attempt, error: UpstreamError, upstream: Upstream, runtime: Runtime) -> None:
    mask_secrets(error, upstream)
    attempt.ended = runtime.clock.monotonic()
    attempt.error, attempt.message = error.code, error.message
    attempt.status = error.upstream_status or attempt.status
    runtime.attempt_failed(attempt.candidate.provider, error)


def _note_inexpressible(attempt: Attempt, error: CallerError, runtime: Runtime) -> None:
    attempt.ended = runtime.clock.monotonic()
    attempt.error, attempt.message = error.code, error.message
    runtime.attempt_left(attempt.candidate.provider)


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
