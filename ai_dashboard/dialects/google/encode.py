"""Events, written as Google's replies: a stream of chunks (`alt=sse`), or one whole reply folded from the same events.

The end of every answer goes out together with the usage, in the last chunk, where Google's clients look for both.
"""

from typing import assert_never

import orjson

from ai_dashboard.core.chat import Ask, JsonObject
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
    Usage,
)  # fmt: skip
from ai_dashboard.dialects.fold import Choice, Fold, ThinkingBlock
from ai_dashboard.dialects.forms import Encoder, ReplyHead
from ai_dashboard.dialects.google import signatures
from ai_dashboard.dialects.google.logprobs import result_of
from ai_dashboard.dialects.google.replies import STOPS, usage_object

KEEP_ALIVE = b"\n\n"
"""Google's clients read lines that are no data (comments as well) as errors; the Go client splits at blank lines."""

_START = b'data: {"candidates":[{"content":{"parts":['


def encoder(ask: Ask, head: ReplyHead) -> Encoder:
    """The writer of one reply. Thinking is shown only to those who ask for it, as Google does."""
    thinking = ask.body.get("thinking")
    shown = isinstance(thinking, dict) and thinking.get("display") == "summarized"
    return StreamEncoder(head, show_thinking=shown) if ask.stream else WholeEncoder(head, show_thinking=shown)


class StreamEncoder:
    """Chunks for a streaming caller. Calls are held back until their answer ends: Google sends each in one piece."""

    def __init__(self, head: ReplyHead, *, show_thinking: bool) -> None:
        self._head = orjson.dumps(_head(head))[1:]
        self._show_thinking = show_thinking
        self._choices: dict[int, _Streamed] = {}
        self._finishes: list[Finished] = []
        self._usage: Usage | None = None

    def encode(self, event: Event) -> bytes:
        if type(event) is Text and not event.logprobs:
            choice = self._choices.get(event.choice) or self._begun(event.choice)
            return b'data: {"candidates":[{"content":{"parts":[{"text":' + orjson.dumps(event.text) + choice.text_end
        return self._encode(event)

    def close(self) -> bytes:
        ends: list[JsonObject] = [
            {"content": _content([{"text": ""}]), "finishReason": STOPS[finish.reason], "index": finish.choice}
            for finish in sorted(self._finishes, key=lambda finish: finish.choice)
        ]
        last: JsonObject = {"candidates": ends}
        if self._usage is not None:
            last["usageMetadata"] = usage_object(self._usage)
        return b"data: " + orjson.dumps(last)[:-1] + b"," + self._head + b"\n\n"

    def _encode(self, event: Event) -> bytes:
        match event:
            case Started() | Failed():
                return b""
            case Usage():
                self._usage = event
                return b""
            case Finished():
                self._finishes.append(event)
                calls = _calls(self._begun(event.choice).calls, event)
                return self._chunk(event.choice, calls) if calls else b""
            case Text():
                more = {"logprobsResult": result_of(list(event.logprobs))}
                return self._chunk(event.choice, [{"text": event.text}], more)
            case Refusal():  # Google's models decline in plain text
                return self._chunk(event.choice, [{"text": event.text}])
            case Thinking():
                return self._think(event)
            case Signature():
                thought = self._begun(event.choice).thought
                text = "".join(thought)
                if not event.redacted:
                    thought.clear()
                block = ThinkingBlock(redacted=event.data) if event.redacted else ThinkingBlock(text, event.data)
                return self._chunk(event.choice, [_signed(block)])
            case ToolCall():
                self._begun(event.choice).calls.add(event)
                return b""
            case _:
                assert_never(event)

    def _think(self, event: Thinking) -> bytes:
        choice = self._begun(event.choice)
        choice.thought.append(event.text)
        if not self._show_thinking:
            return b""
        return _START + b'{"thought":true,"text":' + orjson.dumps(event.text) + choice.text_end

    def _begun(self, number: int) -> "_Streamed":
        choice = self._choices.get(number)
        if choice is None:
            choice = self._choices[number] = _Streamed(number, self._head)
        return choice

    def _chunk(self, number: int, parts: list[JsonObject], more: JsonObject | None = None) -> bytes:
        candidate = {"content": _content(parts), **(more or {}), "index": number}
        return b'data: {"candidates":[' + orjson.dumps(candidate) + b"]," + self._head + b"\n\n"


class _Streamed:
    """A choice that has begun: how its pieces of text end, its calls, and the open block of thinking."""

    __slots__ = ("calls", "text_end", "thought")

    def __init__(self, number: int, head: bytes) -> None:
        self.text_end = b'}],"role":"model"},"index":%d}],' % number + head + b"\n\n"
        self.calls = Choice()
        self.thought: list[str] = []


class WholeEncoder:
    """One reply, folded from the same events that a stream would be made of."""

    def __init__(self, head: ReplyHead, *, show_thinking: bool) -> None:
        self._head = _head(head)
        self._show_thinking = show_thinking
        self._fold = Fold()

    def encode(self, event: Event) -> bytes:
        self._fold.add(event)
        return b""

    def close(self) -> bytes:
        candidates = [self._candidate(number, choice) for number, choice in enumerate(self._fold.choices)]
        body: JsonObject = {"candidates": candidates}
        if self._fold.usage is not None:
            body["usageMetadata"] = usage_object(self._fold.usage)
        return orjson.dumps(body | self._head)

    def _candidate(self, number: int, choice: Choice) -> JsonObject:
        finish = choice.finish or Finished("stop")
        parts: list[JsonObject] = []
        for block in choice.thinking:
            if block.text and self._show_thinking:
                parts.append({"thought": True, "text": block.text})
            if block.signature or block.redacted:
                parts.append(_signed(block))
        if text := choice.text + choice.refusal:
            parts.append({"text": text})
        parts += _calls(choice, finish)
        candidate = {
            "content": _content(parts or [{"text": ""}]),
            "finishReason": STOPS[finish.reason],
            "index": number,
        }
        return candidate | ({"logprobsResult": result_of(choice.logprobs)} if choice.logprobs else {})


def _head(head: ReplyHead) -> JsonObject:
    return {"modelVersion": head.model, "responseId": head.id}


def _content(parts: list[JsonObject]) -> JsonObject:
    return {"parts": parts, "role": "model"}


def _signed(block: ThinkingBlock) -> JsonObject:
    """A part that carries the proof of a block of thinking: Google's own as it is, a foreign one with all its block."""
    if block.redacted:
        proof = signatures.packed({"type": "redacted_thinking", "data": block.redacted})
    elif (proof := signatures.own(block.signature) or "") == "":
        proof = signatures.packed({"type": "thinking", "thinking": block.text, "signature": block.signature})
    return {"thought": True, "text": "", "thoughtSignature": proof}


def _calls(choice: Choice, finish: Finished) -> list[JsonObject]:
    """Whole calls. One that the end of the tokens has cut is left out; another that is no JSON object cannot be
    written, since Google's clients take nothing else."""
    parts: list[JsonObject] = []
    for call in choice.whole_calls:
        arguments = call.arguments or "{}"
        if _is_object(arguments):
            written = {"id": call.id, "name": call.name, "args": _in_one_line(arguments)}
            parts.append({"functionCall": written} | _call_signature(call.signature, first=not parts))
        elif finish.reason != "length":
            raise UpstreamInvalid(f"the arguments of the tool call {call.name[:64]!r} are not a JSON object")
    return parts


def _call_signature(signature: str, *, first: bool) -> JsonObject:
    """Google wants a signature on the first call of an answer, should it have to answer the next turn. Its SDK reads
    each as base64 and breaks on anything else."""
    if signature and signatures.bytes_in(signature) is not None:
        return {"thoughtSignature": signature}
    return {"thoughtSignature": signatures.UNSIGNED} if first else {}


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(orjson.loads(arguments), dict)
    except orjson.JSONDecodeError:
        return False


def _in_one_line(arguments: str) -> orjson.Fragment:
    """The arguments as they were written. Inside of strings JSON has no bare line ends, so these are spaces."""
    return orjson.Fragment(arguments.replace("\n", " ").replace("\r", " "))
