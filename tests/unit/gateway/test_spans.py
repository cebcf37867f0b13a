"""A finished request as spans, in the words of the conventions."""

import pytest

from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Candidate, Plan
from ai_dashboard.core.records import Stage
from ai_dashboard.gateway.generation import build_generation
from ai_dashboard.gateway.spans import operation_of, span_of
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.telemetry.traces import Parent
from tests.unit.gateway.hands import configured

GENERATION = build_generation(1, configured())
KEY = "sk-" + "a1B2" * 10


def asked() -> Trip:
    trip = Trip("id-1", "openai", 1e9, 100.0, asked="fast", stage=Stage.DONE, status=200, ended=103.0)
    trip.method, trip.path, trip.first_token, trip.stream = "POST", "/v1/chat/completions", 101.5, True
    trip.plan = Plan("fast", "aliases.fast", (), (), strategy="least_loaded")
    failed = trip.attempt(Candidate("gone", "m", "listed", 1.0), 100.25)
    failed.ended, failed.error, failed.message, failed.status = 101.0, "upstream_error", f"HTTP 500 {KEY}", 500
    answered = trip.attempt(Candidate("p", "n", "fallback", 0.5), 101.0, "fallback")
    answered.first_token, answered.ended, answered.tokens, answered.cost = 101.5, 102.75, 7, 1_500_000_000
    trip.usage = Usage(10, 7, cached_tokens=4, reasoning_tokens=2)
    return trip


def test_a_request_is_a_span_with_one_in_it_for_every_attempt() -> None:
    parent = Parent(1, 2, sampled=True)
    span = span_of(asked(), GENERATION, parent)
    assert (span.name, span.kind, span.began, span.ended, span.error) == (
        "POST /v1/chat/completions", "server", 1e9, 1e9 + 3, "",
    )  # fmt: skip
    assert span.parent is parent
    first, second = span.below
    assert (first.name, first.kind, first.began - 1e9, first.ended - 1e9) == ("chat m", "client", 0.25, 1.0)
    assert (second.name, second.began - 1e9, second.ended - 1e9, second.error) == ("chat n", 1.0, 2.75, "")
    assert first.error.startswith("HTTP 500")
    assert KEY not in first.error


def test_attributes_have_the_names_of_the_conventions() -> None:
    span = span_of(asked(), GENERATION, None)
    failed, answered = span.below
    assert span.attributes["gen_ai.request.model"] == "fast"
    assert span.attributes["gen_ai.response.model"] == "n"
    assert span.attributes["gen_ai.operation.name"] == "chat"
    assert span.attributes["http.response.status_code"] == 200
    assert span.attributes["gen_ai.response.time_to_first_chunk"] == 1.5
    assert span.attributes["ai_dashboard.cost_usd"] == 1.5
    assert dict(answered.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "vllm",
        "gen_ai.request.model": "n",
        "gen_ai.response.time_to_first_chunk": 0.5,
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.usage.reasoning.output_tokens": 2,
        "server.address": "127.0.0.1",
        "server.port": 8001,
        "ai_dashboard.provider": "p",
        "ai_dashboard.attempt.kind": "fallback",
        "ai_dashboard.attempt.why": "fallback",
        "ai_dashboard.attempt.cold": False,
        "ai_dashboard.cost_usd": 1.5,
    }
    assert failed.attributes["error.type"] == "upstream_error"
    assert "gen_ai.provider.name" not in failed.attributes, "a provider that is gone has no kind"
    assert "gen_ai.usage.input_tokens" not in failed.attributes


@pytest.mark.parametrize(
    ("status", "stage", "is_error"),
    [(200, Stage.DONE, False), (404, Stage.FAILED, False), (502, Stage.FAILED, True), (200, Stage.CUT, True)],
)
def test_only_what_is_not_the_callers_own_fault_is_an_error(status: int, stage: Stage, is_error: bool) -> None:
    trip = asked()
    trip.status, trip.stage, trip.error, trip.message = status, stage, "some_code", "so it was"
    span = span_of(trip, GENERATION, None)
    assert (span.error == "so it was") is is_error
    assert span.attributes["error.type"] == "some_code"


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/v1/chat/completions", "chat"),
        ("/chat/completions", "chat"),
        ("/v1/messages", "chat"),
        ("/v1/responses", "chat"),
        ("/api/chat", "chat"),
        ("/v1/chat/batch", "chat"),
        ("/v1/completions", "text_completion"),
        ("/api/generate", "text_completion"),
        ("/v1beta/models/embed-me:generateContent", "generate_content"),
        ("/v1beta/models/g:streamGenerateContent", "generate_content"),
        ("/v1beta/models/g:batchEmbedContents", "embeddings"),
        ("/v1/embeddings", "embeddings"),
        ("/api/embed", "embeddings"),
        ("/v1/audio/speech", "audio/speech"),
    ],
)
def test_what_is_asked_for_has_a_word(path: str, operation: str) -> None:
    assert operation_of(path) == operation
