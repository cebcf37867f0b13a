"""Our error tree, written as Anthropic's errors, so that its SDKs raise their own right exceptions.

Clients choose by the HTTP status, and by `details.error_code` where that is one of Anthropic's; ours is put there.
"""

from collections.abc import Mapping
from types import MappingProxyType

import orjson

from ai_dashboard.core.errors import GatewayError, Overloaded
from ai_dashboard.dialects.refusals import status_of, told

TOO_LONG = "prompt is too long: {tokens} tokens > {window} maximum"

OVERLOADED = 529
"""Anthropic's own status for an overload; its clients wait and try again, as they do for a 503."""

_TYPES: Mapping[int, str] = MappingProxyType({
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    OVERLOADED: "overloaded_error",
})  # fmt: skip


def status(error: GatewayError) -> int:
    """The HTTP status that Anthropic's callers expect."""
    return OVERLOADED if isinstance(error, Overloaded) and error.status == Overloaded.status else status_of(error)


def error_body(error: GatewayError, request_id: str) -> bytes:
    """The JSON body of an error reply: what happened, a stable code, and what to do about it."""
    code = status(error)
    detail: dict[str, object] = {
        "type": _TYPES.get(code) or ("invalid_request_error" if code < 500 else "api_error"),
        "message": told(error, TOO_LONG),
        "details": {"error_code": error.code},
    }
    return orjson.dumps({"type": "error", "error": detail, "request_id": request_id})


def error_frame(error: GatewayError, request_id: str) -> bytes:
    """An error as the last event of a stream: no stop reason is invented and no `message_stop` follows."""
    return b"event: error\ndata: " + error_body(error, request_id) + b"\n\n"
