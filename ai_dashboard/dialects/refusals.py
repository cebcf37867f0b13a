"""A provider's error reply, read into our error tree by its status; its own message is kept inside."""

import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import orjson

from ai_dashboard.core.errors import (
    UpstreamError,
    UpstreamLacksModel,
    UpstreamRateLimited,
    UpstreamRefusedKey,
    UpstreamRejected,
)  # fmt: skip

MAX_MESSAGE = 300
_BEARERS = re.compile(r"\b(sk-|Bearer )[A-Za-z0-9_\-*.]{4,}([A-Za-z0-9]{4})")


def refusal(status: int, header: Callable[[str], str | None], body: bytes, *, now_unix_s: float) -> UpstreamError:
    """The error that a reply with a status of 400 or more stands for."""
    message = f"HTTP {status}: {message_of(body)}"
    wait = retry_after(header, now_unix_s=now_unix_s)
    match status:
        case 401 | 403:
            return UpstreamRefusedKey(message, upstream_status=status, hint="check the provider's API key")
        case 404:
            return UpstreamLacksModel(message, upstream_status=status)
        case 429:
            return UpstreamRateLimited(message, upstream_status=status, retry_after_s=wait)
        case 408 | 409 | 425:
            return UpstreamError(message, upstream_status=status, retry_after_s=wait)
        case _ if 400 <= status < 500:
            content_type = header("content-type") or "application/json"
            return UpstreamRejected(message, upstream_status=status, body=body, content_type=content_type)
        case _:
            return UpstreamError(message, upstream_status=status, retry_after_s=wait)


def message_of(body: bytes) -> str:
    """The provider's own words, whichever dialect's error object they are in; keys that it echoes are masked."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        text = body[:MAX_MESSAGE].decode("utf-8", "replace")
        parsed = "an HTML page" if text.lstrip().lower().startswith(("<!doctype", "<html")) else text
    match parsed:
        case {"error": {"message": str(text)}} | {"error": str(text)} | {"message": str(text)} | {"detail": str(text)}:
            pass
        case str(text):
            pass
        case _:
            text = orjson.dumps(parsed)[:MAX_MESSAGE].decode("utf-8", "replace")
    text = _BEARERS.sub(r"\1…\2", " ".join(text.split()))
    return (text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE] + "…") or "no message"


def retry_after(header: Callable[[str], str | None], *, now_unix_s: float) -> float | None:
    """Seconds to wait: `retry-after-ms`, or `Retry-After` as seconds or an HTTP date; None when unusable or absent."""
    scale = 0.001 if (value := header("retry-after-ms")) is not None else 1.0
    if value is None and (value := header("retry-after")) is None:
        return None
    try:
        seconds = float(value) * scale
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - now_unix_s
        except ValueError:
            return None
    return seconds if 0 <= seconds < float("inf") else None
