"""The `response` object and the items in it, as OpenAI's reference describes them."""

from dataclasses import field
from typing import Any

import orjson

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.events import FinishReason, Usage
from ai_dashboard.dialects.body import encode
from ai_dashboard.dialects.forms import ReplyHead
from ai_dashboard.dialects.openai.responses_items import REDACTED, THINKING
from ai_dashboard.dialects.openai.responses_read import ResponsesAsk

REPEATED: JsonObject = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "store": True,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": None,
    "top_p": None,
    "truncation": "disabled",
    "user": None,
}
"""What a reply repeats of its ask, and what it says where the ask said nothing."""

INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Reasons to finish that leave a response incomplete, and what OpenAI calls them here."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What stays the same in every `response` object of one reply; `opening` is its JSON without the closing brace."""

    id: str
    opening: bytes

    def written(
        self, output: list[JsonObject], finish: FinishReason | None = None, usage: Usage | None = None
    ) -> bytes:
        """The object: in progress as long as there is no reason to finish."""
        reason = INCOMPLETE.get(finish) if finish else None
        state = {
            "status": "in_progress" if finish is None else "incomplete" if reason else "completed",
            "incomplete_details": {"reason": reason} if reason else None,
            "output": output,
            "usage": None if usage is None else usage_object(usage),
        }
        return self.opening + b"," + orjson.dumps(state)[1:]


def reply_to(ask: Ask, head: ReplyHead) -> Reply:
    """Raises `CallerError` when what has to be repeated is nested too deeply to be written."""
    asked = ask.asked if isinstance(ask, ResponsesAsk) else {}
    reply_id = f"resp_{head.id}"
    body: JsonObject = {
        "id": reply_id,
        "object": "response",
        "created_at": head.created,
        "background": False,
        "error": None,
        "model": head.model,
    }
    for name, unsaid in REPEATED.items():
        value = asked.get(name)
        body[name] = unsaid if value is None else value
    return Reply(reply_id, encode(body)[:-1])


def usage_object(usage: Usage) -> JsonObject:
    """Usage as the Responses API counts it."""
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }


@dataclass(slots=True)
class ReasoningItem:
    """A block of thinking. Its words are its summary, since that is where callers look for what may be shown."""

    id: str
    index: int
    pieces: list[str] = field(default_factory=list)
    signature: str = ""
    redacted: str = ""
    status: str = "in_progress"

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def written(self) -> JsonObject:
        text = self.text
        item: JsonObject = {
            "id": self.id,
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": text}] if text else [],
            "status": self.status,
        }
        if self.status != "in_progress":  # until its end nobody knows how a block of thinking is signed
            item["encrypted_content"] = REDACTED + self.redacted if self.redacted else THINKING + self.signature
        return item


@dataclass(slots=True)
class MessagePart:
    """A run of text, or of the words in which the model declines."""

    refusal: bool
    pieces: list[str] = field(default_factory=list)
    logprobs: list[JsonObject] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def written(self) -> JsonObject:
        if self.refusal:
            return {"type": "refusal", "refusal": self.text}
        return {"type": "output_text", "text": self.text, "annotations": [], "logprobs": self.logprobs}


@dataclass(slots=True)
class MessageItem:
    """What the model says between thinking and calls."""

    id: str
    index: int
    parts: list[MessagePart] = field(default_factory=list)
    status: str = "in_progress"

    def written(self) -> JsonObject:
        content = [part.written() for part in self.parts]
        return {"id": self.id, "type": "message", "role": "assistant", "status": self.status, "content": content}


@dataclass(slots=True)
class CallItem:
    """A function call. `signature` is Google's mark, carried as chat completions carry it."""

    id: str
    index: int
    call_id: str
    name: str
    signature: str = ""
    pieces: list[str] = field(default_factory=list)
    status: str = "in_progress"

    @property
    def arguments(self) -> str:
        return "".join(self.pieces)

    def written(self) -> JsonObject:
        item: JsonObject = {
            "id": self.id,
            "type": "function_call",
            "call_id": self.call_id,
            "name": self.name,
            "arguments": self.arguments,
            "status": self.status,
        }
        if self.signature:
            item["extra_content"] = {"google": {"thought_signature": self.signature}}
        return item


def logprob_objects(logprobs: tuple[dict[str, Any], ...]) -> list[JsonObject]:
    """Chat's log probabilities with the fields that the Responses API has, and no others."""
    return [
        _logprob(entry) | {"top_logprobs": [_logprob(other) for other in _objects(entry.get("top_logprobs"))]}
        for entry in logprobs
    ]


def _logprob(entry: dict[str, Any]) -> JsonObject:
    token, value, data = entry.get("token"), entry.get("logprob"), entry.get("bytes")
    return {
        "token": token if isinstance(token, str) else "",
        "logprob": value if isinstance(value, int | float) else 0.0,
        "bytes": [byte for byte in data if isinstance(byte, int)] if isinstance(data, list) else [],
    }


def _objects(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
