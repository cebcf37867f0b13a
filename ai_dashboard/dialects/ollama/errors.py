"""Our error tree, written as Ollama's errors. Its clients read `error` as a string and nothing else."""

import orjson

from ai_dashboard.core.errors import GatewayError


def error_body(error: GatewayError, request_id: str) -> bytes:
    """The JSON body of an error reply: what happened and what to do about it, with a stable code."""
    message = f"{error.message}. {error.hint}" if error.hint else error.message
    return orjson.dumps({"error": message, "code": error.code, "request_id": request_id})


def error_frame(error: GatewayError, request_id: str) -> bytes:
    """An error as the last line of a stream, which no line with `done` follows."""
    return error_body(error, request_id) + b"\n"
