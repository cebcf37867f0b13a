"""A provider's error reply, read into our error tree by its status; its own message is kept inside."""

import re
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

import orjson

from ai_dashboard.core.errors import (
    ContextExceeded,
    GatewayError,
    UpstreamContextExceeded,
    UpstreamError,
    UpstreamLacksModel,
    UpstreamRateLimited,
    UpstreamRefusedKey,
    UpstreamRejected,
)  # fmt: skip

MAX_MESSAGE = 300

CONTEXT_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error"})
"""How OpenAI (and those that follow it) and llama.cpp call an ask that is too long: `error.code` or `error.type`."""

_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?P<kept>(?:sk|pk|gsk|csk|xai|hf|nvapi|pplx|fw|tgp|r8)[-_]|AIza|(?i:bearer)\s+)[^\s\"'`<>,;)]{5,}"
    r"|[A-Za-z0-9]{32,}"
)
"""Keys by the prefixes that services give them, and anything as long and as dense as only a key or a hash is."""


def refusal(status: int, header: Callable[[str], str | None], body: bytes, *, now_unix_s: float) -> UpstreamError:
    """The error that a reply with a status of 400 or more stands for."""
    message = f"HTTP {status}: {message_of(body)}"
    wait = retry_after(header, now_unix_s=now_unix_s)
    # A provider that says when to come back, and says nonsense, is not asked again.
    may_be_repeated = wait is not None or (header("retry-after-ms") is None and header("retry-after") is None)
    match status:
        case 401 | 403:
            return UpstreamRefusedKey(message, upstream_status=status, hint="check the provider's API key")
        case 404:
            return UpstreamLacksModel(message, upstream_status=status)
        case 429:
            return UpstreamRateLimited(
                message, upstream_status=status, retry_after_s=wait, may_be_repeated=may_be_repeated
            )
        case 400 | 413 | 422:
            content_type = header("content-type") or "application/json"
            rejected = UpstreamContextExceeded if too_long(body) else UpstreamRejected
            return rejected(message, upstream_status=status, body=body, content_type=content_type)
        case _:
            return UpstreamError(message, upstream_status=status, retry_after_s=wait, may_be_repeated=may_be_repeated)


def too_long(body: bytes) -> bool:
    """Whether the provider's error object says, by its code and not by its words, that the ask exceeds the window."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    error = parsed.get("error") if isinstance(parsed, dict) else None
    if not isinstance(error, dict):
        return False
    return any(isinstance(code, str) and code in CONTEXT_CODES for code in (error.get("code"), error.get("type")))


def message_of(body: bytes) -> str:
    """The provider's own words, whichever dialect's error object they are in; keys that it echoes are masked."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        text = body.decode("utf-8", "replace")
        parsed = "an HTML page" if text.lstrip().lower().startswith(("<!doctype", "<html")) else text
    match parsed[0] if isinstance(parsed, list) and parsed else parsed:  # Google wraps its errors in a list
        case {"error": {"message": str(text)}} | {"error": str(text)} | {"message": str(text)} | {"detail": str(text)}:
            pass
        case str(text):
            pass
        case _:
            text = body.decode("utf-8", "replace")
    return repeatable(text) or "no message"


def repeatable(words: str) -> str:
    """A provider's words as they may be repeated: on one line, without the keys that it echoes, and not all of a long
    text."""
    # Masked before it is shortened: half a key would not look like one any more.
    text = _KEY.sub(lambda found: f"{found['kept'] or ''}…", " ".join(words.split()))
    return text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE] + "…"


def status_of(error: GatewayError) -> int:
    """The HTTP status of an error: a provider's refusal of the ask goes on under the one that it came with."""
    return error.upstream_status or error.status if isinstance(error, UpstreamRejected) else error.status


def told(error: GatewayError, too_long: str) -> str:
    """What happened and what to do about it. `too_long` is what a dialect says of an ask that fits no window, with
    `{tokens}` and `{window}`: its clients look for these words."""
    message = f"{error.message}. {error.hint}" if error.hint else error.message
    if isinstance(error, ContextExceeded):
        return f"{too_long.format(tokens=error.tokens, window=error.window)}; {message}"
    return message


def retry_after(header: Callable[[str], str | None], *, now_unix_s: float) -> float | None:
    """Seconds to wait: `retry-after-ms`, or `Retry-After` as seconds or an HTTP date; None when unusable or absent."""
    scale = 0.001 if (value := header("retry-after-ms")) is not None else 1.0
    if value is None and (value := header("retry-after")) is None:
        return None
    try:
        seconds = float(value) * scale
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
        except ValueError:
            return None
        # HTTP dates are UTC, also in the old forms that do not say so.
        seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now_unix_s
    return seconds if 0 <= seconds < float("inf") else None
