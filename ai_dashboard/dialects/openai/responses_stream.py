"""Events, written as those of the Responses API, or as one whole `response`.

Both come out of the same list of items, so that a stream and a whole reply cannot disagree. The API has a single
answer: of an ask for several, the first is written.
"""

from typing import assert_never

import orjson

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.events import (
    Event,
    Failed,
    Finished,
    FinishReason,
    Refusal,
    Signature,
    Started,
    Text,
    Thinking,
    ToolCall,
    Usage,
)  # fmt: skip
from ai_dashboard.dialects.forms import Encoder, ReplyHead
from ai_dashboard.dialects.openai.responses_reply import (
    INCOMPLETE,
    CallItem,
    MessageItem,
    MessagePart,
    ReasoningItem,
    logprob_objects,
    reply_to,
)  # fmt: skip

_Item = ReasoningItem | MessageItem | CallItem


def encoder(ask: Ask, head: ReplyHead) -> Encoder:
    """The encoder for a caller of the Responses API. Raises `CallerError` for asks that cannot be repeated to it."""
    return StreamEncoder(ask, head) if ask.stream else WholeEncoder(ask, head)


class StreamEncoder:
    """Events for a streaming caller. `output` are the items so far as the reply has them; the first two events go out
    with the first content, so nothing is sent for nothing."""

    def __init__(self, ask: Ask, head: ReplyHead) -> None:
        self._reply = reply_to(ask, head)
        self._suffix = head.id
        self._sequence = 0
        self._items: list[_Item] = []
        self._reasoning: ReasoningItem | None = None
        self._message: MessageItem | None = None
        self._part: MessagePart | None = None
        self._calls: dict[int, CallItem] = {}
        self._piece = b""
        self._finish: FinishReason | None = None
        self._usage: Usage | None = None

    @property
    def response_id(self) -> str:
        return self._reply.id

    @property
    def output(self) -> list[JsonObject]:
        return [item.written() for item in self._items]

    def encode(self, event: Event) -> bytes:
        """The events for one event; a provider's error inside the reply is told by whoever ends the stream."""
        match event:
            case Text():
                return self._say(event.text, event.logprobs, event.choice, refusal=False)
            case Refusal():
                return self._say(event.text, (), event.choice, refusal=True)
            case Thinking():
                return self._think(event) if event.choice == 0 else b""
            case Signature():
                return self._sign(event) if event.choice == 0 else b""
            case ToolCall():
                return self._call(event) if event.choice == 0 else b""
            case Usage():
                self._usage = event
                return b""
            case Finished():
                return self._end(event.reason) if event.choice == 0 else b""
            case Started() | Failed():
                return b""
            case _:
                assert_never(event)

    def close(self) -> bytes:
        """The last event, with the whole response in it."""
        incomplete = self._finish in INCOMPLETE
        return self._frame(
            b"response.incomplete" if incomplete else b"response.completed",
            b'"response":' + self.whole(),
        )

    def whole(self) -> bytes:
        """The response as one object."""
        return self._reply.written(self.output, self._finish, self._usage)

    def _say(self, text: str, logprobs: tuple[JsonObject, ...], choice: int, *, refusal: bool) -> bytes:
        if choice or not (text or logprobs):
            return b""
        part = self._part
        opened = b""
        if part is None or part.refusal is not refusal:
            part = MessagePart(refusal)
            opened = self._open(part)
        part.pieces.append(text)
        end = b""
        if not refusal:
            found = logprob_objects(logprobs) if logprobs else []
            part.logprobs += found
            end = b',"logprobs":' + orjson.dumps(found) if found else b',"logprobs":[]'
        return opened + self._delta(text, end)

    def _open(self, part: MessagePart) -> bytes:
        written = self._close_part() if self._message is not None else self._close_reasoning()
        message = self._message
        if message is None:
            message = self._message = MessageItem(f"msg_{self._suffix}_{len(self._items)}", len(self._items))
            written += self._added(message, message.written())
        self._part = part
        message.parts.append(part)
        kind = b"refusal" if part.refusal else b"output_text"
        self._open_deltas(b"response." + kind + b".delta", self._place_of(message))
        return written + self._frame(b"response.content_part.added", self._place_of(message), part=part.written())

    def _close_part(self) -> bytes:
        part, message = self._part, self._message
        if part is None or message is None:
            return b""
        self._part = None
        place = self._place_of(message)
        if part.refusal:
            done = self._frame(b"response.refusal.done", place, refusal=part.text)
        else:
            done = self._frame(b"response.output_text.done", place, text=part.text, logprobs=part.logprobs)
        return done + self._frame(b"response.content_part.done", place, part=part.written())

    def _close_message(self) -> bytes:
        message = self._message
        if message is None:
            return b""
        written = self._close_part()
        self._message = None
        return written + self._done(message)

    def _think(self, event: Thinking) -> bytes:
        if not event.text:
            return b""
        item = self._reasoning
        opened = b""
        if item is None:
            opened = self._close_message()
            item = self._open_reasoning()
            opened += self._added(item, item.written())
        if not item.pieces:
            place = self._place_of(item)
            self._open_deltas(b"response.reasoning_summary_text.delta", place)
            opened += self._frame(b"response.reasoning_summary_part.added", place, part=_summary(""))
        item.pieces.append(event.text)
        return opened + self._delta(event.text)

    def _sign(self, event: Signature) -> bytes:
        written = b""
        item = self._reasoning
        if item is None or event.redacted:
            written = self._close_reasoning() + self._close_message()
            item = self._open_reasoning()
            written += self._added(item, item.written())
        if event.redacted:
            item.redacted = event.data
        else:
            item.signature = event.data
        return written + self._close_reasoning()

    def _open_reasoning(self) -> ReasoningItem:
        item = self._reasoning = ReasoningItem(f"rs_{self._suffix}_{len(self._items)}", len(self._items))
        return item

    def _close_reasoning(self) -> bytes:
        item = self._reasoning
        if item is None:
            return b""
        self._reasoning = None
        written = b""
        if item.pieces:
            place = self._place_of(item)
            written += self._frame(b"response.reasoning_summary_text.done", place, text=item.text)
            written += self._frame(b"response.reasoning_summary_part.done", place, part=_summary(item.text))
        return written + self._done(item)

    def _call(self, event: ToolCall) -> bytes:
        """Calls stay open until the end: providers may send pieces of several in turn."""
        call = self._calls.get(event.index)
        written = b""
        if call is None:
            written = self._close_reasoning() + self._close_message()
            number = len(self._items)
            call = CallItem(f"fc_{self._suffix}_{number}", number, event.id, event.name, event.signature)
            self._calls[event.index] = call
            written += self._added(call, call.written())
        call.signature = call.signature or event.signature
        return written + (self._argue(call, event.arguments) if event.arguments else b"")

    def _argue(self, call: CallItem, arguments: str) -> bytes:
        call.pieces.append(arguments)
        return self._frame(b"response.function_call_arguments.delta", self._place_of(call), delta=arguments)

    def _close_call(self, call: CallItem) -> bytes:
        written = b"" if call.pieces else self._argue(call, "{}")
        place = self._place_of(call)
        written += self._frame(
            b"response.function_call_arguments.done", place, name=call.name, arguments=call.arguments
        )
        return written + self._done(call)

    def _end(self, reason: FinishReason) -> bytes:
        """Everything that is still open ends here; the response itself does when its usage is known."""
        self._finish = reason
        written = b"" if self._items else self._begin()
        written += self._close_reasoning() + self._close_message()
        return written + b"".join([self._close_call(call) for call in self._calls.values()])

    def _begin(self) -> bytes:
        response = b'"response":' + self._reply.written([])
        return self._frame(b"response.created", response) + self._frame(b"response.in_progress", response)

    def _added(self, item: _Item, written: JsonObject) -> bytes:
        begun = b"" if self._items else self._begin()
        self._items.append(item)
        return begun + self._frame(b"response.output_item.added", b'"output_index":%d' % item.index, item=written)

    def _done(self, item: _Item) -> bytes:
        item.status = "incomplete" if self._finish in INCOMPLETE else "completed"
        written = item.written()
        return self._frame(b"response.output_item.done", b'"output_index":%d' % item.index, item=written)

    def _place_of(self, item: _Item) -> bytes:
        """Where a piece belongs, as the fields of its event."""
        place = b'"item_id":%b,"output_index":%d' % (orjson.dumps(item.id), item.index)
        match item:
            case ReasoningItem():
                return place + b',"summary_index":0'
            case MessageItem():
                return place + b',"content_index":%d' % (len(item.parts) - 1)
            case CallItem():
                return place

    def _frame(self, kind: bytes, fields: bytes, **more: object) -> bytes:
        number = self._sequence
        self._sequence = number + 1
        rest = b"," + orjson.dumps(more)[1:-1] if more else b""
        return b'event: %b\ndata: {"type":"%b","sequence_number":%d,%b%b}\n\n' % (kind, kind, number, fields, rest)

    def _open_deltas(self, kind: bytes, place: bytes) -> None:
        self._piece = b'event: %b\ndata: {"type":"%b",%b,"delta":' % (kind, kind, place)

    def _delta(self, text: str, end: bytes = b"") -> bytes:
        """A piece of the part that is open: what most of a stream consists of, so nothing is built anew for it."""
        number = self._sequence
        self._sequence = number + 1
        return b'%b%b%b,"sequence_number":%d}\n\n' % (self._piece, orjson.dumps(text), end, number)


class WholeEncoder:
    """One reply, made of the same items that a stream would bring."""

    def __init__(self, ask: Ask, head: ReplyHead) -> None:
        self._stream = StreamEncoder(ask, head)

    @property
    def response_id(self) -> str:
        return self._stream.response_id

    @property
    def output(self) -> list[JsonObject]:
        return self._stream.output

    def encode(self, event: Event) -> bytes:
        self._stream.encode(event)
        return b""

    def close(self) -> bytes:
        return self._stream.whole()


def _summary(text: str) -> JsonObject:
    return {"type": "summary_text", "text": text}
