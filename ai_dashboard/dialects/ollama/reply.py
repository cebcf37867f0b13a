"""Ollama's NDJSON reply, read into events."""

from typing import Any

import orjson

from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import (
    Event,
    Failed,
    Finished,
    FinishReason,
    Started,
    Text,
    Thinking,
    ToolCall,
    Usage,
)  # fmt: skip
from ai_dashboard.dialects.ndjson import NdjsonDecoder


class OllamaDecoder:
    """Events of one reply. Ollama's tool calls come whole and without ids: ids are made from `call_prefix`."""

    def __init__(self, *, call_prefix: str) -> None:
        self._lines = NdjsonDecoder()
        self._call_prefix = call_prefix
        self._calls = 0
        self._started = False

    def feed(self, chunk: bytes) -> list[Event]:
        return [event for line in self._lines.feed(chunk) for event in self._read(line)]

    def close(self) -> list[Event]:
        return [event for line in self._lines.close() for event in self._read(line)]

    def _read(self, line: dict[str, Any]) -> list[Event]:
        if error := line.get("error"):
            return [Failed(error if isinstance(error, str) else "the provider reported an error without a message")]
        events: list[Event] = []
        if not self._started:
            self._started = True
            events.append(Started(str(line.get("model", ""))))
        message = line.get("message")
        if isinstance(message, dict):
            events += self._message(message)
        if line.get("done") is True:
            if "eval_count" in line or "prompt_eval_count" in line:
                events.append(Usage(_count(line, "prompt_eval_count"), _count(line, "eval_count")))
            events.append(Finished(self._reason(line.get("done_reason"))))
        return events

    def _message(self, message: dict[str, Any]) -> list[Event]:
        events: list[Event] = []
        if isinstance(thinking := message.get("thinking"), str) and thinking:
            events.append(Thinking(thinking))
        if isinstance(content := message.get("content"), str) and content:
            events.append(Text(content))
        calls = message.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            match call:
                case {"function": {"name": str(name), **rest}}:
                    call_id = f"call_{self._call_prefix}_{self._calls}"
                    events.append(ToolCall(self._calls, call_id, name, _arguments(rest.get("arguments"))))
                    self._calls += 1
                case _:
                    events.append(Failed("the provider sent a tool call without a name"))
        return events

    def _reason(self, done_reason: object) -> FinishReason:
        if self._calls:
            return "tool_calls"
        return "length" if done_reason == "length" else "stop"


def _arguments(arguments: object) -> str:
    """A call's arguments as JSON text; servers that follow OpenAI here send them as text already."""
    if isinstance(arguments, str):
        return arguments or "{}"
    try:
        return orjson.dumps(arguments or {}).decode()
    except orjson.JSONEncodeError as error:
        raise UpstreamInvalid(f"the arguments of a tool call cannot be passed on: {error}") from None


def _count(line: dict[str, Any], name: str) -> int:
    value = line.get(name)
    return value if isinstance(value, int) and value > 0 else 0
