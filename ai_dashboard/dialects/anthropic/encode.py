"""Events, written as Anthropic's messages: a stream of events, or one whole message folded from the same events.

A stream opens with its first content, so that nothing is sent for nothing. What the prompt took is not known by then:
the figures in `message_start` are zeros, and `message_delta` has the final ones, which clients put in their place.
"""

from typing import assert_never

import orjson

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.errors import UpstreamInvalid, UpstreamTruncated
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
from ai_dashboard.dialects.anthropic.ids import PlainIds
from ai_dashboard.dialects.anthropic.usage import stop_of, usage_object
from ai_dashboard.dialects.fold import Choice, Fold, FoldedCall
from ai_dashboard.dialects.forms import Encoder, ReplyHead

PING = b'event: ping\ndata: {"type":"ping"}\n\n'
"""What Anthropic keeps a silent line alive with."""

_STOPPED = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_PIECE = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":"%s","%s":'
_PIECE_END = b"}}\n\n"


def encoder(ask: Ask, head: ReplyHead) -> Encoder:
    """Writes the reply to an ask. A caller who wants thinking omitted gets its signatures alone."""
    thinking = ask.body.get("thinking")
    hidden = isinstance(thinking, dict) and thinking.get("display") == "omitted"
    return (StreamEncoder if ask.stream else WholeEncoder)(head, omit_thinking=hidden)


class StreamEncoder:
    """Events for a streaming caller. There is one answer: what belongs to others is left out.

    Text and thinking are one open block at a time. A call's block is closed when the next one begins, unless its
    arguments are not whole yet: some providers send the pieces of several calls in turns.
    """

    def __init__(self, head: ReplyHead, *, omit_thinking: bool = False) -> None:
        self._head = head
        self._omit_thinking = omit_thinking
        self._ids = PlainIds(head.id)
        self._usage: Usage | None = None
        self._finished: Finished | None = None
        self._begun = False
        self._next = 0
        self._open: type[Text | Thinking] | None = None
        self._prefix = b""
        self._calls: dict[int, _OpenCall] = {}
        self._called = False
        self._refused = False

    def encode(self, event: Event) -> bytes:
        """The frames for one event; a provider's error inside the reply is told by whoever ends the stream."""
        if type(event) is Text and self._open is Text and event.choice == 0:
            return self._prefix + orjson.dumps(event.text) + _PIECE_END if event.text else b""
        match event:
            case Text() | Thinking() | Refusal() | Signature() | ToolCall() | Finished() if event.choice:
                return b""
            case Text(text):
                return self._say(Text, text)
            case Refusal(text):
                self._refused = True
                return self._say(Text, text)
            case Thinking(text):
                return b"" if self._omit_thinking else self._say(Thinking, text)
            case Signature():
                return self._sign(event)
            case ToolCall():
                return self._call(event)
            case Usage():
                self._usage = event
            case Finished():
                self._finished = event
            case Started() | Failed():
                pass
            case _:
                assert_never(event)
        return b""

    def close(self) -> bytes:
        frames = self._begin() + self._close_text() + self._close_calls()
        delta = _ending(self._finished, called=self._called, refused=self._refused)
        usage = usage_object(self._usage)
        return frames + _frame("message_delta", {"delta": delta, "usage": usage}) + _STOPPED

    def _begin(self) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        message = _message(self._head) | {"usage": usage_object(self._usage)}
        return _frame("message_start", {"message": message})

    def _say(self, kind: type[Text | Thinking], text: str) -> bytes:
        if not text:
            return b""
        frames = b""
        if self._open is not kind:
            name = "text" if kind is Text else "thinking"
            block: JsonObject = {"type": name, name: ""} | ({} if kind is Text else {"signature": ""})
            frames = self._start_block(block)
            self._open = kind
            self._prefix = _PIECE % (self._next - 1, f"{name}_delta".encode(), name.encode())
        return frames + self._prefix + orjson.dumps(text) + _PIECE_END

    def _sign(self, signature: Signature) -> bytes:
        if signature.redacted:
            frames = self._start_block({"type": "redacted_thinking", "data": signature.data})
            return frames + _stop(self._next - 1)
        frames = b""
        if not signature.data:
            return self._close_text() if self._open is Thinking else b""
        if self._open is not Thinking:
            frames = self._start_block({"type": "thinking", "thinking": "", "signature": ""})
            self._open = Thinking
        delta = {"type": "signature_delta", "signature": signature.data}
        frames += _frame("content_block_delta", {"index": self._next - 1, "delta": delta})
        return frames + self._close_text()

    def _call(self, call: ToolCall) -> bytes:
        frames = b""
        known = self._calls.get(call.index)
        if known is None:
            frames = self._start_block({
                "type": "tool_use",
                "id": self._ids.of(call.id),
                "name": call.name,
                "input": {},
            })  # fmt: skip
            known = self._calls[call.index] = _OpenCall(self._next - 1)
            self._called = True
        if not call.arguments or known.closed:
            return frames
        return frames + known.piece(call.arguments)

    def _start_block(self, block: JsonObject) -> bytes:
        frames = self._begin() + self._close_text() + self._close_calls(whole_only=True)
        index = self._next
        self._next += 1
        return frames + _frame("content_block_start", {"index": index, "content_block": block})

    def _close_text(self) -> bytes:
        if self._open is None:
            return b""
        self._open = None
        return _stop(self._next - 1)

    def _close_calls(self, *, whole_only: bool = False) -> bytes:
        return b"".join(
            call.close() for call in self._calls.values() if not call.closed and (call.is_whole or not whole_only)
        )


class _OpenCall:
    """A call's block."""

    __slots__ = ("_arguments", "_block", "_prefix", "closed")

    def __init__(self, block: int) -> None:
        self.closed = False
        self._block = block
        self._prefix = _PIECE % (block, b"input_json_delta", b"partial_json")
        self._arguments: list[str] = []

    @property
    def is_whole(self) -> bool:
        return _object_in("".join(self._arguments)) is not None

    def piece(self, arguments: str) -> bytes:
        self._arguments.append(arguments)
        return self._prefix + orjson.dumps(arguments) + _PIECE_END

    def close(self) -> bytes:
        self.closed = True
        self._arguments.clear()
        return _stop(self._block)


class WholeEncoder:
    """One message for a caller who did not ask for a stream."""

    def __init__(self, head: ReplyHead, *, omit_thinking: bool = False) -> None:
        self._head = head
        self._omit_thinking = omit_thinking
        self._fold = Fold()

    def encode(self, event: Event) -> bytes:
        """Nothing until the end, then all of it."""
        self._fold.add(event)
        return b""

    def close(self) -> bytes:
        choice = self._fold.choices[0]
        ending = _ending(choice.finish, called=bool(choice.calls), refused=bool(choice.refusals))
        cut = ending["stop_reason"] == "max_tokens"
        calls = _whole_calls(choice.whole_calls, PlainIds(self._head.id), cut=cut)
        text = choice.text + choice.refusal
        said: list[JsonObject] = [{"type": "text", "text": text}] if text else []
        body = _message(self._head) | ending | {"content": self._thinking(choice) + said + calls}
        return orjson.dumps(body | {"usage": usage_object(self._fold.usage)})

    def _thinking(self, choice: Choice) -> list[JsonObject]:
        blocks: list[JsonObject] = []
        for block in choice.thinking:
            if block.redacted:
                blocks.append({"type": "redacted_thinking", "data": block.redacted})
            elif block.signature or not self._omit_thinking:
                shown = "" if self._omit_thinking else block.text
                blocks.append({"type": "thinking", "thinking": shown, "signature": block.signature})
        return blocks


def _message(head: ReplyHead) -> JsonObject:
    return {
        "id": f"msg_{head.id}",
        "type": "message",
        "role": "assistant",
        "model": head.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _ending(finished: Finished | None, *, called: bool, refused: bool) -> JsonObject:
    if finished is None:
        raise UpstreamTruncated("the provider did not say that its answer was whole")
    reason, sequence = stop_of(finished)
    if finished.reason == "stop" and called:
        reason, sequence = "tool_use", None
    elif finished.reason == "stop" and refused:
        reason, sequence = "refusal", None
    return {"stop_reason": reason, "stop_sequence": sequence}


def _whole_calls(calls: list[FoldedCall], ids: PlainIds, *, cut: bool) -> list[JsonObject]:
    """The calls of a message, whose input is an object and not text. The one that the limit of tokens cut is left out:
    half of an input would be another one."""
    blocks: list[JsonObject] = []
    for call in calls:
        arguments = _object_in(call.arguments or "{}")
        if arguments is not None:
            call_id = ids.of(call.id)
            blocks.append({"type": "tool_use", "id": call_id, "name": call.name, "input": arguments})
        elif not cut:
            raise UpstreamInvalid(f"the arguments of the tool call {call.name[:64]!r} are not a JSON object")
    return blocks


def _object_in(text: str) -> JsonObject | None:
    """The object that JSON text is, None when it is none, or more than can be written again."""
    try:
        value = orjson.loads(text)
        orjson.dumps(value)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None
    return value if isinstance(value, dict) else None


def _stop(index: int) -> bytes:
    return _frame("content_block_stop", {"index": index})


def _frame(name: str, body: JsonObject) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps({"type": name} | body))
