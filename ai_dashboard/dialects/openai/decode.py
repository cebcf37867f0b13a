"""A provider's chat completions, read into events: a stream of chunks, or one whole reply.

Servers that follow OpenAI take liberties with everything but text. What they mean is taken from what they send; what
nobody can have meant is refused, so that no broken reply passes for a whole one.
"""

from typing import Any

import orjson

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.errors import UpstreamInvalid
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
)  # fmt: skip
from ai_dashboard.dialects.forms import Decoder
from ai_dashboard.dialects.openai.calls import Calls
from ai_dashboard.dialects.openai.logprobs import tokens_of
from ai_dashboard.dialects.openai.tap import DONE, EMPTY, error_in, finish_of, usage_of
from ai_dashboard.dialects.sse import SseDecoder
from ai_dashboard.dialects.tap import check_held, object_in

REASONS: dict[str, FinishReason] = {
    "stop": "stop", "length": "length", "tool_calls": "tool_calls", "content_filter": "content_filter",
    "function_call": "tool_calls",
    # Mistral, Zhipu, Google and engines that tell how they stopped
    "max_tokens": "length", "model_length": "length", "safety": "content_filter", "sensitive": "content_filter",
    "recitation": "content_filter", "prohibited_content": "content_filter",
}  # fmt: skip
"""Why a choice ended. Every other word is one for having come to an end."""

GAVE_UP = frozenset({"error", "abort", "insufficient_system_resource", "network_error", "cancelled"})
"""The provider's words (OpenRouter, vLLM, DeepSeek, Zhipu) for an answer that it did not finish."""

THINKING_FIELDS = ("reasoning_content", "reasoning", "thinking")
"""Where servers put what the model thinks; those that use two of them say the same in both."""


def decoder(ask: Ask, call_prefix: str) -> Decoder:
    """What reads the reply to an ask."""
    return StreamDecoder(call_prefix) if ask.stream else WholeDecoder(call_prefix)


class StreamDecoder:
    """The chunks of a stream."""

    def __init__(self, call_prefix: str) -> None:
        self._events = SseDecoder()
        self._between = True
        self._reply = _Reply(call_prefix)
        self._broken: UpstreamInvalid | None = None
        self._done = False

    def feed(self, chunk: bytes) -> list[Event]:
        """Raises at once, or at the next turn where something was said before it."""
        if self._broken is not None:
            raise self._broken
        out: list[Event] = []
        try:
            # Mostly a chunk is one event of one line, and nothing is left over from the one before.
            if (
                self._between
                and chunk.startswith(b"data: ")
                and chunk.find(b"\n") == len(chunk) - 2
                and chunk.endswith(b"\n\n")
                and b"\r" not in chunk
            ):
                self._read("", chunk[6:-2], out)
            else:
                self._between = chunk.endswith(b"\n\n")
                for event in self._events.feed(chunk):
                    self._read(event.name, event.data, out)
        except UpstreamInvalid as error:
            if not out:
                raise
            self._broken = error
        return out

    def close(self) -> list[Event]:
        if self._broken is not None:
            raise self._broken
        # A last event without its blank line; one that was cut in half is none.
        return [] if self._between else self._last()

    def _last(self) -> list[Event]:
        out: list[Event] = []
        for event in self._events.feed(b"\n\n"):
            if event.data == DONE or _is_json(event.data):
                self._read(event.name, event.data, out)
        return out

    def _read(self, name: str, data: bytes, out: list[Event]) -> None:
        if self._done or not data.strip():
            return  # some servers keep the line alive with empty events
        if data == DONE:
            self._done = True
            self._reply.ends(out)
            return
        chunk = object_in(data)
        if name == "error" and "error" not in chunk:
            chunk = {"error": chunk}
        if "error" in chunk and (message := error_in(chunk)) is not None:
            self._done = True
            out.append(Failed(message))
            return
        self._reply.chunk(chunk, out)


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
        if (message := error_in(reply)) is not None:
            return [Failed(message)]
        if not reply.get("choices"):
            raise UpstreamInvalid("the provider's answer has no choices")
        out: list[Event] = []
        self._reply.chunk(reply, out)
        self._reply.ends(out)
        return out


class _Choice:
    """One answer so far."""

    __slots__ = ("calls", "finished", "number", "thought")

    def __init__(self, number: int, call_prefix: str) -> None:
        self.number = number
        self.calls = Calls(call_prefix, number)
        self.finished = False
        self.thought: list[str] = []


class _Reply:
    """What the chunks of a reply, or the reply itself, amount to."""

    __slots__ = ("_call_prefix", "_choices", "_started")

    def __init__(self, call_prefix: str) -> None:
        self._call_prefix = call_prefix
        self._choices: dict[int, _Choice] = {}
        self._started = False

    def chunk(self, chunk: JsonObject, out: list[Event]) -> None:
        if not self._started:
            self._started = True
            model = chunk.get("model")
            out.append(Started(model if isinstance(model, str) else ""))
        if (usage := chunk.get("usage")) and (counted := usage_of(usage)) is not None:
            out.append(counted)
        choices = chunk.get("choices")
        if type(choices) is not list:
            if choices is not None:
                raise UpstreamInvalid("the provider's `choices` are not a list")
            return
        for place, choice in enumerate(choices):
            if type(choice) is dict:
                self._read(choice, place, out)

    def ends(self, out: list[Event]) -> None:
        """The provider says that its reply is whole: what has no finish reason yet has come to its end."""
        if not self._choices:
            raise UpstreamInvalid(EMPTY)
        for choice in self._choices.values():
            if not choice.finished:
                _finish(choice, "stop", None, out)

    def _read(self, choice: dict[str, Any], place: int, out: list[Event]) -> None:
        index = choice.get("index")
        number = index if type(index) is int and index >= 0 else place
        state = self._choices.get(number)
        if state is None:
            state = self._choices[number] = _Choice(number, self._call_prefix)
        if state.finished:
            return
        said = choice.get("delta")
        if type(said) is dict and len(said) == 1 and type(text := said.get("content")) is str:
            tokens = tokens_of(choice["logprobs"]) if choice.get("logprobs") else ()
            if text or tokens:
                out.append(Text(text, number, tokens))
        else:
            _say(state, choice, out)
        if (finish := finish_of(choice)) is not None:
            stop = choice.get("stop_reason")  # vLLM's: which of the stop sequences it was
            _finish(state, finish, stop if isinstance(stop, str) else None, out)


def _say(state: _Choice, choice: dict[str, Any], out: list[Event]) -> None:
    """Everything that a piece or a message may hold, thinking first."""
    whole = False
    said = choice.get("delta")
    if not isinstance(said, dict):
        said = choice.get("message")
        whole = True
    if not isinstance(said, dict):
        said = {"content": choice.get("text")}
    _think(state, said, out, whole=whole)
    content = said.get("content")
    if isinstance(content, list):
        _say_parts(state, content, out)
    elif isinstance(content, str):
        tokens = tokens_of(choice.get("logprobs"))
        if content or tokens:
            out.append(Text(content, state.number, tokens))
    if isinstance(refusal := said.get("refusal"), str) and refusal:
        out.append(Refusal(refusal, state.number))
    take = state.calls.take_whole if whole else state.calls.take
    calls = said.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        take(call, out)
    if isinstance(older := said.get("function_call"), dict):
        take({"function": older}, out)


def _say_parts(state: _Choice, parts: list[Any], out: list[Event]) -> None:
    """Content in parts, as Mistral's thinking models send it."""
    for part in parts:
        match part:
            case {"type": "thinking", "thinking": str(text)}:
                out.append(Thinking(text, state.number))
            case {"type": "thinking", "thinking": [*thoughts]}:
                texts = [thought["text"] for thought in thoughts if _is_text(thought)]
                out.append(Thinking("".join(texts), state.number))
            case {"type": "refusal", "refusal": str(text)}:
                out.append(Refusal(text, state.number))
            case {"text": str(text)} if text:
                out.append(Text(text, state.number))
            case _:
                pass


def _think(state: _Choice, said: dict[str, Any], out: list[Event], *, whole: bool) -> None:
    """Thinking as text, and as blocks with signatures. Servers that send blocks send their text a second time beside
    them, and at the end of a streamed block all of it once more with the signature."""
    listed = said.get("thinking_blocks")
    blocks = [block for block in listed if isinstance(block, dict)] if isinstance(listed, list) else []
    texts = [text for name in THINKING_FIELDS if isinstance(text := said.get(name), str)]
    text = next(filter(None, texts), "")
    if text and not any(block.get("thinking") for block in blocks):
        state.thought.append(text)
        out.append(Thinking(text, state.number))
    for block in blocks:
        _think_block(state, block, out, whole=whole)


def _think_block(state: _Choice, block: dict[str, Any], out: list[Event], *, whole: bool) -> None:
    match block.get("thinking"):
        case str(shown) if shown:
            told = not whole and block.get("signature") and "".join(state.thought).endswith(shown)
            if not told:
                state.thought.append(shown)
                out.append(Thinking(shown, state.number))
        case _:
            pass
    match block:
        case {"signature": str(signature)} if signature:
            out.append(Signature(signature, choice=state.number))
            state.thought.clear()
        case {"type": "redacted_thinking", "data": str(hidden)}:
            out.append(Signature(hidden, redacted=True, choice=state.number))
            state.thought.clear()
        case _:
            pass


def _finish(state: _Choice, word: str, stop_sequence: str | None, out: list[Event]) -> None:
    state.finished = True
    word = word.lower()
    if word in GAVE_UP:
        out.append(Failed(f"the provider did not finish its answer ({word})"))
        return
    state.calls.finish(out)
    reason = REASONS.get(word, "stop")
    if reason in ("stop", "tool_calls"):
        # Not every server says so when it calls a tool, and OpenAI does not where the tool was the caller's choice.
        reason = "tool_calls" if state.calls else "stop"
    out.append(Finished(reason, state.number, stop_sequence))


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and isinstance(part.get("text"), str)


def _is_json(data: bytes) -> bool:
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True
