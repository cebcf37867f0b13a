"""Ollama's NDJSON reply, read into events."""

from typing import Any

import orjson

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
        if "error" in line:
            return [Failed(str(line["error"]))]
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
        if thinking := message.get("thinking"):
            events.append(Thinking(str(thinking)))
        if content := message.get("content"):
            events.append(Text(str(content)))
        for call in message.get("tool_calls") or ():
            match call:
                case {"function": {"name": str(name), **rest}}:
                    arguments = orjson.dumps(rest.get("arguments") or {}).decode()
                    call_id = f"call_{self._call_prefix}_{self._calls}"
                    events.append(ToolCall(self._calls, call_id, name, arguments))
                    self._calls += 1
                case _:
                    events.append(Failed("the provider sent a tool call without a name"))
        return events

    def _reason(self, done_reason: object) -> FinishReason:
        if self._calls:
            return "tool_calls"
        return "length" if done_reason == "length" else "stop"


def _count(line: dict[str, Any], name: str) -> int:
    value = line.get(name)
    return value if isinstance(value, int) and value > 0 else 0
