"""Errors in OpenAI's form."""

import orjson
import pytest

from ai_dashboard.core.errors import GatewayError, ModelNotFound, NoCandidate, UpstreamRateLimited
from ai_dashboard.dialects.openai.errors import error_body, error_frame
from ai_dashboard.dialects.sse import SseDecoder


@pytest.mark.parametrize(
    ("error", "kind", "code", "message"),
    [
        (ModelNotFound("no such model"), "invalid_request_error", "model_not_found", "no such model"),
        (NoCandidate("none is up", hint="try later"), "server_error", "no_provider_available", "none is up. try later"),
        (UpstreamRateLimited("slow\ndown"), "rate_limit_error", "upstream_rate_limited", "slow\ndown"),
    ],
)  # fmt: skip
def test_an_error_says_what_happened_and_what_to_do(error: GatewayError, kind: str, code: str, message: str) -> None:
    body = error_body(error, "req-1")
    assert orjson.loads(body)["error"] == {
        "message": message,
        "type": kind,
        "param": None,
        "code": code,
        "request_id": "req-1",
    }
    assert [event.data for event in SseDecoder().feed(error_frame(error, "req-1"))] == [body]
