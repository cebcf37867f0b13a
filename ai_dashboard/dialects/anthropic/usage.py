"""Anthropic's usage and stop reasons, both ways. Its `input_tokens` are what no cache had a part in; ours are all."""

from collections.abc import Mapping
from types import MappingProxyType

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.events import Finished, FinishReason, Usage

REASONS: Mapping[str, FinishReason] = MappingProxyType({
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "pause_turn": "length",  # the turn is not over; no other reason says that it can go on
    "tool_use": "tool_calls",
    "refusal": "content_filter",
})  # fmt: skip

_STOPS: Mapping[FinishReason, str] = MappingProxyType({
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
})  # fmt: skip


def reason_of(stop_reason: object) -> FinishReason | None:
    """The finish reason that a stop reason is; None when there is none. One that is new is an end like any other."""
    return REASONS.get(stop_reason, "stop") if isinstance(stop_reason, str) and stop_reason else None


def stop_of(finished: Finished) -> tuple[str, str | None]:
    """Stop reason and stop sequence."""
    if finished.reason == "stop" and finished.stop_sequence is not None:
        return "stop_sequence", finished.stop_sequence
    return _STOPS[finished.reason], None


@dataclass(slots=True)
class Counts:
    """Tokens as they become known during a stream: what comes later is a new total, what is left out stays."""

    fresh: int = 0
    written: int = 0
    cached: int = 0
    output: int = 0
    thinking: int = 0
    known: bool = False

    def note(self, usage: object) -> bool:
        """Whether it said anything."""
        if not isinstance(usage, dict):
            return False
        self.fresh = _count(usage, "input_tokens", self.fresh)
        self.written = _count(usage, "cache_creation_input_tokens", self.written)
        self.cached = _count(usage, "cache_read_input_tokens", self.cached)
        self.output = _count(usage, "output_tokens", self.output)
        details = usage.get("output_tokens_details")
        if isinstance(details, dict):
            self.thinking = _count(details, "thinking_tokens", self.thinking)
        self.known = self.known or bool(usage)
        return bool(usage)

    @property
    def usage(self) -> Usage | None:
        if not self.known:
            return None
        return Usage(
            prompt_tokens=self.fresh + self.written + self.cached,
            completion_tokens=self.output,
            cached_tokens=self.cached,
            reasoning_tokens=min(self.thinking, self.output),
            cache_write_tokens=self.written,
        )


def usage_object(usage: Usage | None) -> JsonObject:
    """Anthropic's form of usage, zeros while nothing is known: clients read the two sums without looking for them."""
    if usage is None:
        return {"input_tokens": 0, "output_tokens": 0}
    body: JsonObject = {
        "input_tokens": max(0, usage.prompt_tokens - usage.cached_tokens - usage.cache_write_tokens),
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.completion_tokens,
    }
    if usage.reasoning_tokens:
        body["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return body


def _count(holder: JsonObject, name: str, before: int) -> int:
    value = holder.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else before
