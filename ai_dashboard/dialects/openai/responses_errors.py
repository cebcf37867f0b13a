"""Our error tree as the error event of the Responses API; its error replies are those of all of OpenAI's endpoints."""

import orjson

from ai_dashboard.core.errors import GatewayError
from ai_dashboard.dialects.openai.errors import error_body

LAST_NUMBER = (1 << 31) - 1
"""The event's sequence number: whoever writes an error does not know how many events went before; none comes after."""


def error_frame(error: GatewayError, request_id: str) -> bytes:
    """An error as the last event of a stream. It is told twice: in the fields that the reference lists, and as the
    `error` object that the service sends and that makes the official client raise."""
    body = orjson.loads(error_body(error, request_id))
    detail = body["error"]
    event = {
        "type": "error",
        "sequence_number": LAST_NUMBER,
        "code": detail["code"],
        "message": detail["message"],
        "param": None,
        **body,
    }
    return b"event: error\ndata: " + orjson.dumps(event) + b"\n\n"
