"""Events, written as OpenAI's chat completions: a stream of chunks, or one whole reply folded from the same events."""

from typing import Any, assert_never

import orjson

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.events import (
    Event,
    Failed,
    Finished,
    Refusal,
    Signature,
    Started,
    Text,
    Thinking,
    ToolCall,
    Usage,
)  # fmt: skip
from ai_dashboard.dialects.fold import Choice, Fold, ThinkingBlock
from ai_dashboard.dialects.forms import Encoder, ReplyHead

DONE_FRAME = b"data: [DONE]\n\n"

MOST_TOKENS = 2**63 - 1
"""What a total of absurd counts is cut to: JSON writers and readers end there."""

_PIECE_END = b'},"finish_reason":null}]}\n\n'


def encoder(ask: Ask, head: ReplyHead) -> Encoder:
    """What writes the reply to an ask."""
    return StreamEncoder(head, include_usage=ask.include_usage) if ask.stream else WholeEncoder(head)


class StreamEncoder:
    """Chunks for a streaming caller. The role goes out with a choice's first content: nothing is sent for nothing."""

    def __init__(self, head: ReplyHead, *, include_usage: bool) -> None:
        self._head = b"data: " + orjson.dumps(_head(head, "chat.completion.chunk"))[:-1]
        self._include_usage = include_usage
        self._usage: Usage | None = None
        self._choices: dict[int, _Streamed] = {}

    def encode(self, event: Event) -> bytes:
        """The frames for one event; a provider's error inside the reply is told by whoever ends the stream."""
        if type(event) is Text and not event.logprobs and (choice := self._choices.get(event.choice)) is not None:
            if choice.thought:
                choice.thought = []
            return choice.text + orjson.dumps(event.text) + _PIECE_END
        if type(event) is Thinking and (choice := self._choices.get(event.choice)) is not None:
            choice.thought.append(event.text)
            return choice.thinking + orjson.dumps(event.text) + _PIECE_END
        return self._encode(event)

    def close(self) -> bytes:
        if self._include_usage and self._usage is not None:
            rest = orjson.dumps({"choices": [], "usage": usage_object(self._usage)})
            return self._head + b"," + rest[1:] + b"\n\n" + DONE_FRAME
        return DONE_FRAME

    def _encode(self, event: Event) -> bytes:
        match event:
            case Started() | Failed():
                return b""
            case Usage():
                self._usage = event
                return b""
            case Text():
                frame = self._frame(event.choice, {"content": event.text}, logprobs=event.logprobs)
                self._choices[event.choice].thought = []
                return frame
            case Refusal():
                return self._frame(event.choice, {"refusal": event.text})
            case Thinking():
                frame = self._frame(event.choice, {"reasoning_content": event.text})
                self._choices[event.choice].thought.append(event.text)
                return frame
            case Signature():
                return self._signature(event)
            case ToolCall():
                return self._call(event)
            case Finished():
                return self._frame(event.choice, {}, finish=event)
            case _:
                assert_never(event)

    def _signature(self, event: Signature) -> bytes:
        """The block that a signature closes, whole, so that a caller can send it back as it is."""
        state = self._choices.get(event.choice)
        thought = "".join(state.thought) if state is not None else ""
        block = ThinkingBlock(redacted=event.data) if event.redacted else ThinkingBlock(thought, event.data)
        frame = self._frame(event.choice, {"thinking_blocks": [_block(block)]})
        self._choices[event.choice].thought = []
        return frame

    def _call(self, call: ToolCall) -> bytes:
        state = self._choices.get(call.choice)
        if state is not None and call.index in state.calls:
            piece: dict[str, Any] = {"index": call.index, "function": {"arguments": call.arguments}}
            if call.signature:
                piece["extra_content"] = _signed(call.signature)
        else:
            piece = {"index": call.index, **_tool_call(call.id, call.name, call.arguments, call.signature)}
        frame = self._frame(call.choice, {"tool_calls": [piece]})
        state = self._choices[call.choice]
        state.calls.add(call.index)
        state.thought = []
        return frame

    def _frame(
        self,
        number: int,
        delta: dict[str, Any],
        *,
        logprobs: tuple[dict[str, Any], ...] = (),
        finish: Finished | None = None,
    ) -> bytes:
        if number not in self._choices:
            self._choices[number] = _Streamed(self._head, number)
            delta = {"role": "assistant", **delta}
        choice: dict[str, Any] = {"index": number, "delta": delta}
        if logprobs:
            choice["logprobs"] = {"content": logprobs, "refusal": None}
        choice |= _finish(finish)
        return self._head + b',"choices":[' + orjson.dumps(choice) + b"]}\n\n"


class _Streamed:
    """A choice that has begun: how its pieces begin, the calls that were named, and the open block of thinking."""

    __slots__ = ("calls", "text", "thinking", "thought")

    def __init__(self, head: bytes, number: int) -> None:
        start = head + b',"choices":[{"index":%d,"delta":{' % number
        self.text = start + b'"content":'
        self.thinking = start + b'"reasoning_content":'
        self.calls: set[int] = set()
        self.thought: list[str] = []


class WholeEncoder:
    """One reply, folded from the same events that a stream would be made of."""

    def __init__(self, head: ReplyHead) -> None:
        self._head = _head(head, "chat.completion")
        self._fold = Fold()

    def encode(self, event: Event) -> bytes:
        self._fold.add(event)
        return b""

    def close(self) -> bytes:
        choices = [_choice(number, choice) for number, choice in enumerate(self._fold.choices)]
        body: dict[str, Any] = {**self._head, "choices": choices}
        if self._fold.usage is not None:
            body["usage"] = usage_object(self._fold.usage)
        return orjson.dumps(body)


def usage_object(usage: Usage) -> dict[str, Any]:
    """OpenAI's form of usage."""
    body: dict[str, Any] = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": min(usage.prompt_tokens + usage.completion_tokens, MOST_TOKENS),
    }
    details = {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.cache_write_tokens}
    if told := {name: count for name, count in details.items() if count}:
        body["prompt_tokens_details"] = told
    if usage.reasoning_tokens:
        body["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return body


def _head(head: ReplyHead, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{head.id}", "object": kind, "created": head.created, "model": head.model}


def _choice(number: int, choice: Choice) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": choice.text or None}
    if choice.refusal:
        message["refusal"] = choice.refusal
    if choice.thoughts:
        message["reasoning_content"] = choice.thoughts
    if any(block.signature or block.redacted for block in choice.thinking):
        message["thinking_blocks"] = [_block(block) for block in choice.thinking]
    if calls := choice.whole_calls:
        message["tool_calls"] = [_tool_call(call.id, call.name, call.arguments, call.signature) for call in calls]
    written: dict[str, Any] = {"index": number, "message": message}
    if choice.logprobs:
        written["logprobs"] = {"content": choice.logprobs, "refusal": None}
    return written | _finish(choice.finish)


def _finish(finish: Finished | None) -> dict[str, Any]:
    """Why a choice ended. The stop sequence that ended it is told as vLLM tells it: OpenAI has no field for it."""
    if finish is None:
        return {"finish_reason": None}
    if finish.stop_sequence is None:
        return {"finish_reason": finish.reason}
    return {"finish_reason": finish.reason, "stop_reason": finish.stop_sequence}


def _block(block: ThinkingBlock) -> dict[str, Any]:
    if block.redacted:
        return {"type": "redacted_thinking", "data": block.redacted}
    shown = {"type": "thinking", "thinking": block.text}
    return {**shown, "signature": block.signature} if block.signature else shown


def _tool_call(call_id: str, name: str, arguments: str, signature: str) -> dict[str, Any]:
    call: dict[str, Any] = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    if signature:
        call["extra_content"] = _signed(signature)
    return call


def _signed(signature: str) -> dict[str, Any]:
    return {"google": {"thought_signature": signature}}
