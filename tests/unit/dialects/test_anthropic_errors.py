"""Errors as Anthropic's callers read them."""

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
    NoCandidate,
    Overloaded,
    Unauthorized,
    UpstreamInvalid,
    UpstreamRateLimited,
    UpstreamTimeout,
)  # fmt: skip
from ai_dashboard.dialects.anthropic.errors import error_body, error_frame, status


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (CallerError("no"), 400, "invalid_request_error"),
        (Unauthorized("no"), 401, "authentication_error"),
        (BudgetExceeded("no"), 402, "billing_error"),
        (Forbidden("no"), 403, "permission_error"),
        (ModelNotFound("no"), 404, "not_found_error"),
        (MethodNotAllowed("no"), 405, "invalid_request_error"),
        (BodyTimeout("no"), 408, "timeout_error"),
        (BodyTooLarge("no"), 413, "request_too_large"),
        (UpstreamRateLimited("no"), 429, "rate_limit_error"),
        (GatewayError("no"), 500, "api_error"),
        (UpstreamInvalid("no"), 502, "api_error"),
        (NoCandidate("no"), 503, "api_error"),
        (UpstreamTimeout("no"), 504, "timeout_error"),
        (Overloaded("no"), 529, "overloaded_error"),
    ],
)
def test_status_type_and_code(error: GatewayError, code: int, kind: str) -> None:
    assert status(error) == code
    assert orjson.loads(error_body(error, "req_1")) == {
        "type": "error",
        "error": {"type": kind, "message": "no", "details": {"error_code": error.code}},
        "request_id": "req_1",
    }


def test_what_to_do_is_part_of_the_message() -> None:
    body = orjson.loads(error_body(CallerError("no such field", hint="leave it out"), "r"))
    assert body["error"]["message"] == "no such field. leave it out"


def test_a_frame_is_an_error_event() -> None:
    error = UpstreamInvalid("no")
    assert error_frame(error, "r") == b"event: error\ndata: " + error_body(error, "r") + b"\n\n"
