"""Errors as Google's clients know them."""

import orjson
import pytest

from ai_dashboard.core.errors import (
    BodyTimeout,
    BodyTooLarge,
    BudgetExceeded,
    CallerError,
    Forbidden,
    GatewayError,
    MethodNotAllowed,
    ModelNotFound,
    Overloaded,
    Unauthorized,
    UpstreamRateLimited,
    UpstreamTimeout,
    UpstreamTruncated,
)  # fmt: skip
from ai_dashboard.dialects.google.errors import error_body, error_frame


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (CallerError("x"), 400, "INVALID_ARGUMENT"), (Unauthorized("x"), 401, "UNAUTHENTICATED"),
        (BudgetExceeded("x"), 402, "RESOURCE_EXHAUSTED"),
        (Forbidden("x"), 403, "PERMISSION_DENIED"), (ModelNotFound("x"), 404, "NOT_FOUND"),
        (MethodNotAllowed("x"), 405, "UNIMPLEMENTED"), (BodyTimeout("x"), 408, "DEADLINE_EXCEEDED"),
        (BodyTooLarge("x"), 413, "INVALID_ARGUMENT"), (UpstreamRateLimited("x"), 429, "RESOURCE_EXHAUSTED"),
        (GatewayError("x"), 500, "INTERNAL"), (UpstreamTruncated("x"), 502, "UNAVAILABLE"),
        (Overloaded("x"), 503, "UNAVAILABLE"), (UpstreamTimeout("x"), 504, "DEADLINE_EXCEEDED"),
    ],
)  # fmt: skip
def test_every_status_has_its_name(error: GatewayError, code: int, status: str) -> None:
    body = orjson.loads(error_body(error, "r1"))["error"]
    assert (body["code"], body["status"], body["message"]) == (code, status, "x")
    assert body["details"][0]["reason"] == error.code


def test_the_details_say_what_to_do() -> None:
    error = UpstreamRateLimited("too many", hint="wait", retry_after_s=1.5)
    assert orjson.loads(error_body(error, "r1")) == {
        "error": {
            "code": 429,
            "message": "too many. wait",
            "status": "RESOURCE_EXHAUSTED",
            "details": [
                {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "upstream_rate_limited",
                 "domain": "ai-dashboard"},
                {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": "r1"},
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.500s"},
            ],
        }
    }  # fmt: skip


def test_a_frame_begins_as_the_official_client_expects() -> None:
    frame = error_frame(UpstreamTruncated("cut"), "r1")
    assert frame.startswith(b'data: {"error":')
    assert frame.endswith(b"}\n\n")
