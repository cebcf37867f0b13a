"""What Google's replies have in common, whole or streamed: why they ended, what they used, errors inside them."""

from collections.abc import Mapping
from types import MappingProxyType

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.events import FinishReason, Usage
from ai_dashboard.dialects.refusals import repeatable

REASONS: Mapping[str, FinishReason] = MappingProxyType({
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",  # the answer could go on in another request
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "ESCALATION": "content_filter",
    "PUP_LIMITED_DISABLED": "content_filter",
    "MODEL_ARMOR": "content_filter",
})  # fmt: skip
"""Why an answer ended. Every other word (MALFORMED_FUNCTION_CALL, OTHER, …) says that it went wrong."""

STOPS: Mapping[FinishReason, str] = MappingProxyType({
    "stop": "STOP",
    "tool_calls": "STOP",
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
})  # fmt: skip

EMPTY = "the provider's answer is empty"

_UNSAID = ("", "FINISH_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED", "BLOCKED_REASON_UNSPECIFIED")


def stop_of(candidate: JsonObject) -> str | None:
    """Google's word for why a candidate ended; None while it goes on."""
    reason = candidate.get("finishReason")
    return reason if isinstance(reason, str) and reason not in _UNSAID else None


def gave_up(candidate: JsonObject, stop: str) -> str:
    """What is said of a candidate that did not come to an end of its own."""
    message = candidate.get("finishMessage")
    more = f": {message}" if isinstance(message, str) and message else ""
    return f"the provider did not finish its answer ({stop[:64]}){more[:300]}"


def blocked(reply: JsonObject) -> bool:
    """Whether the prompt was refused, so that there is no answer at all."""
    feedback = reply.get("promptFeedback")
    reason = feedback.get("blockReason") if isinstance(feedback, dict) else None
    return isinstance(reason, str) and reason not in _UNSAID


def error_in(reply: JsonObject) -> str | None:
    """The message of an error that is reported inside a reply."""
    if not (error := reply.get("error")):
        return None
    message = error.get("message") if isinstance(error, dict) else error
    if isinstance(message, str) and message:
        return repeatable(message)
    return "the provider reported an error without a message"


def candidates_of(reply: JsonObject) -> list[JsonObject]:
    """The candidates of a chunk or of a reply, whatever else is among them."""
    candidates = reply.get("candidates")
    return [item for item in candidates if isinstance(item, dict)] if isinstance(candidates, list) else []


def parts_of(candidate: JsonObject) -> list[JsonObject]:
    """What a candidate says."""
    content = candidate.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def says_something(part: JsonObject) -> bool:
    """Whether a part holds anything but marks: text, thinking, a call, or what we do not know."""
    return any(value for name, value in part.items() if name not in ("thought", "thoughtSignature"))


def usage_of(reply: JsonObject) -> Usage | None:
    """The usage in a chunk or a reply. Google counts thinking apart from the answer, and what its tools read apart from
    the prompt."""
    counts = reply.get("usageMetadata")
    if type(counts) is not dict or not counts:
        return None
    prompt = _count(counts, "promptTokenCount") + _count(counts, "toolUsePromptTokenCount")
    thoughts = _count(counts, "thoughtsTokenCount")
    return Usage(
        prompt,
        _count(counts, "candidatesTokenCount") + thoughts,
        min(_count(counts, "cachedContentTokenCount"), prompt),
        thoughts,
        input_audio_tokens=_of_kind(counts, "promptTokensDetails", "AUDIO"),
        output_audio_tokens=_of_kind(counts, "candidatesTokensDetails", "AUDIO"),
        input_image_tokens=_of_kind(counts, "promptTokensDetails", "IMAGE"),
        output_image_tokens=_of_kind(counts, "candidatesTokensDetails", "IMAGE"),
    )


def usage_object(usage: Usage) -> JsonObject:
    """Google's form of usage."""
    counts: JsonObject = {
        "promptTokenCount": usage.prompt_tokens,
        "candidatesTokenCount": max(0, usage.completion_tokens - usage.reasoning_tokens),
        "totalTokenCount": min(usage.prompt_tokens + usage.completion_tokens, _MOST),
    }
    if usage.cached_tokens:
        counts["cachedContentTokenCount"] = usage.cached_tokens
    if usage.reasoning_tokens:
        counts["thoughtsTokenCount"] = usage.reasoning_tokens
    return counts


_MOST = 2**63 - 1
"""JSON writers and readers end there."""


def _of_kind(counts: JsonObject, name: str, modality: str) -> int:
    """The tokens of one modality, where Google says how many there are of each."""
    details = counts.get(name)
    if type(details) is not list:
        return 0
    return sum(_count(it, "tokenCount") for it in details if type(it) is dict and it.get("modality") == modality)


def _count(counts: JsonObject, name: str) -> int:
    value = counts.get(name)
    return value if type(value) is int and value > 0 else 0
