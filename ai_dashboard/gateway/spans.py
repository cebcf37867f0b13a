"""A finished request as a span, and in it one for every provider that was asked.

They are named as the semantic conventions for generative AI have it
(https://github.com/open-telemetry/semantic-conventions-genai). No text of any prompt or answer is in them.
"""

from collections.abc import Iterator, Mapping

from ai_dashboard.core.costs import dollars
from ai_dashboard.core.events import Usage
from ai_dashboard.core.records import Stage
from ai_dashboard.gateway.generation import Generation
from ai_dashboard.gateway.masking import masked
from ai_dashboard.gateway.trip import Attempt, Trip
from ai_dashboard.telemetry.redaction import without_quotes
from ai_dashboard.telemetry.traces import Parent, Span, Value

SERVER_ERROR = 500

CONVENTIONAL: Mapping[str, str] = {"google": "gcp.gemini"}
"""Kinds of providers that the conventions call otherwise."""

COMPLETIONS = frozenset({"/v1/completions", "/completions", "/api/generate", "/api/ai/generate"})

Attributes = dict[str, Value]


def span_of(trip: Trip, generation: Generation, parent: Parent | None) -> Span:
    """All of it. `generation` says what kind the providers are."""
    offset = trip.at - trip.arrived
    operation = operation_of(trip.path)
    return Span(
        f"{trip.method} {masked(trip.path)}",
        "server",
        trip.at,
        trip.ended + offset,
        _of_request(trip, operation),
        without_quotes(masked(trip.message)) if trip.status >= SERVER_ERROR or trip.stage is Stage.CUT else "",
        parent,
        tuple(_attempts(trip, generation, operation, offset)),
    )


def operation_of(path: str) -> str:
    """What the conventions call that which is asked for there; what they have no word for goes by its path."""
    if path.endswith((":generateContent", ":streamGenerateContent")):
        return "generate_content"
    if "embed" in path.rpartition("/")[2].lower():
        return "embeddings"
    if path in COMPLETIONS:
        return "text_completion"
    if path.endswith(("/chat", "/chat/completions", "/messages", "/responses", "/chat/batch")):
        return "chat"
    return path.removeprefix("/v1/").strip("/")


def _of_request(trip: Trip, operation: str) -> Attributes:
    provider, model = trip.answerer
    attributes: Attributes = {
        "http.request.method": trip.method,
        "url.path": masked(trip.path),
        "gen_ai.operation.name": operation,
        "gen_ai.request.model": masked(trip.asked),
        "gen_ai.request.stream": trip.stream,
        "ai_dashboard.request_id": trip.id,
        "ai_dashboard.dialect": trip.dialect,
        "ai_dashboard.tenant": trip.tenant,
        "ai_dashboard.attempts": len(trip.attempts),
        "ai_dashboard.overhead_s": trip.overhead_s,
        "ai_dashboard.queued_s": trip.queued_s,
    }
    if trip.status:
        attributes["http.response.status_code"] = trip.status
    if provider:
        attributes |= {"ai_dashboard.provider": provider, "gen_ai.response.model": masked(model)}
    if trip.plan is not None:
        attributes |= {"ai_dashboard.rule": masked(trip.plan.rule), "ai_dashboard.strategy": trip.plan.strategy}
    if trip.cached is not None:
        attributes["ai_dashboard.cache"] = trip.cached
    if trip.first_token is not None:
        attributes["gen_ai.response.time_to_first_chunk"] = trip.first_token - trip.arrived
    if trip.error is not None:
        attributes["error.type"] = trip.error
    return attributes | _usage(trip.usage) | _cost(trip.cost)


def _attempts(trip: Trip, generation: Generation, operation: str, offset: float) -> Iterator[Span]:
    answered = trip.winner or (trip.attempts[-1] if trip.attempts else None)
    for attempt in trip.attempts:
        ended = attempt.ended if attempt.ended is not None else trip.ended
        usage = attempt.usage or (trip.usage if attempt is answered else None)
        yield Span(
            f"{operation} {masked(attempt.candidate.model)}",
            "client",
            attempt.started + offset,
            ended + offset,
            _of_attempt(attempt, generation, operation) | _usage(usage) | _cost(attempt.cost),
            without_quotes(masked(attempt.message)) if attempt.error is not None else "",
        )


def _of_attempt(attempt: Attempt, generation: Generation, operation: str) -> Attributes:
    candidate = attempt.candidate
    attributes: Attributes = {
        "gen_ai.operation.name": operation,
        "gen_ai.request.model": masked(candidate.model),
        "ai_dashboard.provider": candidate.provider,
        "ai_dashboard.attempt.kind": attempt.kind,
        "ai_dashboard.attempt.why": candidate.why,
        "ai_dashboard.attempt.cold": attempt.cold,
    }
    upstream = generation.upstreams.get(candidate.provider)
    if upstream is not None:
        kind = upstream.kind.name
        attributes["gen_ai.provider.name"] = CONVENTIONAL.get(kind, kind)
        attributes |= {"server.address": upstream.endpoint.host, "server.port": upstream.endpoint.port}
    if attempt.first_token is not None:
        attributes["gen_ai.response.time_to_first_chunk"] = attempt.first_token - attempt.started
    if attempt.status is not None:
        attributes["http.response.status_code"] = attempt.status
    if attempt.error is not None:
        attributes["error.type"] = attempt.error
    return attributes


def _usage(usage: Usage | None) -> Attributes:
    if usage is None:
        return {}
    attributes: Attributes = {
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
    }
    if usage.cached_tokens:
        attributes["gen_ai.usage.cache_read.input_tokens"] = usage.cached_tokens
    if usage.cache_write_tokens:
        attributes["gen_ai.usage.cache_creation.input_tokens"] = usage.cache_write_tokens
    if usage.reasoning_tokens:
        attributes["gen_ai.usage.reasoning.output_tokens"] = usage.reasoning_tokens
    return attributes


def _cost(cost: int | None) -> Attributes:
    return {} if cost is None else {"ai_dashboard.cost_usd": dollars(cost)}
