"""Ollama's NDJSON reply, read into events. A whole reply is a stream of one line."""

import orjson

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import Event, Failed, Finished, Started, Text, Thinking, ToolCall
from ai_dashboard.dialects.forms import Decoder
from ai_dashboard.dialects.ndjson import NdjsonDecoder
from ai_dashboard.dialects.ollama.lines import error_in, finish_of, message_of, usage_of


def decoder(_ask: Ask, call_prefix: str) -> Decoder:
    """The reader of one reply, of `/api/chat` or `/api/generate`."""
    return OllamaDecoder(call_prefix=call_prefix)


class OllamaDecoder:
    """Events of one reply. Ollama's tool calls come whole, and from older servers without ids: those that are missing
    or repeated are made from `call_prefix`. What follows the last line is not read."""

    def __init__(self, *, call_prefix: str) -> None:
        self._lines = NdjsonDecoder()
        self._call_prefix = call_prefix
        self._call_ids: set[str] = set()
        self._started = False
        self._done = False

    def feed(self, chunk: bytes) -> list[Event]:
        events: list[Event] = []
        for line in self._lines.feed(chunk):
            self._read(line, events)
        return events

    def close(self) -> list[Event]:
        events: list[Event] = []
        for line in self._lines.close():
            self._read(line, events)
        return events

    def _read(self, line: JsonObject, events: list[Event]) -> None:
        if self._done:
            return
        if "error" in line and (error := error_in(line)) is not None:
            self._done = True
            events.append(Failed(error))
            return
        if not self._started:
            self._started = True
            model = line.get("model")
            events.append(Started(model if isinstance(model, str) else ""))
        message = message_of(line)
        thinking = message.get("thinking")
        if type(thinking) is str and thinking:
            events.append(Thinking(thinking))
        text = line.get("response") if message is line else message.get("content")
        logprobs = _logprobs(line["logprobs"]) if "logprobs" in line else ()
        if (type(text) is str and text) or logprobs:
            events.append(Text(text if type(text) is str else "", 0, logprobs))
        if "tool_calls" in message:
            self._read_calls(message["tool_calls"], events)
        if line.get("done") is True:
            self._done = True
            if (usage := usage_of(line)) is not None:
                events.append(usage)
            events.append(Finished(finish_of(line, called=bool(self._call_ids))))

    def _read_calls(self, calls: object, events: list[Event]) -> None:
        for call in calls if isinstance(calls, list) else ():
            match call:
                case {"function": {"name": str(name), **function}, **rest} if name:
                    events.append(self._call(rest.get("id"), name, function.get("arguments")))
                case _:
                    events.append(Failed("the provider sent a tool call without a name"))

    def _call(self, given: object, name: str, arguments: object) -> Event:
        match arguments:
            case str():  # servers that follow OpenAI here send them as text already
                written = arguments or "{}"
            case dict() | None:
                written = _json(arguments or {})
            case _:
                return Failed(f"the provider sent a call of the tool {name[:64]!r} whose arguments are not an object")
        index = len(self._call_ids)
        call_id = given if isinstance(given, str) and given.strip() else f"call_{self._call_prefix}_{index}"
        while call_id in self._call_ids:
            call_id = f"{call_id}_{index}"
        self._call_ids.add(call_id)
        return ToolCall(index, call_id, name, written)


def _json(arguments: JsonObject) -> str:
    try:
        return orjson.dumps(arguments).decode()
    except orjson.JSONEncodeError as error:
        raise UpstreamInvalid(f"the arguments of a tool call cannot be passed on: {error}") from None


def _logprobs(tokens: object) -> tuple[JsonObject, ...]:
    """Ollama's log probabilities are OpenAI's objects without the fields that are empty."""
    if not isinstance(tokens, list):
        return ()
    return tuple(
        {**_token(token), "top_logprobs": [_token(other) for other in _tokens(token.get("top_logprobs"))]}
        for token in _tokens(tokens)
    )


def _tokens(tokens: object) -> list[JsonObject]:
    if not isinstance(tokens, list):
        return []
    return [
        token
        for token in tokens
        if isinstance(token, dict)
        and isinstance(token.get("token"), str)
        and isinstance(token.get("logprob"), int | float)
    ]


def _token(token: JsonObject) -> JsonObject:
    spelled = token.get("bytes")
    return {
        "token": token["token"],
        "logprob": token["logprob"],
        "bytes": spelled if isinstance(spelled, list) else None,
    }
