"""What Anthropic's replies have in common, whole or streamed: errors, and the blocks that we know."""

from typing import Literal

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.dialects.refusals import repeatable

BlockKind = Literal["text", "thinking", "redacted_thinking", "tool_use", "other"]

_KNOWN: dict[object, BlockKind] = {
    "text": "text",
    "thinking": "thinking",
    "redacted_thinking": "redacted_thinking",
    "tool_use": "tool_use",
}

EMPTY = "the provider's answer is empty"


def kind_of(block: JsonObject) -> BlockKind:
    """What a content block is. Those that Anthropic's own tools make, and new ones, are none of our business."""
    kind = block.get("type")
    return _KNOWN.get(kind, "other") if isinstance(kind, str) else "other"


def error_in(body: JsonObject) -> str | None:
    """The message of an error that is reported inside a reply."""
    error = body.get("error")
    if not error and body.get("type") != "error":
        return None
    message = error.get("message") if isinstance(error, dict) else error
    if isinstance(message, str) and message:
        return repeatable(message)
    return "the provider reported an error without a message"


def refusal_in(holder: JsonObject) -> str:
    """The words in which a model declined, "" when there are none."""
    details = holder.get("stop_details")
    explanation = details.get("explanation") if isinstance(details, dict) else None
    return explanation if isinstance(explanation, str) else ""
