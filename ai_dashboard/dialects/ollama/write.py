"""A `ChatRequest`, written for Ollama's `/api/chat` (github.com/ollama/ollama, docs/api.md).

Always asked as a stream, also for a caller who wants one whole reply: the whole is folded from the stream, so the two
cannot disagree on usage or finish reason.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson

from ai_dashboard.core.chat import ChatRequest, HttpRequest, JsonObject, Target
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.body import encode
from ai_dashboard.dialects.kinds import Kind

OPTIONS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "min_p": "min_p",
    "seed": "seed",
    "stop": "stop",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "max_tokens": "num_predict",
    "max_completion_tokens": "num_predict",
    "num_ctx": "num_ctx",
}
"""OpenAI's sampling fields and what Ollama calls them inside `options`."""

NATIVE_FIELDS = ("keep_alive", "think")
"""Ollama's own top-level fields, which callers may send along (`extra_body` in the OpenAI SDK)."""

THINK: Mapping[str, bool | str] = MappingProxyType({
    "none": False,
    "minimal": False,
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
})  # fmt: skip
"""OpenAI's `reasoning_effort` and what comes nearest to it in `think`."""


def write_request(ask: ChatRequest, target: Target, kind: Kind) -> HttpRequest:
    """The request as Ollama wants it. Raises `CallerError` for what it cannot express (images by URL)."""
    body: JsonObject = {"model": target.model, "messages": _messages(ask.body["messages"]), "stream": True}
    if options := _options(ask.body, target):
        body["options"] = options
    if tools := ask.body.get("tools"):
        body["tools"] = tools
    if (wanted := _format(ask.body.get("response_format"))) is not None:
        body["format"] = wanted
    if (effort := ask.body.get("reasoning_effort")) is not None:
        body["think"] = _think(effort)
    body |= {name: ask.body[name] for name in NATIVE_FIELDS if name in ask.body}
    headers = [("content-type", "application/json"), ("accept", "application/x-ndjson")]
    if target.api_key:
        headers.append(("authorization", f"Bearer {target.api_key}"))
    return HttpRequest("POST", target.base_path + kind.chat_path, (*headers, *target.headers), encode(body))


def _options(body: JsonObject, target: Target) -> JsonObject:
    asked = {theirs: body[ours] for ours, theirs in OPTIONS.items() if body.get(ours) is not None}
    if isinstance(asked.get("stop"), str):
        asked["stop"] = [asked["stop"]]
    own = body.get("options")
    return {**target.options, **asked, **(own if isinstance(own, dict) else {})}


def _think(effort: object) -> bool | str:
    if not isinstance(effort, str) or effort not in THINK:
        raise CallerError(
            f"`reasoning_effort` is none of {', '.join(THINK)}, which is all that Ollama can be asked for"
        )
    return THINK[effort]


def _format(response_format: object) -> object:
    match response_format:
        case {"type": "json_object"}:
            return "json"
        case {"type": "json_schema", "json_schema": {"schema": schema}}:
            return schema
        case _:
            return None


def _messages(messages: list[dict[str, Any]]) -> list[JsonObject]:
    """Ollama names the tool where OpenAI names the call, so calls are remembered on the way."""
    tool_names: dict[str, str] = {}
    written: list[JsonObject] = []
    for message in messages:
        role = "system" if message["role"] == "developer" else message["role"]
        text, images = _content(message.get("content"))
        entry: JsonObject = {"role": role, "content": text}
        if images:
            entry["images"] = images
        if calls := message.get("tool_calls"):
            entry["tool_calls"] = _calls(calls, tool_names)
        if role == "tool" and (name := tool_names.get(str(message.get("tool_call_id")))):
            entry["tool_name"] = name
        if isinstance(thinking := message.get("reasoning_content"), str) and thinking:
            entry["thinking"] = thinking
        written.append(entry)
    return written


def _content(content: object) -> tuple[str, list[str]]:
    if not isinstance(content, list):
        return content if isinstance(content, str) else "", []
    texts: list[str] = []
    images: list[str] = []
    for part in content:
        match part:
            case {"type": "image_url", "image_url": {"url": str(url)}}:
                images.append(_base64_of(url))
            case {"text": str(text)} | {"type": "refusal", "refusal": str(text)}:
                texts.append(text)
            case _:
                raise CallerError("a content part is neither text nor an image, which is all that Ollama takes")
    return "\n".join(texts), images


def _base64_of(url: str) -> str:
    header, comma, data = url.partition(",")
    if not comma or not header.startswith("data:") or not header.endswith(";base64"):
        raise CallerError(
            "Ollama takes images as base64 data only, not by URL",
            hint="send the image as a data: URL (data:image/png;base64,…)",
        )
    return data


def _calls(calls: object, tool_names: dict[str, str]) -> list[JsonObject]:
    if not isinstance(calls, list):
        raise CallerError("the `tool_calls` of a message are not a list")
    return [_call(call, tool_names) for call in calls]


def _call(call: object, tool_names: dict[str, str]) -> JsonObject:
    match call:
        case {"function": {"name": str(name), "arguments": str(arguments)}, **rest}:
            try:
                parsed = orjson.loads(arguments or "{}")
            except orjson.JSONDecodeError:
                raise CallerError(f"the arguments of the tool call {name!r} are not JSON") from None
            if not isinstance(parsed, dict):
                raise CallerError(f"the arguments of the tool call {name!r} are not a JSON object")
            tool_names[str(rest.get("id"))] = name
            return {"function": {"name": name, "arguments": parsed}}
        case _:
            raise CallerError("a tool call in `messages` has no function with a name and arguments")
