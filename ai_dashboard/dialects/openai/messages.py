"""Messages in canonical form, written as the messages that OpenAI and the engines that follow it accept."""

import base64
import binascii
from typing import Any, TypeGuard

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.openai.fields import BEYOND_IN_MESSAGES

NO_CACHE_MARKS = "`cache_control` is left out: OpenAI chooses itself what it caches"
NO_IMAGES_SAID = "an image in an assistant's message is left out: OpenAI takes images from users only"
FILE_NAME = "document.pdf"
"""OpenAI wants a name with each file, and other dialects have none."""


def written_messages(messages: list[Any], kind: Kind, warnings: list[str]) -> list[JsonObject]:
    """All messages. A tool's message takes text only, and nothing may come between the results of a turn; what tools
    returned beside text is therefore shown by the user's message that follows, or one is added for it."""
    written: list[JsonObject] = []
    shown: list[JsonObject] = []
    for message in messages:
        if message["role"] == "tool":
            written.append(_tool(message, kind, shown, warnings))
            continue
        following = _message(message, kind, warnings)
        if shown and message["role"] == "user":
            following["content"] = [*shown, *_parts_of(following.get("content"))]
        elif shown:
            written.append({"role": "user", "content": shown})
        shown = []
        written.append(following)
    if shown:
        written.append({"role": "user", "content": shown})
    return _one_system(written) if kind.local_engine else written


def without_beyond(messages: list[Any]) -> list[JsonObject]:
    """The messages of an ask in OpenAI's own form, without what our replies add to them and OpenAI refuses."""
    return [_bare(message) if isinstance(message, dict) else message for message in messages]


def _message(message: JsonObject, kind: Kind, warnings: list[str]) -> JsonObject:
    written = _stripped(message, warnings) if kind.strict_fields else dict(message)
    if message["role"] == "developer" and not kind.strict_fields:
        written["role"] = "system"  # engines' templates know no other name for it
    content = message.get("content")
    if _is_list(content):
        parts = [part for part in content if message["role"] != "assistant" or _may_be_said(part, warnings)]
        written["content"] = [_part(part, kind, warnings) for part in parts] or ""
    elif content is None and not message.get("tool_calls") and not message.get("function_call"):
        written["content"] = ""
    return written


def _tool(message: JsonObject, kind: Kind, shown: list[JsonObject], warnings: list[str]) -> JsonObject:
    """A tool's result. That it is an error is said in words, as there is no field for it."""
    written = _stripped(message, warnings) if kind.strict_fields else dict(message)
    failed = written.pop("is_error", None) or message.get("is_error")
    content = message.get("content")
    text = content if isinstance(content, str) else ""
    if _is_list(content):
        texts = [part["text"] for part in content if _is_text(part)]
        others: list[Any] = [_part(part, kind, warnings) for part in content if not _is_text(part)]
        text = "\n".join(texts)
        if others:
            call_id = message.get("tool_call_id")
            shown += [{"type": "text", "text": f"Returned by the tool call {call_id}:"}, *others]
            text = text or "The result follows in the next message."
    written["content"] = f"The tool failed: {text}" if failed else text
    if kind.strict_fields:
        written.pop("name", None)
    return written


def _part(part: object, kind: Kind, warnings: list[str]) -> object:
    if not isinstance(part, dict):
        return part
    if kind.strict_fields:
        part = without_mark(part, warnings)
    file = part.get("file")
    return _file(part, file) if part.get("type") == "file" and isinstance(file, dict) else part


def without_mark(holder: JsonObject, warnings: list[str]) -> JsonObject:
    """A content part or a tool without its cache mark."""
    if "cache_control" not in holder:
        return holder
    warnings.append(NO_CACHE_MARKS)
    return {name: value for name, value in holder.items() if name != "cache_control"}


def _file(part: JsonObject, file: JsonObject) -> JsonObject:
    """A document: plain text as text, which every model reads, and anything else as data with a name."""
    if "file_url" in file:
        raise CallerError(
            "a document by URL cannot be sent to an OpenAI-compatible provider",
            hint="send the document itself, as base64 data",
        )
    data = file.get("file_data")
    if not isinstance(data, str):
        return part
    header, _, encoded = data.partition(",")
    if header.startswith("data:text/") and header.endswith(";base64"):
        try:
            text = base64.b64decode(encoded, validate=True).decode("utf-8", "replace")
        except binascii.Error:
            raise CallerError("the data of a document is not base64") from None
        return {"type": "text", "text": text}
    return part | {"file": {"filename": FILE_NAME, **file}}


def _stripped(message: JsonObject, warnings: list[str]) -> JsonObject:
    """Without what OpenAI refuses. Earlier thinking and other services' signatures go without a word: OpenAI's models
    would not read them, whatever they were called."""
    if "cache_control" in message:
        warnings.append(NO_CACHE_MARKS)
    return _bare(message)


def _bare(message: JsonObject) -> JsonObject:
    bare = {name: value for name, value in message.items() if name not in BEYOND_IN_MESSAGES}
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        bare["tool_calls"] = [_bare(call) if isinstance(call, dict) else call for call in calls]
    return bare


def _one_system(messages: list[JsonObject]) -> list[JsonObject]:
    """The system messages at the beginning as one: many models' templates take one at most."""
    count = next((place for place, message in enumerate(messages) if message["role"] != "system"), len(messages))
    if count < 2:
        return messages
    texts = [_text_of(message.get("content")) for message in messages[:count]]
    return [{"role": "system", "content": "\n\n".join(texts)}, *messages[count:]]


def _parts_of(content: object) -> list[Any]:
    if _is_list(content):
        return content
    return [{"type": "text", "text": content}] if content else []


def _text_of(content: object) -> str:
    if _is_list(content):
        return "\n\n".join(part["text"] for part in content if _is_text(part))
    return content if isinstance(content, str) else ""


def _may_be_said(part: object, warnings: list[str]) -> bool:
    if isinstance(part, dict) and part.get("type") == "image_url":
        warnings.append(NO_IMAGES_SAID)
        return False
    return True


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and part.get("type", "text") == "text" and isinstance(part.get("text"), str)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
