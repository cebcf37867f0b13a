"""What the events of the Responses API mean to a tap, and what is noted of a reply for the ask that goes on from it.

The last event repeats the whole reply and may be far longer than the tail that a tap keeps: it is read when it passes.
"""

import re

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.forms import Relay
from ai_dashboard.dialects.openai.tap import EMPTY, error_in
from ai_dashboard.dialects.refusals import repeatable
from ai_dashboard.dialects.sse import backwards, data_of
from ai_dashboard.dialects.tap import SSE, StreamTap, WholeTap, late_object, object_in

_LAST = re.compile(rb'"type"\s*:\s*"(?:response\.(?:completed|incomplete|failed)|error)"')

# Tuples, not sets: a provider may send anything where a type belongs, also what cannot be looked up in a set.
_FINISHED = ("response.completed", "response.incomplete")

_QUIET = ("message", "reasoning")
"""Items whose beginning says nothing yet; any other is a tool at work."""

_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}


class ResponsesGrammar:
    """Events of one reply. `response` is the provider's own object of the whole, once it has come."""

    __slots__ = ("failure", "finish", "response", "usage", "whole")

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.finish: str | None = None
        self.failure: str | None = None
        self.whole = False
        self.response: JsonObject = {}

    def opens(self, data: bytes) -> bool:
        if not data.strip():
            return False
        event = object_in(data)
        kind = event.get("type")
        if (message := _failure_in(event)) is not None:
            raise UpstreamInvalid(message)
        if not isinstance(kind, str):
            return False
        if kind.endswith(".delta"):
            return bool(event.get("delta"))
        item = event.get("item")
        if kind == "response.output_item.added":
            return isinstance(item, dict) and item.get("type") not in _QUIET
        if kind == "response.output_item.done":
            return isinstance(item, dict)
        if kind in _FINISHED:
            read_response(_object(event, "response"))
            return True
        return False

    def closes(self, data: bytes) -> bool:
        if self.whole or self.failure is not None:
            return True
        event = late_object(data)
        if event is None:
            return False
        self.failure = _failure_in(event)
        if event.get("type") in _FINISHED:
            response = self.response = _object(event, "response")
            self.usage, self.finish = usage_of(response.get("usage")), finish_of(response)
            self.whole = True
        return self.whole or self.failure is not None


class ResponsesTap:
    """The relay for a stream between a caller and a provider that both speak the Responses API."""

    __slots__ = ("_grammar", "_tap")

    def __init__(self) -> None:
        self._grammar = ResponsesGrammar()
        self._tap = StreamTap(self._grammar, SSE)

    @property
    def committed(self) -> bool:
        return self._tap.committed

    @property
    def usage(self) -> Usage | None:
        return self._grammar.usage

    @property
    def finish(self) -> str | None:
        return self._grammar.finish

    @property
    def failure(self) -> str | None:
        return self._grammar.failure

    @property
    def said(self) -> int:
        return self._tap.said

    @property
    def response_id(self) -> str:
        return id_of(self._grammar.response)

    @property
    def output(self) -> list[JsonObject]:
        return output_of(self._grammar.response)

    def feed(self, chunk: bytes) -> bytes:
        out = self._tap.feed(chunk)
        if out and _LAST.search(out):
            for event in backwards(out):
                if _LAST.search(event) and (data := data_of(event)) and self._grammar.closes(data):
                    break
        return out

    def close(self) -> bytes:
        return self._tap.close()


class _Noted:
    """Reads a reply in one piece, and keeps it."""

    def __init__(self) -> None:
        self.response: JsonObject = {}

    def read(self, response: JsonObject) -> tuple[Usage | None, str | None]:
        read = read_response(response)
        self.response = response
        return read


class WholeResponseTap(WholeTap):
    """The relay for a reply in one piece."""

    __slots__ = ("_noted",)

    def __init__(self) -> None:
        self._noted = _Noted()
        super().__init__(self._noted.read)

    @property
    def response_id(self) -> str:
        return id_of(self._noted.response)

    @property
    def output(self) -> list[JsonObject]:
        return output_of(self._noted.response)


def tap(ask: Ask) -> Relay:
    """The relay for an ask whose provider speaks the Responses API itself."""
    return ResponsesTap() if ask.stream else WholeResponseTap()


def read_response(response: JsonObject) -> tuple[Usage | None, str | None]:
    """Usage and finish reason of a response. Raises `UpstreamInvalid` when it is an error, or empty."""
    if (message := error_in(response)) is not None:
        raise UpstreamInvalid(message)
    if response.get("status") == "failed" or not isinstance(response.get("output"), list):
        raise UpstreamInvalid("the provider's answer is not a response with an output")
    finish = finish_of(response)
    if finish == "stop" and not output_of(response):
        raise UpstreamInvalid(EMPTY)
    return usage_of(response.get("usage")), finish


def finish_of(response: JsonObject) -> str | None:
    """Why a response ended, in the words of chat completions; None for one that is still being made."""
    match response.get("status"):
        case "incomplete":
            details = response.get("incomplete_details")
            reason = details.get("reason") if isinstance(details, dict) else None
            return _REASONS.get(reason, "length") if isinstance(reason, str) else "length"
        case "in_progress" | "queued" | "cancelled":
            return None
        case _:
            called = any(item.get("type") == "function_call" for item in output_of(response))
            return "tool_calls" if called else "stop"


def usage_of(value: object) -> Usage | None:
    """The usage of a response, or None when it is none."""
    if not isinstance(value, dict):
        return None
    inputs, outputs = _object(value, "input_tokens_details"), _object(value, "output_tokens_details")
    return Usage(
        prompt_tokens=_count(value, "input_tokens"),
        completion_tokens=_count(value, "output_tokens"),
        cached_tokens=_count(inputs, "cached_tokens"),
        reasoning_tokens=_count(outputs, "reasoning_tokens"),
        cache_write_tokens=_count(inputs, "cache_write_tokens"),
        input_audio_tokens=_count(inputs, "audio_tokens"),
        output_audio_tokens=_count(outputs, "audio_tokens"),
        input_image_tokens=_count(inputs, "image_tokens"),
        output_image_tokens=_count(outputs, "image_tokens"),
    )


def id_of(response: JsonObject) -> str:
    """The response's id, "" when it has none."""
    value = response.get("id")
    return value if isinstance(value, str) else ""


def output_of(response: JsonObject) -> list[JsonObject]:
    """The items of a response, whatever else is among them."""
    output = response.get("output")
    return [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []


def _failure_in(event: JsonObject) -> str | None:
    """The message of an error that an event reports, in any of the ways in which it is done."""
    kind = event.get("type")
    if kind == "error" and isinstance(message := event.get("message"), str) and message:
        return repeatable(message)
    response = _object(event, "response")
    # While a response goes well its `error` is null.
    found = error_in(event) or error_in(response)
    if found is None and kind in ("error", "response.failed"):
        return "the provider reported an error without a message"
    return found


def _object(holder: JsonObject, name: str) -> JsonObject:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _count(holder: JsonObject, name: str) -> int:
    value = holder.get(name)
    return value if isinstance(value, int) and value > 0 else 0
