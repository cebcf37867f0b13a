"""Events, written as Ollama's replies: NDJSON lines, or one whole object folded from the same events.

Durations are left out: nothing here has a clock, Ollama's clients take them as optional, and a zero would be read as a
measurement. For the same reason every line of a reply has the same `created_at`, which clients need.
"""

from datetime import UTC, datetime
from typing import assert_never

import orjson

from ai_dashboard.core.chat import Ask, Form, JsonObject
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
from ai_dashboard.dialects.fold import Choice, Fold, FoldedCall
from ai_dashboard.dialects.forms import Encoder, ReplyHead


def encoder(ask: Ask, head: ReplyHead) -> Encoder:
    """The writer of one reply, of `/api/chat` or `/api/generate` as the caller asked."""
    return StreamEncoder(ask.form, head) if ask.stream else WholeEncoder(ask.form, head)


def load_reply(ask: Ask, head: ReplyHead) -> bytes:
    """The answer to an ask that says nothing and only puts a model into memory, or (`keep_alive` 0) out of it. Ollama
    gives it in one piece, also to those who asked for a stream."""
    reason = "unload" if ask.body.get("keep_alive") in (0, "0", "0s") else "load"
    return _dumped(_opening(head) | _answer(ask.form) | {"done": True, "done_reason": reason})


class StreamEncoder:
    """Lines for a streaming caller. Calls are held back until the end: Ollama sends a call in one piece, with its
    arguments parsed. There is one answer only, since nobody can ask Ollama for more."""

    def __init__(self, form: Form, head: ReplyHead) -> None:
        self._form = form
        self._opening = _opening(head)
        self._fold = Fold()
        self._calls = Choice()
        self._finish = Finished("stop")
        opening = orjson.dumps(self._opening)[:-1]
        if form == "ollama.chat":
            said = opening + b',"message":{"role":"assistant","content":'
            self._text = (said, b'},"done":false}\n')
            self._thinking = (said + b'"","thinking":', b'},"done":false}\n')
        else:
            said = opening + b',"response":'
            self._text = (said, b',"done":false}\n')
            self._thinking = (said + b'"","thinking":', b',"done":false}\n')

    def encode(self, event: Event) -> bytes:
        match event:
            case Text():
                if event.choice:
                    return b""
                if event.logprobs:
                    return self._line(_answer(self._form, event.text) | {"logprobs": event.logprobs})
                before, after = self._text
                return before + orjson.dumps(event.text) + after
            case Thinking():
                before, after = self._thinking
                return b"" if event.choice else before + orjson.dumps(event.text) + after
            case Refusal():  # Ollama's models decline in plain text
                before, after = self._text
                return b"" if event.choice else before + orjson.dumps(event.text) + after
            case ToolCall():
                if not event.choice:
                    self._calls.add(event)
                return b""
            case Usage():
                self._fold.add(event)
                return b""
            case Finished():
                return b"" if event.choice else self._finished(event)
            case Started() | Signature() | Failed():  # Ollama has no room for a signature
                return b""
            case _:
                assert_never(event)

    def close(self) -> bytes:
        return self._line(_answer(self._form), _end(self._finish, self._fold.usage))

    def _finished(self, event: Finished) -> bytes:
        self._finish = event
        calls = _calls(self._calls.whole_calls, event)
        return self._line(_answer(self._form, calls=calls)) if calls else b""

    def _line(self, said: JsonObject, end: JsonObject | None = None) -> bytes:
        return _dumped(self._opening | said | (end or {"done": False})) + b"\n"


class WholeEncoder:
    """One reply, folded from the same events that a stream would be made of."""

    def __init__(self, form: Form, head: ReplyHead) -> None:
        self._form = form
        self._opening = _opening(head)
        self._fold = Fold()

    def encode(self, event: Event) -> bytes:
        self._fold.add(event)
        return b""

    def close(self) -> bytes:
        choice = self._fold.choices[0]
        finish = choice.finish or Finished("stop")
        text = choice.text + choice.refusal
        said = _answer(self._form, text, choice.thoughts, _calls(choice.whole_calls, finish))
        if choice.logprobs:
            said["logprobs"] = choice.logprobs
        return _dumped(self._opening | said | _end(finish, self._fold.usage))


def _opening(head: ReplyHead) -> JsonObject:
    created = datetime.fromtimestamp(head.created, UTC).isoformat().replace("+00:00", "Z")
    return {"model": head.model, "created_at": created}


def _answer(form: Form, text: str = "", thinking: str = "", calls: list[JsonObject] | None = None) -> JsonObject:
    """What is said, as `/api/chat` or as `/api/generate` says it."""
    more: JsonObject = {"thinking": thinking} if thinking else {}
    if calls:
        more["tool_calls"] = calls
    if form == "ollama.chat":
        return {"message": {"role": "assistant", "content": text, **more}}
    return {"response": text, **more}


def _end(finish: Finished, usage: Usage | None) -> JsonObject:
    """The fields of the last line. Ollama says `stop` where others say that they wait for the result of a call."""
    end: JsonObject = {"done": True, "done_reason": "stop" if finish.reason == "tool_calls" else finish.reason}
    if usage is not None:
        end |= {"prompt_eval_count": usage.prompt_tokens, "eval_count": usage.completion_tokens}
    return end


def _calls(calls: list[FoldedCall], finish: Finished) -> list[JsonObject]:
    """Whole calls. One that the end of the tokens has cut is left out, as Ollama's own parser does; another that is no
    JSON object cannot be written, since Ollama's clients take nothing else."""
    written: list[JsonObject] = []
    for index, call in enumerate(calls):
        arguments = call.arguments or "{}"
        if _is_object(arguments):
            function = {"index": index, "name": call.name, "arguments": _in_one_line(arguments)}
            written.append({"id": call.id, "function": function})
        elif finish.reason != "length":
            raise UpstreamInvalid(f"the arguments of the tool call {call.name[:64]!r} are not a JSON object")
    return written


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(orjson.loads(arguments), dict)
    except orjson.JSONDecodeError:
        return False


def _in_one_line(arguments: str) -> orjson.Fragment:
    """The arguments as they were written. Inside of strings JSON has no bare line ends, so these are spaces."""
    return orjson.Fragment(arguments.replace("\n", " ").replace("\r", " "))


def _dumped(body: JsonObject) -> bytes:
    return orjson.dumps(body)
