"""Counting the tokens of an ask without asking anybody (POST /v1/messages/count_tokens).

No tokeniser is here, so the figure is an estimate by length: Anthropic's glossary gives about 3.5 English characters to
a token. A provider that is Anthropic itself can be asked for the real one (`write`).
"""

import orjson

from ai_dashboard.core.chat import Ask, HttpRequest, JsonObject, Target
from ai_dashboard.dialects.anthropic import read as messages
from ai_dashboard.dialects.anthropic.write import headers_for, passed_on
from ai_dashboard.dialects.body import encode
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.kinds import Kind

TOKENS_PER_MESSAGE = 4
"""What a turn takes beside its words."""

TOKENS_PER_IMAGE = 1600
"""What Anthropic's vision guide gives for an image of the largest size that is not scaled down."""

BASE64_PER_TOKEN = 32
"""A page of a PDF is some 1500 to 3000 tokens, and some tens of kilobytes."""


def read(call: Call) -> Ask:
    """The ask whose tokens are to be counted: a message's fields, of which none but the conversation is required."""
    return messages.read(call)


def reply(tokens: int) -> bytes:
    """The body of the reply."""
    return orjson.dumps({"input_tokens": tokens})


def write(ask: Ask, target: Target, kind: Kind) -> HttpRequest:
    """The same question for a provider that speaks Messages."""
    path = f"{target.base_path}{kind.paths['anthropic.messages']}/count_tokens"
    return HttpRequest("POST", path, headers_for(ask, target, kind), passed_on(ask, target))


def estimate(ask: Ask) -> int:
    """About how many tokens an ask is."""
    characters = tokens = 0
    for message in ask.body["messages"]:
        tokens += TOKENS_PER_MESSAGE
        characters += sum(len(call["function"]["arguments"]) + 16 for call in message.get("tool_calls", ()))
        characters += len(message.get("reasoning_content") or "")
        content = message.get("content")
        if isinstance(content, str):
            characters += len(content)
            continue
        for part in content or ():
            more_characters, more_tokens = _measure(part)
            characters += more_characters
            tokens += more_tokens
    for name in ("tools", "response_format"):
        if name in ask.body:
            characters += len(encode({name: ask.body[name]}))
    return tokens + -(-characters * 2 // 7)


def _measure(part: JsonObject) -> tuple[int, int]:
    """Characters and tokens of a part."""
    match part:
        case {"type": "text", "text": str(text)}:
            return len(text), 0
        case {"type": "image_url"}:
            return 0, TOKENS_PER_IMAGE
        case {"type": "file", "file": {"file_data": str(data)}}:
            return 0, len(data) // BASE64_PER_TOKEN + TOKENS_PER_IMAGE
        case _:
            return 0, TOKENS_PER_IMAGE
