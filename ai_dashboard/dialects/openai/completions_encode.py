"""Events, written as the older completions: one text for each choice."""

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
from ai_dashboard.dialects.fold import Fold
from ai_dashboard.dialects.forms import Encoder, ReplyHead
from ai_dashboard.dialects.openai.completions import CompletionsAsk
from ai_dashboard.dialects.openai.encode import DONE_FRAME, usage_object
from ai_dashboard.dialects.openai.logprobs import lists_of

_PIECE_END = b',"logprobs":null,"finish_reason":null}]}\n\n'


def encoder(ask: Ask, head: ReplyHead) -> Encoder:
    """What writes the reply to an ask."""
    echo = ask.echo if isinstance(ask, CompletionsAsk) else ""
    return StreamEncoder(head, echo, include_usage=ask.include_usage) if ask.stream else WholeEncoder(head, echo)


class StreamEncoder:
    """Chunks for a streaming caller."""

    def __init__(self, head: ReplyHead, echo: str, *, include_usage: bool) -> None:
        self._head = b"data: " + orjson.dumps(_head(head))[:-1]
        self._echo = echo
        self._include_usage = include_usage
        self._usage: Usage | None = None
        self._said: dict[int, int] = {}

    def encode(self, event: Event) -> bytes:
        match event:
            case Text() if not event.logprobs:
                return self._piece(event.text, event.choice)
            case Refusal():
                return self._piece(event.text, event.choice)
            case Text():
                offset = self._said.get(event.choice, len(self._echo))
                written = {"text": self._next(event.text, event.choice), "index": event.choice}
                return self._frame(written | {"logprobs": lists_of(event.logprobs, offset), "finish_reason": None})
            case Finished():
                text = self._next("", event.choice)
                return self._frame({"text": text, "index": event.choice, "logprobs": None, **_finish(event)})
            case Usage():
                self._usage = event
                return b""
            case Started() | Failed() | Thinking() | Signature() | ToolCall():
                return b""
            case _:
                assert_never(event)

    def close(self) -> bytes:
        if self._include_usage and self._usage is not None:
            rest = orjson.dumps({"choices": [], "usage": usage_object(self._usage)})
            return self._head + b"," + rest[1:] + b"\n\n" + DONE_FRAME
        return DONE_FRAME

    def _piece(self, text: str, number: int) -> bytes:
        written = orjson.dumps(self._next(text, number))
        return b'%b,"choices":[{"text":%b,"index":%d%b' % (self._head, written, number, _PIECE_END)

    def _next(self, text: str, number: int) -> str:
        """The text of a piece: a choice's first one begins with the prompt that the caller wants to see again."""
        said = self._said.get(number)
        self._said[number] = (len(self._echo) if said is None else said) + len(text)
        return self._echo + text if said is None else text

    def _frame(self, choice: dict[str, Any]) -> bytes:
        return self._head + b',"choices":[' + orjson.dumps(choice) + b"]}\n\n"


class WholeEncoder:
    """One reply, folded from the same events that a stream would be made of."""

    def __init__(self, head: ReplyHead, echo: str) -> None:
        self._head = _head(head)
        self._echo = echo
        self._fold = Fold()

    def encode(self, event: Event) -> bytes:
        self._fold.add(event)
        return b""

    def close(self) -> bytes:
        choices = [
            {
                "text": self._echo + choice.text + choice.refusal,
                "index": number,
                "logprobs": lists_of(tuple(choice.logprobs), len(self._echo)) if choice.logprobs else None,
                **_finish(choice.finish),
            }
            for number, choice in enumerate(self._fold.choices)
        ]
        body: dict[str, Any] = {**self._head, "choices": choices}
        if self._fold.usage is not None:
            body["usage"] = usage_object(self._fold.usage)
        return orjson.dumps(body)


def _head(head: ReplyHead) -> dict[str, Any]:
    return {"id": f"cmpl-{head.id}", "object": "text_completion", "created": head.created, "model": head.model}


def _finish(finish: Finished | None) -> dict[str, Any]:
    if finish is None:
        return {"finish_reason": None}
    return {"finish_reason": "stop" if finish.reason == "tool_calls" else finish.reason}
