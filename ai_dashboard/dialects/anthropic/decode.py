"""Anthropic's replies, streamed or whole, read into events.

https://platform.claude.com/docs/en/build-with-claude/streaming: new kinds of events and blocks may come at any time and
are skipped. Some servers that call themselves compatible leave out indices, beginnings or the last event.
"""

from typing import Any

import orjson

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import UpstreamInvalid
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
)  # fmt: skip
from ai_dashboard.dialects.anthropic.replies import BlockKind, error_in, kind_of, refusal_in
from ai_dashboard.dialects.anthropic.stream import DataReader
from ai_dashboard.dialects.anthropic.usage import Counts, reason_of
from ai_dashboard.dialects.forms import Decoder
from ai_dashboard.dialects.tap import check_held, object_in

MAX_CALLS = 4096
"""More tool calls than this in one reply are refused: nobody makes them, and each is remembered."""


def decoder(ask: Ask, call_prefix: str) -> Decoder:
    """Reads the reply to an ask: providers stream exactly when they are asked to."""
    return StreamDecoder(call_prefix) if ask.stream else WholeDecoder(call_prefix)


@dataclass(slots=True)
class _Block:
    """A content block that has begun. `unsaid` is the input of a call as its beginning had it: pieces replace it."""

    kind: BlockKind
    call: int = 0
    unsaid: Any = None


class _Calls:
    """Numbers tool calls, and gives those an id of our own that have none, or one that was there before."""

    def __init__(self, prefix: str) -> None:
        self.count = 0
        self._prefix = prefix
        self._ids: set[str] = set()

    def begin(self, block: JsonObject) -> ToolCall | None:
        name, call_id = block.get("name"), block.get("id")
        if not isinstance(name, str) or not name:
            return None
        if self.count == MAX_CALLS:
            raise UpstreamInvalid(f"the provider's answer has over {MAX_CALLS} tool calls")
        if not isinstance(call_id, str) or not call_id.strip() or call_id in self._ids:
            call_id = f"call_{self._prefix}_{self.count}"
        self._ids.add(call_id)
        self.count += 1
        return ToolCall(self.count - 1, call_id, name, "")


class StreamDecoder:
    """Events of one stream."""

    def __init__(self, call_prefix: str) -> None:
        self._data = DataReader()
        self._calls = _Calls(call_prefix)
        self._counts = Counts()
        self._blocks: dict[object, _Block] = {}
        self._latest: _Block | None = None
        self._started = False
        self._finished = False

    def feed(self, chunk: bytes) -> list[Event]:
        events: list[Event] = []
        for data in self._data.feed(chunk):
            self._read(data, events)
        return events

    def close(self) -> list[Event]:
        events: list[Event] = []
        if (rest := self._data.close()) is not None:
            self._read(rest, events)
        return events

    def _read(self, data: bytes, events: list[Event]) -> None:
        try:
            body = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            if not data.strip() or data == b"[DONE]":
                return
            raise UpstreamInvalid(f"an event of the stream is not JSON: {error}") from None
        if type(body) is not dict:
            raise UpstreamInvalid("an event of the stream is JSON, but not an object")
        kind = body.get("type")
        if kind == "content_block_delta":
            self._delta(body, events)
        elif kind == "content_block_start":
            self._begin(body, events)
        elif kind == "content_block_stop":
            self._end_block(self._blocks.pop(_key(body), None), events)
        elif kind == "message_delta":
            self._message_delta(body, events)
        elif kind == "message_start":
            self._start(body, events)
        elif kind == "message_stop":
            self._finish("end_turn", {}, events)
        elif (message := error_in(body)) is not None:
            events.append(Failed(message))

    def _start(self, body: JsonObject, events: list[Event]) -> None:
        message = body.get("message")
        if self._started or not isinstance(message, dict):
            return
        self._started = True
        model = message.get("model")
        events.append(Started(model if isinstance(model, str) else ""))
        self._note_usage(message, events)

    def _begin(self, body: JsonObject, events: list[Event]) -> None:
        content = body.get("content_block")
        if not isinstance(content, dict):
            return
        block = _Block(kind_of(content))
        match block.kind:
            case "text" | "thinking":
                _append_text(content, block.kind, events)
                if block.kind == "thinking":
                    _append_signature(content, "signature", events)
            case "redacted_thinking":
                _append_signature(content, "data", events)
            case "tool_use":
                if (call := self._calls.begin(content)) is None:
                    events.append(Failed("the provider sent a tool call without a name"))
                    return
                events.append(call)
                block.call = call.index
                block.unsaid = content.get("input") or {}
            case "other":
                pass
        key = _key(body)
        if (before := self._blocks.get(key)) is not None:
            self._end_block(before, events)
        if len(self._blocks) >= MAX_CALLS:
            raise UpstreamInvalid(f"the provider's answer has over {MAX_CALLS} open blocks")
        self._blocks[key] = self._latest = block

    def _delta(self, body: JsonObject, events: list[Event]) -> None:
        delta = body.get("delta")
        if type(delta) is not dict:
            return
        kind = delta.get("type")
        if kind == "text_delta":
            text = delta.get("text")
            if type(text) is str and text:
                events.append(Text(text))
        elif kind == "input_json_delta":
            self._arguments(body, delta, events)
        elif kind == "thinking_delta":
            _append_text(delta, "thinking", events)
        elif kind == "signature_delta":
            _append_signature(delta, "signature", events)

    def _arguments(self, body: JsonObject, delta: JsonObject, events: list[Event]) -> None:
        piece = delta.get("partial_json")
        if type(piece) is not str or not piece:
            return
        key = _key(body)
        block = self._blocks.get(key)
        if block is None and (key is None or None in self._blocks):
            block = self._latest  # indices are missing here or there, so it is about the one that began last
        if block is None:
            raise UpstreamInvalid("the provider sent a piece of a tool call without its beginning")
        if block.kind == "tool_use":  # and not the input of one of Anthropic's own tools
            block.unsaid = None
            events.append(ToolCall(block.call, "", "", piece))

    def _end_block(self, block: _Block | None, events: list[Event]) -> None:
        """A call whose arguments did not come in pieces has them now."""
        if block is not None and block.kind == "tool_use" and block.unsaid is not None:
            events.append(ToolCall(block.call, "", "", _json(block.unsaid)))
            block.unsaid = None

    def _message_delta(self, body: JsonObject, events: list[Event]) -> None:
        self._note_usage(body, events)
        delta = body.get("delta")
        if isinstance(delta, dict) and reason_of(delta.get("stop_reason")) is not None:
            self._finish(delta["stop_reason"], delta, events)

    def _finish(self, stop_reason: object, delta: JsonObject, events: list[Event]) -> None:
        if self._finished:
            return
        self._finished = True
        for block in self._blocks.values():
            self._end_block(block, events)
        events += _ending(stop_reason, delta, self._calls.count)

    def _note_usage(self, holder: JsonObject, events: list[Event]) -> None:
        if self._counts.note(holder.get("usage")) and (usage := self._counts.usage) is not None:
            events.append(usage)


class WholeDecoder:
    """Events of one reply that comes in one piece."""

    def __init__(self, call_prefix: str) -> None:
        self._calls = _Calls(call_prefix)
        self._pieces: list[bytes] = []
        self._held = 0

    def feed(self, chunk: bytes) -> list[Event]:
        self._held = check_held(self._held + len(chunk))
        self._pieces.append(chunk)
        return []

    def close(self) -> list[Event]:
        body = object_in(b"".join(self._pieces))
        if (message := error_in(body)) is not None:
            return [Failed(message)]
        content, model = body.get("content"), body.get("model")
        if not isinstance(content, list):
            raise UpstreamInvalid("the provider's answer is no message: it has no list of content blocks")
        events: list[Event] = [Started(model if isinstance(model, str) else "")]
        for block in content:
            if isinstance(block, dict):
                self._block(block, events)
        counts = Counts()
        if counts.note(body.get("usage")) and (usage := counts.usage) is not None:
            events.append(usage)
        if reason_of(body.get("stop_reason")) is not None:
            events += _ending(body["stop_reason"], body, self._calls.count)
        return events

    def _block(self, block: JsonObject, events: list[Event]) -> None:
        match kind_of(block):
            case "text":
                _append_text(block, "text", events)
            case "thinking":
                _append_text(block, "thinking", events)
                _append_signature(block, "signature", events)
            case "redacted_thinking":
                _append_signature(block, "data", events)
            case "tool_use":
                if (call := self._calls.begin(block)) is None:
                    events.append(Failed("the provider sent a tool call without a name"))
                    return
                events.append(ToolCall(call.index, call.id, call.name, _json(block.get("input") or {})))
            case "other":
                pass


def _ending(stop_reason: object, holder: JsonObject, calls: int) -> list[Event]:
    """The end of a reply, with the words of a refusal before it."""
    reason = reason_of(stop_reason) or "stop"
    sequence = holder.get("stop_sequence")
    if calls and reason == "stop":
        reason = "tool_calls"
    finished = Finished(reason, stop_sequence=sequence if isinstance(sequence, str) else None)
    words = refusal_in(holder)
    return [Refusal(words), finished] if words else [finished]


def _append_text(holder: JsonObject, name: BlockKind, events: list[Event]) -> None:
    text = holder.get(name)
    if type(text) is str and text:
        events.append(Thinking(text) if name == "thinking" else Text(text))


def _append_signature(holder: JsonObject, name: str, events: list[Event]) -> None:
    data = holder.get(name)
    if type(data) is str and data:
        events.append(Signature(data, redacted=name == "data"))


def _key(body: JsonObject) -> object:
    """Which block an event is about. Whatever is no number is the same one."""
    index = body.get("index")
    return index if type(index) is int else None


def _json(value: object) -> str:
    """A call's arguments as JSON text; some servers send them as text already."""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError as error:
        raise UpstreamInvalid(f"the arguments of a tool call cannot be passed on: {error}") from None
