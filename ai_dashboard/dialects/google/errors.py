"""Our error tree, written as Google's errors (https://google.aip.dev/193). Its SDKs choose the exception by the HTTP
status and show `status`, the name that gRPC has for it."""

from collections.abc import Mapping
from types import MappingProxyType

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import GatewayError
from ai_dashboard.dialects.refusals import status_of, told

DOMAIN = "ai-dashboard"

TOO_LONG = "The input token count ({tokens}) exceeds the maximum number of tokens allowed ({window})"

_NAMES: Mapping[int, str] = MappingProxyType({
    401: "UNAUTHENTICATED",
    402: "RESOURCE_EXHAUSTED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
})  # fmt: skip
_TYPES = "type.googleapis.com/google.rpc."


def status_name(status: int) -> str:
    """Google's name for an HTTP status."""
    return _NAMES.get(status) or ("INVALID_ARGUMENT" if status < 500 else "INTERNAL")


def error_body(error: GatewayError, request_id: str) -> bytes:
    """The JSON body of an error reply: what happened, a stable code as the reason, and what to do about it."""
    details: list[JsonObject] = [
        {"@type": _TYPES + "ErrorInfo", "reason": error.code, "domain": DOMAIN},
        {"@type": _TYPES + "RequestInfo", "requestId": request_id},
    ]
    if error.retry_after_s is not None:
        details.append({"@type": _TYPES + "RetryInfo", "retryDelay": f"{error.retry_after_s:.3f}s"})
    status = status_of(error)
    body: JsonObject = {
        "code": status,
        "message": told(error, TOO_LONG),
        "status": status_name(status),
        "details": details,
    }
    # `error` comes first: in a stream the SDK knows an error by how its JSON begins.
    return orjson.dumps({"error": body})


def error_frame(error: GatewayError, request_id: str) -> bytes:
    """An error as the last event of a stream: no finish reason is invented."""
    return b"data: " + error_body(error, request_id) + b"\n\n"
