"""Rows of the request log as an HTTP archive (HAR 1.2), which the network panels of browsers open.

What the log does not keep (headers, and bodies unless it was told to) is left empty, as the format wants it; what HAR
has no place for is in fields that begin with an underscore.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

import orjson

from ai_dashboard import __version__
from ai_dashboard.core.request_log import JsonObject, LoggedRequest

PATHS = {
    "openai": "/v1/chat/completions",
    "anthropic": "/v1/messages",
    "ollama": "/api/chat",
    "google": "/v1beta/models",
}
"""Where a row without a path of its own most likely came in."""

UNKNOWN = -1


def as_har(requests: Iterable[LoggedRequest], address: str) -> Iterator[str]:
    """The archive, piece by piece. `address` is that of the gateway (`http://127.0.0.1:4000`)."""
    creator = {"name": "ai-dashboard", "version": __version__}
    yield f'{{"log":{{"version":"1.2","creator":{orjson.dumps(creator).decode()},"pages":[],"entries":['
    comma = ""
    for request in requests:
        yield comma + orjson.dumps(entry(request, address)).decode()
        comma = ",\n"
    yield "]}}\n"


def entry(request: LoggedRequest, address: str) -> JsonObject:
    """One row."""
    wait_s = request.ttft_s if request.ttft_s is not None else request.total_s
    return {
        "startedDateTime": datetime.fromtimestamp(request.at, UTC).isoformat(timespec="milliseconds"),
        "time": _ms(request.total_s),
        "request": _request(request, address),
        "response": _response(request),
        "cache": {},
        "timings": {
            "blocked": _ms(request.stages.get("queue", 0.0)),
            "dns": UNKNOWN,
            "connect": UNKNOWN,
            "ssl": UNKNOWN,
            "send": 0,
            "wait": _ms(max(0.0, wait_s - request.stages.get("queue", 0.0))),
            "receive": _ms(max(0.0, request.total_s - wait_s)),
        },
        "_id": request.id,
        "_tenant": request.tenant,
        "_key": request.key_id,
        "_provider": request.provider,
        "_model": request.model,
        "_asked": request.asked,
        "_cost": request.cost,
        "_cached": request.cached,
        "_tokens": {"prompt": request.prompt_tokens, "completion": request.completion_tokens},
        "_error": request.error,
        "_attempts": request.attempts,
    }


def _request(request: LoggedRequest, address: str) -> JsonObject:
    path = request.path or PATHS.get(request.dialect, "/")
    body = request.request_body
    written: JsonObject = {
        "method": request.method,
        "url": f"{address}{path}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "queryString": [{"name": name, "value": value} for name, value in parse_qsl(urlsplit(path).query)],
        "headersSize": UNKNOWN,
        "bodySize": len(body.encode()) if body is not None else UNKNOWN,
    }
    if body is not None:
        written["postData"] = {"mimeType": "application/json", "params": [], "text": body}
    return written


def _response(request: LoggedRequest) -> JsonObject:
    body = request.response_body
    content: JsonObject = {
        "size": len(body.encode()) if body is not None else 0,
        "mimeType": "text/event-stream" if request.stream else "application/json",
    }
    if body is not None:
        content["text"] = body
    return {
        "status": request.status,
        "statusText": _phrase(request.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "content": content,
        "redirectURL": "",
        "headersSize": UNKNOWN,
        "bodySize": UNKNOWN,
    }


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
