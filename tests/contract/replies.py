"""An answer, written as the providers of each form write it: whole, or as a stream. Nothing of ours is used for it, so
that what we make of such replies is compared with what they say."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ai_dashboard.core.chat import Form, JsonObject
from ai_dashboard.core.events import FinishReason, Usage


@dataclass(frozen=True, slots=True)
class Made:
    """A tool call; `pieces` are its arguments as JSON text."""

    id: str
    name: str
    pieces: tuple[str, ...]

    @property
    def arguments(self) -> str:
        return "".join(self.pieces)


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. With `logprobs` every piece of text brings its own."""

    texts: tuple[str, ...] = ()
    thoughts: tuple[str, ...] = ()
    calls: tuple[Made, ...] = ()
    finish: FinishReason = "stop"
    logprobs: bool = False

    @property
    def text(self) -> str:
        return "".join(self.texts)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole reply."""

    choices: tuple[Said, ...]
    usage: Usage
    model: str = "m"


def written(form: Form, answer: Answer, *, stream: bool) -> bytes:
    """The body of a reply of 200."""
    whole, events, between = _FORMS[form]
    if not stream:
        return _json(whole(answer))
    return b"".join(between(event) for event in events(answer))


def content_type(form: Form, *, stream: bool) -> bytes:
    """What such a body calls itself."""
    if not stream:
        return b"application/json"
    return b"application/x-ndjson" if form.startswith("ollama") else b"text/event-stream"


# ── OpenAI ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _chat_whole(answer: Answer) -> JsonObject:
    choices = []
    for number, said in enumerate(answer.choices):
        message: JsonObject = {"role": "assistant", "content": said.text or None}
        if said.thoughts:
            message["reasoning_content"] = "".join(said.thoughts)
        if said.calls:
            message["tool_calls"] = [_function(call.id, call.name, call.arguments) for call in said.calls]
        logprobs = _logprobs(said.texts) if said.logprobs else None
        choices.append({"index": number, "message": message, "logprobs": logprobs, "finish_reason": said.finish})
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": answer.model}
    return head | {"choices": choices, "usage": _openai_usage(answer.usage)}


def _chat_events(answer: Answer) -> Iterator[JsonObject | str]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": answer.model}

    def chunk(number: int, delta: JsonObject, finish: str | None = None, logprobs: object = None) -> JsonObject:
        choice = {"index": number, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        return head | {"choices": [choice], "usage": None}

    for number, said in enumerate(answer.choices):
        yield chunk(number, {"role": "assistant", "content": ""})
        for thought in said.thoughts:
            yield chunk(number, {"reasoning_content": thought})
        for text in said.texts:
            yield chunk(number, {"content": text}, logprobs=_logprobs((text,)) if said.logprobs else None)
        for place, call in enumerate(said.calls):
            yield chunk(number, {"tool_calls": [{"index": place, **_function(call.id, call.name, "")}]})
            for piece in call.pieces:
                yield chunk(number, {"tool_calls": [{"index": place, "function": {"arguments": piece}}]})
        yield chunk(number, {}, said.finish)
    yield head | {"choices": [], "usage": _openai_usage(answer.usage)}
    yield "[DONE]"


def _completions_whole(answer: Answer) -> JsonObject:
    choices = [
        {"index": number, "text": said.text, "logprobs": None, "finish_reason": said.finish}
        for number, said in enumerate(answer.choices)
    ]
    head = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": answer.model}
    return head | {"choices": choices, "usage": _openai_usage(answer.usage)}


def _completions_events(answer: Answer) -> Iterator[JsonObject | str]:
    head = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": answer.model}
    for number, said in enumerate(answer.choices):
        for text, finish in (*((text, None) for text in said.texts), ("", said.finish)):
            yield head | {"choices": [{"index": number, "text": text, "logprobs": None, "finish_reason": finish}]}
    yield head | {"choices": [], "usage": _openai_usage(answer.usage)}
    yield "[DONE]"


def _responses_whole(answer: Answer) -> JsonObject:
    said = answer.choices[0]
    reason = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(said.finish)
    output: list[JsonObject] = []
    if said.texts:
        part = {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}
        message = {"type": "message", "role": "assistant", "status": "completed", "content": [part]}
        output.append({"id": "msg_1", **message})
    for number, call in enumerate(said.calls):
        made = {"call_id": call.id, "name": call.name, "arguments": call.arguments}
        output.append({"id": f"fc_{number}", "type": "function_call", "status": "completed", **made})
    usage = answer.usage
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": answer.model,
        "status": "incomplete" if reason else "completed",
        "incomplete_details": {"reason": reason} if reason else None,
        "output": output,
        "usage": {
            "input_tokens": usage.prompt_tokens,
            "input_tokens_details": {"cached_tokens": usage.cached_tokens},
            "output_tokens": usage.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
            "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        },
    }


def _responses_events(answer: Answer) -> Iterator[JsonObject | str]:
    whole = _responses_whole(answer)
    said = answer.choices[0]
    yield {"type": "response.created", "response": {**whole, "status": "in_progress", "output": [], "usage": None}}
    for index, item in enumerate(whole["output"]):
        yield {"type": "response.output_item.added", "output_index": index, "item": item}
        pieces = said.texts
        kind = "response.output_text.delta"
        if item["type"] == "function_call":
            kind = "response.function_call_arguments.delta"
            pieces = next(call.pieces for call in said.calls if call.id == item["call_id"])
        for piece in pieces:
            yield {"type": kind, "output_index": index, "item_id": item["id"], "delta": piece}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": f"response.{whole['status']}", "response": whole}


def _function(call_id: str, name: str, arguments: str) -> JsonObject:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _logprobs(texts: tuple[str, ...]) -> JsonObject:
    listed: list[JsonObject] = [{"token": text, "logprob": -0.5, "bytes": None, "top_logprobs": []} for text in texts]
    return {"content": listed, "refusal": None}


def _openai_usage(usage: Usage) -> JsonObject:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


# ── Anthropic ────────────────────────────────────────────────────────────────────────────────────────────────────────

_ANTHROPIC_STOPS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}


def _messages_whole(answer: Answer) -> JsonObject:
    said = answer.choices[0]
    content: list[JsonObject] = []
    if said.thoughts:
        content.append({"type": "thinking", "thinking": "".join(said.thoughts), "signature": "c2lnbmVk"})
    if said.texts:
        content.append({"type": "text", "text": said.text})
    for call in said.calls:
        made = {"id": call.id, "name": call.name, "input": json.loads(call.arguments)}
        content.append({"type": "tool_use", **made})
    usage = _input(answer.usage) | {"output_tokens": answer.usage.completion_tokens}
    stop = {"stop_reason": _ANTHROPIC_STOPS[said.finish], "stop_sequence": None, "usage": usage}
    return _message(answer, content) | stop


def _messages_events(answer: Answer) -> Iterator[JsonObject | str]:
    said = answer.choices[0]
    yield {"type": "message_start", "message": _message(answer, []) | {"usage": _input(answer.usage)}}
    yield {"type": "ping"}
    blocks: list[tuple[JsonObject, list[JsonObject]]] = []
    if said.thoughts:
        pieces: list[JsonObject] = [{"type": "thinking_delta", "thinking": thought} for thought in said.thoughts]
        pieces.append({"type": "signature_delta", "signature": "c2lnbmVk"})
        blocks.append(({"type": "thinking", "thinking": "", "signature": ""}, pieces))
    if said.texts:
        blocks.append(({"type": "text", "text": ""}, [{"type": "text_delta", "text": text} for text in said.texts]))
    for call in said.calls:
        pieces = [{"type": "input_json_delta", "partial_json": piece} for piece in call.pieces]
        blocks.append(({"type": "tool_use", "id": call.id, "name": call.name, "input": {}}, pieces))
    for index, (block, deltas) in enumerate(blocks):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    delta = {"stop_reason": _ANTHROPIC_STOPS[said.finish], "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": answer.usage.completion_tokens}}
    yield {"type": "message_stop"}


def _message(answer: Answer, content: list[JsonObject]) -> JsonObject:
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": answer.model, "content": content}


def _input(usage: Usage) -> JsonObject:
    """What was read; tokens from the cache stand beside the others."""
    return {"input_tokens": usage.prompt_tokens - usage.cached_tokens, "cache_read_input_tokens": usage.cached_tokens}


# ── Google ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_GOOGLE_FINISHES = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP", "content_filter": "SAFETY"}


def _generate_whole(answer: Answer) -> JsonObject:
    candidates = []
    for number, said in enumerate(answer.choices):
        parts = [{"text": "".join(said.thoughts), "thought": True}] if said.thoughts else []
        parts += [{"text": said.text}] if said.texts else []
        parts += [_function_call(call) for call in said.calls]
        candidate: JsonObject = {"content": {"role": "model", "parts": parts}, "index": number}
        if said.logprobs:
            candidate["logprobsResult"] = _chosen(said.texts)
        candidates.append(candidate | {"finishReason": _GOOGLE_FINISHES[said.finish]})
    return {"candidates": candidates, "usageMetadata": _google_usage(answer.usage), "modelVersion": answer.model}


def _generate_events(answer: Answer) -> Iterator[JsonObject | str]:
    for number, said in enumerate(answer.choices):
        parts: list[JsonObject] = [{"text": thought, "thought": True} for thought in said.thoughts]
        parts += [{"text": text} for text in said.texts]
        parts += [_function_call(call) for call in said.calls]
        for part in parts:
            candidate: JsonObject = {"content": {"role": "model", "parts": [part]}, "index": number}
            if said.logprobs and part.keys() == {"text"}:
                candidate["logprobsResult"] = _chosen((part["text"],))
            yield {"candidates": [candidate], "modelVersion": answer.model}
        end = {"content": {"role": "model", "parts": [{"text": ""}]}, "index": number}
        yield {
            "candidates": [end | {"finishReason": _GOOGLE_FINISHES[said.finish]}],
            "usageMetadata": _google_usage(answer.usage),
            "modelVersion": answer.model,
        }


def _function_call(call: Made) -> JsonObject:
    return {"functionCall": {"id": call.id, "name": call.name, "args": json.loads(call.arguments)}}


def _chosen(texts: tuple[str, ...]) -> JsonObject:
    return {"chosenCandidates": [{"token": text, "logProbability": -0.5} for text in texts]}


def _google_usage(usage: Usage) -> JsonObject:
    """Here the thinking stands beside the answer's tokens."""
    return {
        "promptTokenCount": usage.prompt_tokens,
        "candidatesTokenCount": usage.completion_tokens - usage.reasoning_tokens,
        "thoughtsTokenCount": usage.reasoning_tokens,
        "cachedContentTokenCount": usage.cached_tokens,
        "totalTokenCount": usage.prompt_tokens + usage.completion_tokens,
    }


# ── Ollama ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _lines(answer: Answer, *, chat: bool) -> Iterator[JsonObject | str]:
    said = answer.choices[0]
    for thought in said.thoughts:
        yield _line(answer, "", chat=chat, thinking=thought)
    for text in said.texts:
        yield _line(answer, text, chat=chat) | (_ollama_logprobs((text,)) if said.logprobs else {})
    if said.calls:
        yield _line(answer, "", chat=chat, tool_calls=_ollama_calls(said))
    yield _line(answer, "", chat=chat) | _last(answer)


def _line_whole(answer: Answer, *, chat: bool) -> JsonObject:
    said = answer.choices[0]
    more: JsonObject = {"thinking": "".join(said.thoughts)} if said.thoughts else {}
    if said.calls:
        more["tool_calls"] = _ollama_calls(said)
    logprobs = _ollama_logprobs(said.texts) if said.logprobs else {}
    return _line(answer, said.text, chat=chat, **more) | logprobs | _last(answer)


def _line(answer: Answer, text: str, *, chat: bool, **more: Any) -> JsonObject:  # noqa: ANN401 - fields of JSON
    said = {"message": {"role": "assistant", "content": text, **more}} if chat else {"response": text, **more}
    return {"model": answer.model, "created_at": "2026-01-01T00:00:00Z", **said, "done": False}


def _last(answer: Answer) -> JsonObject:
    finish = answer.choices[0].finish
    reason = "stop" if finish == "tool_calls" else finish
    counts = {"prompt_eval_count": answer.usage.prompt_tokens, "eval_count": answer.usage.completion_tokens}
    return {"done": True, "done_reason": reason, **counts}


def _ollama_calls(said: Said) -> list[JsonObject]:
    return [{"function": {"name": call.name, "arguments": json.loads(call.arguments)}} for call in said.calls]


def _ollama_logprobs(texts: tuple[str, ...]) -> JsonObject:
    return {"logprobs": [{"token": text, "logprob": -0.5} for text in texts]}


# ── what all of them have ────────────────────────────────────────────────────────────────────────────────────────────


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _data(event: JsonObject | str) -> bytes:
    return b"data: %b\n\n" % (event.encode() if isinstance(event, str) else _json(event))


def _named(event: JsonObject | str) -> bytes:
    """An event that says in a line of its own which it is."""
    assert isinstance(event, dict)
    return b"event: %b\n%b" % (event["type"].encode(), _data(event))


def _of_line(event: JsonObject | str) -> bytes:
    return _json(event) + b"\n"


_FORMS: Mapping[Form, Any] = MappingProxyType({
    "openai.chat": (_chat_whole, _chat_events, _data),
    "openai.completions": (_completions_whole, _completions_events, _data),
    "openai.responses": (_responses_whole, _responses_events, _named),
    "anthropic.messages": (_messages_whole, _messages_events, _named),
    "google.generate": (_generate_whole, _generate_events, _data),
    "ollama.chat": (
        lambda answer: _line_whole(answer, chat=True), lambda answer: _lines(answer, chat=True), _of_line
    ),
    "ollama.generate": (
        lambda answer: _line_whole(answer, chat=False), lambda answer: _lines(answer, chat=False), _of_line
    ),
})  # fmt: skip
