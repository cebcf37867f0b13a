"""Our error tree, written as OpenAI's errors, so that each SDK raises its own right exception."""

import orjson

from ai_dashboard.core.errors import GatewayError
from ai_dashboard.dialects.refusals import told

TOO_LONG = "This model's maximum context length is {window} tokens. However, you requested {tokens} tokens"


def error_body(error: GatewayError, request_id: str) -> bytes:
    """The JSON body of an error reply: what happened, a stable code, and what to do about it."""
    detail: dict[str, object] = {
        "message": told(error, TOO_LONG),
        "type": error.kind,
        "param": None,
        "code": error.code,
        "request_id": request_id,
    }
    return orjson.dumps({"error": detail})


def error_frame(error: GatewayError, request_id: str) -> bytes:
    """An error as the last event of a stream: no finish reason is invented and no [DONE] follows."""
    return b"data: " + error_body(error, request_id) + b"\n\n"
