"""Our error tree, written as Ollama's errors. Its clients read `error` as a string and nothing else."""

import orjson

from ai_dashboard.core.errors import GatewayError
from ai_dashboard.dialects.refusals import told

TOO_LONG = "the input length exceeds the context length ({tokens} tokens > {window})"


def error_body(error: GatewayError, request_id: str) -> bytes:
    """The JSON body of an error reply: what happened and what to do about it, with a stable code."""
    return orjson.dumps({"error": told(error, TOO_LONG), "code": error.code, "request_id": request_id})


def error_frame(error: GatewayError, request_id: str) -> bytes:
    """An error as the last line of a stream, which no line with `done` follows."""
    return error_body(error, request_id) + b"\n"
