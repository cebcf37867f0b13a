"""Canonical messages, written as Ollama's.

Nothing is lost with a mark for a prompt cache (`cache_control`): Ollama keeps prefixes without being told. Nor with the
signatures of thinking: they prove a block's origin to the provider that made it, and to nobody else.
"""

from typing import Any

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError

_KNOWN = frozenset({
    "role", "content", "tool_calls", "tool_call_id", "reasoning_content", "reasoning", "thinking_blocks", "refusal",
    "cache_control", "function_call", "extra_content",
})  # fmt: skip


def write_messages(messages: list[dict[str, Any]], warnings: list[str]) -> list[JsonObject]:
    """Raises `CallerError` for what makes no sense without what Ollama cannot be told (an image by URL)."""
    tool_names: dict[str, str] = {}  # Ollama names the tool where OpenAI names the call
    return [_message(message, tool_names, warnings) for message in messages]


def _message(message: dict[str, Any], tool_names: dict[str, str], warnings: list[str]) -> JsonObject:
    role = {"developer": "system", "function": "tool"}.get(message["role"], message["role"])
    text, images = _content(message.get("content"), warnings)
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal:
        text = f"{text}\n{refusal}" if text else refusal
    entry: JsonObject = {"role": role, "content": text}
    if images:
        entry["images"] = images
    if thinking := _thinking(message):
        entry["thinking"] = thinking
    if calls := _calls(message, tool_names):
        entry["tool_calls"] = calls
    if role == "tool":
        call_id = message.get("tool_call_id")
        if isinstance(call_id, str) and call_id:
            entry["tool_call_id"] = call_id
        name = tool_names.get(str(call_id)) or message.get("name")
        if isinstance(name, str) and name:
            entry["tool_name"] = name
        if message.get("is_error"):
            warnings.append("`is_error` of a tool's result is left out: Ollama has no such mark")
    for name, value in message.items():
        if name not in _KNOWN and value and not (role == "tool" and name in ("name", "is_error")):
            warnings.append(f"`{name[:64]}` of a message is left out: Ollama's messages have no such field")
    return entry


def _thinking(message: dict[str, Any]) -> str:
    for name in ("reasoning_content", "reasoning"):
        if isinstance(thinking := message.get(name), str) and thinking:
            return thinking
    blocks = message.get("thinking_blocks")
    texts = [block.get("thinking") for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    return "".join(text for text in texts if isinstance(text, str))


def _content(content: object, warnings: list[str]) -> tuple[str, list[str]]:
    """Text, and what goes into `images`: sounds too."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else "", []
    texts: list[str] = []
    images: list[str] = []
    for part in content:
        match part:
            case {"type": "image_url", "image_url": {"url": str(url), **more}}:
                images.append(_base64_of(url))
                if more.get("detail") not in (None, "auto"):
                    warnings.append("`detail` of an image is left out: Ollama has no such field")
            case {"type": "input_audio", "input_audio": {"data": str(data)}}:
                images.append(data)
            case {"type": "file", "file": {"file_data": str(url)}} if url.startswith("data:image/"):
                images.append(_base64_of(url))
            case {"text": str(text)} | {"type": "refusal", "refusal": str(text)}:
                texts.append(text)
            case _:
                raise CallerError(
                    "a content part is neither text, an image nor a sound, which is all that Ollama takes"
                )
    return "\n".join(texts), images


def _base64_of(url: str) -> str:
    header, comma, data = url.partition(",")
    if not comma or not header.startswith("data:") or not header.endswith(";base64"):
        raise CallerError(
            "Ollama takes images as base64 data only, not by URL",
            hint="send the image as a data: URL (data:image/png;base64,…)",
        )
    return data


def _calls(message: dict[str, Any], tool_names: dict[str, str]) -> list[JsonObject]:
    calls = message.get("tool_calls")
    if not calls:
        legacy = message.get("function_call")
        calls = [{"function": legacy}] if legacy else []
    if not isinstance(calls, list):
        raise CallerError("the `tool_calls` of a message are not a list")
    return [_call(call, tool_names) for call in calls]


def _call(call: object, tool_names: dict[str, str]) -> JsonObject:
    match call:
        case {"function": {"name": str(name), "arguments": str(arguments)}, **rest}:
            written: JsonObject = {"function": {"name": name, "arguments": _arguments(name, arguments)}}
            if isinstance(call_id := rest.get("id"), str) and call_id:
                tool_names[call_id] = name
                written = {"id": call_id, **written}
            return written
        case _:
            raise CallerError("a tool call in `messages` has no function with a name and arguments")


def _arguments(name: str, arguments: str) -> orjson.Fragment:
    """The arguments with the digits that they came with: Ollama wants them as an object, and a number of over 64 bits
    would be rounded by another parser."""
    arguments = arguments.strip() or "{}"
    try:
        parsed = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        raise CallerError(f"the arguments of the tool call {name!r} are not JSON") from None
    if not isinstance(parsed, dict):
        raise CallerError(f"the arguments of the tool call {name!r} are not a JSON object")
    return orjson.Fragment(arguments)
