"""`./dev bench --translation`: how many chunks of a stream one core takes from one dialect into another.

Nothing but the work itself: a provider's stream, chunk by chunk as a network brings it, through the relay that the
gateway uses. Processor time is measured, so a busy machine changes little. In the diagonal nothing is translated.
"""

import json
import statistics
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from ai_dashboard.core.chat import Ask, Form, JsonObject
from ai_dashboard.dialects.forms import Call, ReplyHead
from ai_dashboard.dialects.registry import CALLERS, relay

CHUNKS = 20_000
WANTED = 60_000
"""Chunks a second between a caller of OpenAI's dialect and a provider of Anthropic's."""

TOKENS = (" the", " window", " of", " a", " möglich", ".", " It", ' "stays"', " open", "\n")
"""Pieces as models send them: short, mostly plain, some with what JSON has to escape."""

FROM: tuple[Form, ...] = ("openai.chat", "openai.responses", "anthropic.messages", "google.generate", "ollama.chat")
TO: tuple[Form, ...] = ("openai.chat", "anthropic.messages", "google.generate", "ollama.chat")


def measure(rounds: int, chunks: int = CHUNKS) -> str:
    """A Markdown table: a row for each form of callers, a column for each of providers."""
    lines = [_row(["thousand chunks/s", *TO]), _row(["---", *("---:" for _ in TO)])]
    for caller in FROM:
        rates = [statistics.median(rate(caller, provider, chunks) for _ in range(rounds)) for provider in TO]
        lines.append(_row([f"caller: {caller}", *(f"{found / 1000:,.0f}" for found in rates)]))
    return "\n".join([*lines, f"\nwanted: {WANTED // 1000} between a caller of openai.chat and anthropic.messages"])


def rate(caller: Form, provider: Form, chunks: int) -> float:
    """Chunks a second of processor time."""
    stream = stream_of(provider, chunks)
    began = time.process_time()
    relayed(caller, provider, stream)
    return chunks / (time.process_time() - began)


def relayed(caller: Form, provider: Form, stream: list[bytes]) -> list[bytes]:
    """What the caller is sent for each chunk, and at the end."""
    passing = relay(ask_of(caller), provider, ReplyHead("0123456789abcdef", "a-model", 1_700_000_000))
    feed = passing.feed
    sent = [feed(chunk) for chunk in stream]
    sent.append(passing.close())
    return sent


def ask_of(form: Form) -> Ask:
    """The ask of a caller who streams."""
    message = {"role": "user", "content": "Hi"}
    said: Mapping[Form, JsonObject] = {
        "openai.chat": {"messages": [message], "stream_options": {"include_usage": True}},
        "openai.responses": {"input": "Hi"},
        "anthropic.messages": {"messages": [message], "max_tokens": 100},
        "google.generate": {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
        "ollama.chat": {"messages": [message]},
    }
    body = said[form] | ({} if form == "google.generate" else {"model": "a-model", "stream": True})
    return CALLERS[form].read(Call(json.dumps(body).encode(), "a-model", "streamGenerateContent"))


def stream_of(form: Form, chunks: int) -> list[bytes]:
    """A provider's stream with so many pieces of text, each in a chunk of its own."""
    frame, opening, piece, ending = _STREAMS[form]
    before, _, after = frame(piece).partition(HERE)
    said = [json.dumps(token, ensure_ascii=False).encode() for token in TOKENS]
    pieces = [before + said[number % len(said)] + after for number in range(chunks)]
    done = [b"data: [DONE]\n\n"] if form == "openai.chat" else []
    return [*map(frame, opening), *pieces, *map(frame, ending), *done]


def _data(event: JsonObject) -> bytes:
    return b"data: %b\n\n" % json.dumps(event, separators=(",", ":")).encode()


def _named(event: JsonObject) -> bytes:
    return b"event: %b\n%b" % (event["type"].encode(), _data(event))


def _spaced(event: JsonObject) -> bytes:
    """As Google sends its events."""
    return b"data: %b\r\n\r\n" % json.dumps(event).encode()


def _line(event: JsonObject) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"


HERE = b'"HERE"'
"""Where a piece's text goes."""

_TEXT = "HERE"


def _chunk(delta: JsonObject, finish: str | None = None) -> JsonObject:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "a-model",
        "choices": [choice],
    }


def _candidate(text: str, more: JsonObject) -> JsonObject:
    candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 9, "totalTokenCount": 18}
    return {"candidates": [candidate | more], "usageMetadata": usage, "modelVersion": "a-model", "responseId": "r1"}


def _said(text: str, more: JsonObject) -> JsonObject:
    message = {"role": "assistant", "content": text}
    return {"model": "a-model", "created_at": "2026-11-21T10:00:00.000000Z", "message": message, "done": False, **more}


_MESSAGE: JsonObject = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "content": [],
    "model": "a-model",
    "stop_reason": None,
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "output_tokens": 1},
}
_DELTA: JsonObject = {"type": "text_delta", "text": _TEXT}
_STOP: JsonObject = {"stop_reason": "end_turn", "stop_sequence": None}
_USAGE: JsonObject = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}

_Stream = tuple[Callable[[JsonObject], bytes], tuple[JsonObject, ...], JsonObject, tuple[JsonObject, ...]]

_STREAMS: Mapping[Form, _Stream] = MappingProxyType({
    "openai.chat": (
        _data,
        (_chunk({"role": "assistant", "content": ""}),),
        _chunk({"content": _TEXT}),
        (_chunk({}, "stop"), _chunk({}) | {"choices": [], "usage": _USAGE}),
    ),
    "anthropic.messages": (
        _named,
        (
            {"type": "message_start", "message": _MESSAGE},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        ),
        {"type": "content_block_delta", "index": 0, "delta": _DELTA},
        (
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": _STOP, "usage": {"output_tokens": 9}},
            {"type": "message_stop"},
        ),
    ),
    "google.generate": (_spaced, (), _candidate(_TEXT, {}), (_candidate("", {"finishReason": "STOP"}),)),
    "ollama.chat": (
        _line,
        (),
        _said(_TEXT, {}),
        (_said("", {"done": True, "done_reason": "stop", "prompt_eval_count": 9, "eval_count": 9}),),
    ),
})  # fmt: skip


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
