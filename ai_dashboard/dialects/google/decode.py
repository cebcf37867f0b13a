"""Google's replies, streamed or whole, read into events.

Every chunk of a stream is a reply of its own with the next parts of the answer, so one reader does for both. Calls come
whole. Parts of a kind that we did not ask for are skipped.
"""

from typing import Any

import orjson

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import Event, Failed, Finished, Signature, Started, Text, Thinking, ToolCall
from ai_dashboard.dialects.forms import Decoder
from ai_dashboard.dialects.google.logprobs import tokens_of
from ai_dashboard.dialects.google.replies import (
    REASONS,
    blocked,
    error_in,
    gave_up,
    parts_of,
    stop_of,
    usage_of,
)  # fmt: skip
from ai_dashboard.dialects.google.signatures import marked
from ai_dashboard.dialects.sse import SseDecoder
from ai_dashboard.dialects.tap import check_held, object_in

MAX_CALLS = 4096
"""More tool calls than this in one answer are refused: nobody makes them, and each is remembered."""

MAX_CANDIDATES = 128
"""As many answers as OpenAI gives at most; Google gives eight."""


def decoder(ask: Ask, call_prefix: str) -> Decoder:
    """Reads the reply to an ask: providers stream exactly when they are asked to."""
    return StreamDecoder(call_prefix) if ask.stream else WholeDecoder(call_prefix)


class StreamDecoder:
    """Events of one stream. What was said before an error is handed out before it is raised."""

    def __init__(self, call_prefix: str) -> None:
        self._lines = SseDecoder()
        self._between = True
        self._reply = _Reply(call_prefix)
        self._broken: UpstreamInvalid | None = None

    def feed(self, chunk: bytes) -> list[Event]:
        if self._broken is not None:
            raise self._broken
        events: list[Event] = []
        try:
            if self._between and (data := _only_data(chunk)) is not None:
                self._reply.read(object_in(data), events)
            else:
                # A CR at the very end may be the first half of a line end.
                self._between = chunk.endswith((b"\n\n", b"\r\n\r\n"))
                for event in self._lines.feed(chunk):
                    self._read(event.data, events)
        except UpstreamInvalid as error:
            if not events:
                raise
            self._broken = error
        return events

    def close(self) -> list[Event]:
        """A last event without its blank line is read; one that was cut in half is none."""
        if self._broken is not None:
            raise self._broken
        events: list[Event] = []
        for event in self._lines.feed(b"\n\n") if not self._between else ():
            if _is_object(event.data):
                self._read(event.data, events)
        return events

    def _read(self, data: bytes, events: list[Event]) -> None:
        if data.strip() and data != b"[DONE]":
            self._reply.read(object_in(data), events)


class WholeDecoder:
    """One reply in one piece, read when all of it is there."""

    def __init__(self, call_prefix: str) -> None:
        self._pieces: list[bytes] = []
        self._held = 0
        self._reply = _Reply(call_prefix)

    def feed(self, chunk: bytes) -> list[Event]:
        self._held = check_held(self._held + len(chunk))
        self._pieces.append(chunk)
        return []

    def close(self) -> list[Event]:
        reply = object_in(b"".join(self._pieces))
        if not reply.get("candidates") and not blocked(reply) and error_in(reply) is None:
            raise UpstreamInvalid("the provider's answer has no candidates")
        events: list[Event] = []
        self._reply.read(reply, events)
        return events


class _Choice:
    """One answer so far."""

    __slots__ = ("calls", "finished", "ids", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.calls = 0
        self.ids: set[str] = set()
        self.finished = False


class _Reply:
    """All that was said, chunk by chunk."""

    def __init__(self, call_prefix: str) -> None:
        self._call_prefix = call_prefix
        self._choices: dict[int, _Choice] = {}
        self._started = False

    def read(self, reply: JsonObject, events: list[Event]) -> None:
        if "error" in reply and (message := error_in(reply)) is not None:
            events.append(Failed(message))
            return
        if not self._started:
            self._started = True
            model = reply.get("modelVersion")
            events.append(Started(model if isinstance(model, str) else ""))
        candidates = reply.get("candidates")
        if type(candidates) is list:
            for place, candidate in enumerate(candidates):
                if type(candidate) is dict:
                    self._candidate(candidate, place, events)
        elif "promptFeedback" in reply and blocked(reply):
            events.append(Finished("content_filter"))
        if "usageMetadata" in reply and (usage := usage_of(reply)) is not None:
            events.append(usage)

    def _candidate(self, candidate: dict[str, Any], place: int, events: list[Event]) -> None:
        # Zero is what is meant by a number that is left out; among several it is the place.
        index = candidate.get("index")
        number = index if type(index) is int and index >= 0 else place
        choice = self._choices.get(number)
        if choice is None:
            if len(self._choices) == MAX_CANDIDATES:
                raise UpstreamInvalid(f"the provider's answer has over {MAX_CANDIDATES} candidates")
            choice = self._choices[number] = _Choice(number)
        if choice.finished:
            return
        tokens = tokens_of(candidate["logprobsResult"]) if "logprobsResult" in candidate else ()
        for part in parts_of(candidate):
            text = part.get("text")
            if type(text) is str and len(part) == 1:
                if text or tokens:
                    events.append(Text(text, number, tokens))
                    tokens = ()
            else:
                self._part(choice, part, events)
        if tokens:
            events.append(Text("", number, tokens))
        if (stop := stop_of(candidate)) is not None:
            _finish(choice, candidate, stop, events)

    def _part(self, choice: _Choice, part: JsonObject, events: list[Event]) -> None:
        """Everything but a plain piece of text. A signature belongs to the call that it comes with, or else to all the
        thinking before it."""
        signature = part.get("thoughtSignature")
        signature = signature if isinstance(signature, str) else ""
        if (call := part.get("functionCall")) is not None:
            events.append(self._call(choice, call, signature))
            return
        if type(text := part.get("text")) is str and text:
            thought = part.get("thought") is True
            events.append(Thinking(text, choice.number) if thought else Text(text, choice.number))
        match part.get("inlineData"):
            case {"mimeType": str(kind), "data": str(data)} if part.get("thought") is not True:
                # A picture, which events have no room for, in the words that most clients show as one.
                events.append(Text(f"![{kind}](data:{kind};base64,{data})", choice.number))
            case _:
                pass
        if signature:
            events.append(Signature(marked(signature), choice=choice.number))

    def _call(self, choice: _Choice, call: object, signature: str) -> Event:
        match call:
            case {"name": str(name), **rest} if name:
                pass
            case _:
                return Failed("the provider sent a tool call without a name")
        arguments = rest.get("args")
        if rest.get("partialArgs") or rest.get("willContinue"):
            return Failed(f"the provider sent a call of the tool {name[:64]!r} in pieces, which nobody asked for")
        if not isinstance(arguments, dict | None):
            return Failed(f"the provider sent a call of the tool {name[:64]!r} whose arguments are not an object")
        if choice.calls == MAX_CALLS:
            raise UpstreamInvalid(f"the provider's answer has over {MAX_CALLS} tool calls")
        call_id = rest.get("id")
        if not isinstance(call_id, str) or not call_id.strip() or call_id in choice.ids:
            call_id = f"call_{self._call_prefix}_{choice.number}_{choice.calls}"
        while call_id in choice.ids:
            call_id += "_"
        choice.ids.add(call_id)
        choice.calls += 1
        return ToolCall(choice.calls - 1, call_id, name, _json(arguments or {}), choice.number, signature)


def _finish(choice: _Choice, candidate: JsonObject, stop: str, events: list[Event]) -> None:
    choice.finished = True
    reason = REASONS.get(stop)
    if reason is None:
        events.append(Failed(gave_up(candidate, stop)))
    else:
        # Google has no word of its own for an answer that waits for the result of a call.
        events.append(Finished("tool_calls" if reason == "stop" and choice.calls else reason, choice.number))


def _only_data(chunk: bytes) -> bytes | None:
    """The data of a chunk that is one event of one line, as nearly all are; None for every other."""
    if not chunk.startswith(b"data: {"):
        return None
    if chunk.endswith(b"\r\n\r\n"):
        return chunk[6:-4] if chunk.find(b"\r") == len(chunk) - 4 and chunk.find(b"\n") == len(chunk) - 3 else None
    if chunk.endswith(b"\n\n"):
        return chunk[6:-2] if chunk.find(b"\n") == len(chunk) - 2 and b"\r" not in chunk else None
    return None


def _json(arguments: JsonObject) -> str:
    try:
        return orjson.dumps(arguments).decode()
    except orjson.JSONEncodeError as error:
        raise UpstreamInvalid(f"the arguments of a tool call cannot be passed on: {error}") from None


def _is_object(data: bytes) -> bool:
    try:
        return isinstance(orjson.loads(data), dict)
    except orjson.JSONDecodeError:
        return False
