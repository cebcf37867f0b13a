"""A caller's bytes, read into a `ChatRequest`, and the facts that routing may know of it."""

from types import NoneType
from typing import Any

import orjson

from ai_dashboard.core.chat import ChatRequest, JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.plan import RouteFacts

MAX_MODEL_CHARS = 512
"""Names are matched against patterns and repeated in errors, so their length is bounded."""

CHARS_PER_TOKEN = 4
"""The usual rule of thumb for English text; only for choosing a provider, never for a bill."""

TOKENS_PER_IMAGE = 765
"""What OpenAI's pricing page counts for a 1024×1024 image in high detail."""


# As tuples: a union written in the call is built anew by each call.
_CONTENT = (str, list, NoneType)
_MAYBE_BOOL = (bool, NoneType)
_MAYBE_STR = (str, NoneType)


def read_request(raw: bytes) -> ChatRequest:
    """Read and check an ask. Raises `CallerError` that names the field, or line and column of broken JSON."""
    body = parse_object(raw)
    model = body.get("model")
    if not isinstance(model, str) or not model.strip():
        raise CallerError("`model` is missing or not a string", hint="GET /v1/models lists what can be asked for")
    if len(model) > MAX_MODEL_CHARS:
        raise CallerError(f"`model` is longer than {MAX_MODEL_CHARS} characters, as no model's name is")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise CallerError("`messages` is missing or not a list with at least one message")
    for number, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise CallerError(f"`messages[{number}]` is not an object with a `role`")
        if not isinstance(message.get("content"), _CONTENT):
            raise CallerError(f"`messages[{number}].content` is neither a string nor a list of parts")
    stream = body.get("stream")
    if not isinstance(stream, _MAYBE_BOOL):
        raise CallerError("`stream` is neither true nor false")
    options = body.get("stream_options")
    capability = body.get("capability")
    if not isinstance(capability, _MAYBE_STR):
        raise CallerError("`capability` is not a string")
    return ChatRequest(
        model=model,
        stream=bool(stream),
        body=body,
        raw=raw,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
        capability=capability,
    )


def parse_object(raw: bytes) -> JsonObject:
    """Strict JSON (no NaN, no broken UTF-8, bounded nesting) whose top is an object."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise CallerError(f"the body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    if not isinstance(value, dict):
        raise CallerError(f"the body is JSON, but a {type(value).__name__} and not an object")
    return value


def facts_of(ask: ChatRequest) -> RouteFacts:
    """What routing may know: sizes and needs, no text."""
    body = ask.body
    images = 0
    characters = 0
    for message in body["messages"]:
        more_characters, more_images = _measure(message)
        characters += more_characters
        images += more_images
    needs = set()
    if images:
        needs.add("vision")
    if body.get("tools"):
        needs.add("tools")
    response_format = body.get("response_format")
    if isinstance(response_format, dict) and response_format.get("type") in ("json_object", "json_schema"):
        needs.add("json")
    return RouteFacts(
        model=ask.model,
        capability=ask.capability,
        prompt_tokens=-(-characters // CHARS_PER_TOKEN) + images * TOKENS_PER_IMAGE,
        max_tokens=_count(body.get("max_completion_tokens")) or _count(body.get("max_tokens")),
        stream=ask.stream,
        needs=frozenset(needs),
    )


def _measure(message: dict[str, Any]) -> tuple[int, int]:
    """Characters of text and number of images in a message."""
    content = message.get("content")
    if isinstance(content, str):
        return len(content), 0
    characters = images = 0
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict):
            text = part.get("text")
            characters += len(text) if isinstance(text, str) else 0
            images += part.get("type") == "image_url"
    return characters, images


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
