"""Events, written as OpenAI's chat completions: a stream of chunks, or one whole reply folded from the same events."""

from typing import Any, assert_never

import orjson

from ai_dashboard.core.events import Event, Failed, Finished, FinishReason, Started, Text, Thinking, ToolCall, Usage

DONE_FRAME = b"data: [DONE]\n\n"


class StreamEncoder:
    """Chunks for a streaming caller. The role goes out with the first content, so nothing is sent for nothing."""

    def __init__(self, reply_id: str, model: str, created: int, *, include_usage: bool) -> None:
        self._head = {"id": reply_id, "object": "chat.completion.chunk", "created": created, "model": model}
        self._include_usage = include_usage
        self._usage: Usage | None = None
        self._role: dict[str, Any] = {"role": "assistant"}
        self._calls: set[int] = set()

    def encode(self, event: Event) -> bytes:
        """The frames for one event; a provider's error inside the reply is told by whoever ends the stream."""
        match event:
            case Text(text):
                return self._delta({"content": text})
            case Thinking(text):
                return self._delta({"reasoning_content": text})
            case ToolCall():
                return self._delta({"tool_calls": [self._call(event)]})
            case Usage():
                self._usage = event
                return b""
            case Finished(reason):
                return self._end(reason)
            case Started() | Failed():
                return b""
            case _:
                assert_never(event)

    def _delta(self, delta: dict[str, Any]) -> bytes:
        delta = self._role | delta
        self._role = {}
        return self._frame([{"index": 0, "delta": delta, "finish_reason": None}])

    def _call(self, call: ToolCall) -> dict[str, Any]:
        if call.index in self._calls:
            return {"index": call.index, "function": {"arguments": call.arguments}}
        self._calls.add(call.index)
        return {"index": call.index, **_tool_call(call.id, call.name, call.arguments)}

    def _end(self, reason: FinishReason) -> bytes:
        frames = self._frame([{"index": 0, "delta": self._role, "finish_reason": reason}])
        if self._include_usage and self._usage is not None:
            frames += self._frame([], usage_object(self._usage))
        return frames + DONE_FRAME

    def _frame(self, choices: list[dict[str, Any]], usage: dict[str, Any] | None = None) -> bytes:
        body: dict[str, Any] = {**self._head, "choices": choices}
        if usage is not None:
            body["usage"] = usage
        return b"data: " + orjson.dumps(body) + b"\n\n"


class WholeEncoder:
    """One reply, folded from the same events that a stream would be made of."""

    def __init__(self, reply_id: str, model: str, created: int) -> None:
        self._head = {"id": reply_id, "object": "chat.completion", "created": created, "model": model}
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._calls: dict[int, ToolCall] = {}
        self._usage: Usage | None = None

    def encode(self, event: Event) -> bytes:
        """Nothing until the reply is finished, then all of it."""
        match event:
            case Text(text):
                self._text.append(text)
            case Thinking(text):
                self._thinking.append(text)
            case ToolCall(index, call_id, name, arguments):
                so_far = self._calls.get(index)
                whole = ToolCall(index, call_id, name, arguments)
                if so_far is not None:
                    whole = ToolCall(index, so_far.id, so_far.name, so_far.arguments + arguments)
                self._calls[index] = whole
            case Usage():
                self._usage = event
            case Finished(reason):
                return self._reply(reason)
            case Started() | Failed():
                pass
            case _:
                assert_never(event)
        return b""

    def _reply(self, reason: FinishReason) -> bytes:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self._text) or None}
        if self._thinking:
            message["reasoning_content"] = "".join(self._thinking)
        if self._calls:
            calls = [self._calls[index] for index in sorted(self._calls)]
            message["tool_calls"] = [_tool_call(call.id, call.name, call.arguments) for call in calls]
        choice = {"index": 0, "message": message, "finish_reason": reason}
        body: dict[str, Any] = {**self._head, "choices": [choice]}
        if self._usage is not None:
            body["usage"] = usage_object(self._usage)
        return orjson.dumps(body)


def usage_object(usage: Usage) -> dict[str, Any]:
    """OpenAI's form of usage."""
    body: dict[str, Any] = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }
    if usage.cached_tokens:
        body["prompt_tokens_details"] = {"cached_tokens": usage.cached_tokens}
    if usage.reasoning_tokens:
        body["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return body


def _tool_call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
