"""A caller's bytes, read into an `Ask`, and the facts that routing may know of one.

OpenAI's chat JSON is the canonical form, so nothing has to be translated.
"""

from collections.abc import Mapping
from types import NoneType
from typing import Any

import orjson

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.dialects.forms import Call

MAX_MODEL_CHARS = 512
"""Names are matched against patterns and repeated in errors, so their length is bounded."""

PASSED_HEADERS = ("openai-beta",)
"""What else OpenAI's clients send belongs to the caller's own account (`openai-organization`) or bookkeeping."""

CHARS_PER_TOKEN = 4
"""The usual rule of thumb for English text; only for choosing a provider, never for a bill."""

TOKENS_PER_IMAGE = 765
"""What OpenAI's pricing page counts for a 1024×1024 image in high detail."""

_WISHES = frozenset({"capability", "strict"})
_SIZES_AND_NEEDS = frozenset({
    "tools", "functions", "response_format", "reasoning_effort", "thinking", "max_completion_tokens", "max_tokens",
})  # fmt: skip
_EMBEDDINGS = frozenset({"embeddings"})
_NOTHING: frozenset[str] = frozenset()

# As tuples: a union written in the call is built anew by each call.
_CONTENT = (str, list, NoneType)
_MAYBE_BOOL = (bool, NoneType)
_MAYBE_STR = (str, NoneType)


def read(call: Call) -> Ask:
    """Read and check an ask. Raises `CallerError` that names the field, or line and column of broken JSON."""
    body = parse_object(call.raw)
    model = model_of(body)
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise CallerError("`messages` is missing or not a list with at least one message")
    for number, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise CallerError(f"`messages[{number}]` is not an object with a `role`")
        if not isinstance(message.get("content"), _CONTENT):
            raise CallerError(f"`messages[{number}].content` is neither a string nor a list of parts")
    capability, strict = wishes(body, call.headers)
    return Ask(
        model=model,
        stream="stream" in body and stream_of(body),
        body=body,
        raw=call.raw,
        include_usage="stream_options" in body and include_usage_of(body),
        capability=capability,
        headers=passed_headers(call.headers) if call.headers else (),
        strict=strict,
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


def model_of(body: JsonObject) -> str:
    """The model that is asked for."""
    model = body.get("model")
    if not isinstance(model, str) or not model.strip():
        raise CallerError("`model` is missing or not a string", hint="GET /v1/models lists what can be asked for")
    if len(model) > MAX_MODEL_CHARS:
        raise CallerError(f"`model` is longer than {MAX_MODEL_CHARS} characters, as no model's name is")
    return model


def stream_of(body: JsonObject) -> bool:
    """Whether the reply is wanted as a stream."""
    stream = body.get("stream")
    if not isinstance(stream, _MAYBE_BOOL):
        raise CallerError("`stream` is neither true nor false")
    return bool(stream)


def include_usage_of(body: JsonObject) -> bool:
    """Whether the caller wants to see usage at the end of a stream."""
    options = body.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


def wishes(body: JsonObject, headers: Mapping[str, str]) -> tuple[str | None, bool]:
    """What is said to the gateway alone, in the body or else as a header: the capability, and whether it is strict."""
    if not headers and _WISHES.isdisjoint(body):
        return None, False
    capability = body.get("capability")
    if not isinstance(capability, _MAYBE_STR):
        raise CallerError("`capability` is not a string")
    strict = body.get("strict")
    if not isinstance(strict, _MAYBE_BOOL):
        raise CallerError("`strict` is neither true nor false")
    if strict is None and (header := headers.get("x-strict")) is not None:
        strict = header.strip().lower() in ("true", "1", "yes")
    return capability or headers.get("x-capability"), bool(strict)


def passed_headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The caller's headers that a provider of the same form is to see."""
    return tuple([(name, headers[name]) for name in PASSED_HEADERS if name in headers])


def facts_of(ask: Ask, prefix: str = "", tenant: str = "") -> RouteFacts:
    """What routing may know of an ask in canonical form: sizes and needs, no text. `prefix` is a hash of how its
    conversation begins."""
    body = ask.body
    if ask.operation == "embed":
        tokens = embedded_tokens(body.get("input"))
        return RouteFacts(ask.model, ask.capability, prompt_tokens=tokens, needs=_EMBEDDINGS, tenant=tenant)
    images = 0
    characters = 0
    for message in body["messages"]:
        content = message.get("content")
        if type(content) is str and "tool_calls" not in message:
            characters += len(content)
            continue
        more_characters, more_images = _measure(message)
        characters += more_characters
        images += more_images
    if not images and _SIZES_AND_NEEDS.isdisjoint(body):
        tokens = -(-characters // CHARS_PER_TOKEN)
        return RouteFacts(ask.model, ask.capability, tokens, stream=ask.stream, prefix=prefix, tenant=tenant)
    needs = set()
    if images:
        needs.add("vision")
    if tools := body.get("tools") or body.get("functions"):
        needs.add("tools")
        characters += _written(tools)
    response_format = body.get("response_format")
    if isinstance(response_format, dict) and response_format.get("type") in ("json_object", "json_schema"):
        needs.add("json")
    if _wants_thinking(body):
        needs.add("thinking")
    return RouteFacts(
        model=ask.model,
        capability=ask.capability,
        prompt_tokens=-(-characters // CHARS_PER_TOKEN) + images * TOKENS_PER_IMAGE,
        max_tokens=_count(body.get("max_completion_tokens")) or _count(body.get("max_tokens")),
        stream=ask.stream,
        needs=frozenset(needs) if needs else _NOTHING,
        prefix=prefix,
        tenant=tenant,
    )


def embedded_tokens(asked: object) -> int:
    """How many tokens an embeddings ask has, roughly: its `input` is text, or token ids, or a list of either."""
    if isinstance(asked, str):
        return -(-len(asked) // CHARS_PER_TOKEN)
    if not isinstance(asked, list):
        return 0
    if asked and isinstance(asked[0], int):
        return len(asked)
    return sum(len(item) if isinstance(item, list) else embedded_tokens(item) for item in asked)


def _measure(message: dict[str, Any]) -> tuple[int, int]:
    """Characters of text and number of images in a message."""
    content = message.get("content")
    calls = message.get("tool_calls")
    characters = _written(calls) if calls else 0
    if isinstance(content, str):
        return characters + len(content), 0
    images = 0
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict):
            text = part.get("text")
            characters += len(text) if isinstance(text, str) else 0
            images += part.get("type") == "image_url"
    return characters, images


def _written(value: object) -> int:
    """The length of a value's JSON: the model reads tools and calls more or less as that."""
    try:
        return len(orjson.dumps(value))
    except orjson.JSONEncodeError:
        return 0  # nested too deeply for any provider to accept it


def _wants_thinking(body: JsonObject) -> bool:
    effort = body.get("reasoning_effort")
    thinking = body.get("thinking")
    return (isinstance(effort, str) and effort != "none") or (
        isinstance(thinking, dict) and thinking.get("type") in ("enabled", "adaptive")
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
