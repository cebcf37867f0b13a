"""Replies as callers of each form read them, whole or streamed, by the letter of each dialect's reference. Nothing of
ours is used for it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ai_dashboard.core.chat import Form, JsonObject


@dataclass(slots=True)
class Read:
    """What a caller has in the end; `finish` in its dialect's own word."""

    text: str = ""
    thinking: str = ""
    calls: list[tuple[str, JsonObject]] = field(default_factory=list)
    finish: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


def read(form: Form, body: bytes, *, stream: bool) -> Read:
    """The whole of a reply."""
    whole, streamed, parted = _FORMS[form]
    if not stream:
        found: Read = whole(json.loads(body))
        return found
    read = Read()
    streamed(parted(body), read)
    return read


def _sse(body: bytes) -> Iterator[Any]:
    for event in body.decode().split("\n\n"):
        data = [line.removeprefix("data: ") for line in event.split("\n") if line.startswith("data: ")]
        if data and data != ["[DONE]"]:
            yield json.loads("\n".join(data))


def _ndjson(body: bytes) -> Iterator[Any]:
    return (json.loads(line) for line in body.split(b"\n") if line)


# ── OpenAI ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _chat_whole(body: JsonObject) -> Read:
    choice, usage = body["choices"][0], body["usage"]
    message = choice["message"]
    calls = [(call["function"]["name"], json.loads(call["function"]["arguments"]))
             for call in message.get("tool_calls", ())]  # fmt: skip
    return Read(
        message["content"] or "",
        message.get("reasoning_content", ""),
        calls,
        choice["finish_reason"],
        usage["prompt_tokens"],
        usage["completion_tokens"],
    )


def _chat_stream(chunks: Iterator[Any], read: Read) -> None:
    names: dict[int, str] = {}
    arguments: dict[int, str] = {}
    for chunk in chunks:
        _openai_usage(chunk, read)
        for choice in chunk["choices"][:1]:
            delta = choice["delta"]
            read.text += delta.get("content") or ""
            read.thinking += delta.get("reasoning_content") or ""
            for piece in delta.get("tool_calls", ()):
                index, function = piece["index"], piece["function"]
                names.setdefault(index, function.get("name", ""))
                arguments[index] = arguments.get(index, "") + function.get("arguments", "")
            read.finish = choice["finish_reason"] or read.finish
    read.calls = [(names[index], json.loads(arguments[index])) for index in sorted(names)]


def _completions_whole(body: JsonObject) -> Read:
    choice, usage = body["choices"][0], body["usage"]
    counts = usage["prompt_tokens"], usage["completion_tokens"]
    return Read(choice["text"], "", [], choice["finish_reason"], *counts)


def _completions_stream(chunks: Iterator[Any], read: Read) -> None:
    for chunk in chunks:
        _openai_usage(chunk, read)
        for choice in chunk["choices"][:1]:
            read.text += choice["text"]
            read.finish = choice["finish_reason"] or read.finish


def _openai_usage(chunk: JsonObject, read: Read) -> None:
    if usage := chunk.get("usage"):
        read.prompt_tokens, read.completion_tokens = usage["prompt_tokens"], usage["completion_tokens"]


def _responses_whole(body: JsonObject) -> Read:
    read = Read()
    for item in body["output"]:
        match item["type"]:
            case "message":
                read.text += "".join(part.get("text", part.get("refusal")) for part in item["content"])
            case "reasoning":
                read.thinking += "".join(part["text"] for part in item["summary"])
            case "function_call":
                read.calls.append((item["name"], json.loads(item["arguments"])))
            case _:
                pass
    _responses_end(body, read)
    return read


def _responses_stream(events: Iterator[Any], read: Read) -> None:
    names: dict[int, str] = {}
    arguments: dict[int, str] = {}
    for event in events:
        match event["type"]:
            case "response.output_text.delta" | "response.refusal.delta":
                read.text += event["delta"]
            case "response.reasoning_summary_text.delta":
                read.thinking += event["delta"]
            case "response.output_item.added" if event["item"]["type"] == "function_call":
                names[event["output_index"]] = event["item"]["name"]
            case "response.function_call_arguments.delta":
                index = event["output_index"]
                arguments[index] = arguments.get(index, "") + event["delta"]
            case "response.completed" | "response.incomplete":
                _responses_end(event["response"], read)
            case _:
                pass
    read.calls = [(names[index], json.loads(arguments[index])) for index in sorted(names)]


def _responses_end(response: JsonObject, read: Read) -> None:
    reason = (response["incomplete_details"] or {}).get("reason")
    read.finish = reason or response["status"]
    read.prompt_tokens = response["usage"]["input_tokens"]
    read.completion_tokens = response["usage"]["output_tokens"]


# ── Anthropic ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _messages_whole(body: JsonObject) -> Read:
    read = Read(finish=body["stop_reason"])
    for block in body["content"]:
        match block["type"]:
            case "text":
                read.text += block["text"]
            case "thinking":
                read.thinking += block["thinking"]
            case "tool_use":
                read.calls.append((block["name"], block["input"]))
            case _:
                pass
    _messages_usage(body["usage"], read)
    return read


def _messages_stream(events: Iterator[Any], read: Read) -> None:
    names: dict[int, str] = {}
    arguments: dict[int, str] = {}
    usage: JsonObject = {}
    for event in events:
        match event:
            case {"type": "message_start", "message": {"usage": opened}}:
                usage |= opened
            case {"type": "content_block_start", "index": index, "content_block": {"type": "tool_use", "name": name}}:
                names[index] = name
            case {"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}}:
                read.text += text
            case {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": text}}:
                read.thinking += text
            case {"type": "content_block_delta", "index": index, "delta": {"partial_json": piece}}:
                arguments[index] = arguments.get(index, "") + piece
            case {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": closed}:
                read.finish = reason
                usage |= closed
            case _:
                pass
    read.calls = [(names[index], json.loads(arguments.get(index) or "{}")) for index in sorted(names)]
    _messages_usage(usage, read)


def _messages_usage(usage: JsonObject, read: Read) -> None:
    names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    read.prompt_tokens = sum(usage.get(name, 0) for name in names)
    read.completion_tokens = usage["output_tokens"]


# ── Google ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _generate_whole(body: JsonObject) -> Read:
    read = Read()
    _generate_stream(iter([body]), read)
    return read


def _generate_stream(chunks: Iterator[Any], read: Read) -> None:
    for chunk in chunks:
        for candidate in chunk["candidates"][:1]:
            for part in candidate["content"]["parts"]:
                if part.get("thought"):
                    read.thinking += part["text"]
                elif "functionCall" in part:
                    read.calls.append((part["functionCall"]["name"], part["functionCall"]["args"]))
                else:
                    read.text += part["text"]
            read.finish = candidate.get("finishReason", read.finish)
        if usage := chunk.get("usageMetadata"):
            read.prompt_tokens = usage["promptTokenCount"]
            read.completion_tokens = usage["candidatesTokenCount"] + usage.get("thoughtsTokenCount", 0)


# ── Ollama ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _lines_whole(body: JsonObject) -> Read:
    read = Read()
    _lines(iter([body]), read)
    return read


def _lines(lines: Iterator[Any], read: Read) -> None:
    for line in lines:
        message = line.get("message", line)
        read.text += message.get("content", message.get("response", ""))
        read.thinking += message.get("thinking", "")
        for call in message.get("tool_calls", ()):
            read.calls.append((call["function"]["name"], call["function"]["arguments"]))
        if line["done"]:
            read.finish = line["done_reason"]
            read.prompt_tokens, read.completion_tokens = line["prompt_eval_count"], line["eval_count"]


_FORMS: Mapping[Form, tuple[Callable[..., Read], Callable[..., None], Callable[[bytes], Iterator[Any]]]] = (
    MappingProxyType({
        "openai.chat": (_chat_whole, _chat_stream, _sse),
        "openai.completions": (_completions_whole, _completions_stream, _sse),
        "openai.responses": (_responses_whole, _responses_stream, _sse),
        "anthropic.messages": (_messages_whole, _messages_stream, _sse),
        "google.generate": (_generate_whole, _generate_stream, _sse),
        "ollama.chat": (_lines_whole, _lines, _ndjson),
        "ollama.generate": (_lines_whole, _lines, _ndjson),
    })
)  # fmt: skip
