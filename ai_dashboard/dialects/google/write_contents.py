"""Canonical messages, written as Google's contents.

Turns of one side that follow each other become one content; system prompts have a place of their own; a tool's result
names its tool, which the canonical form only has in the call that it answers.
"""

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.google import signatures
from ai_dashboard.dialects.google.families import Family
from ai_dashboard.dialects.google.write_parts import NO_MARKS, parts_of

MOVED = "a system message in the conversation is moved in front of it: Google takes system prompts nowhere else"
NO_USER = "the system prompt is sent as the user's message: Google wants one"
NOT_JSON = "the arguments of an earlier tool call are sent as text: they are no JSON object"

_WRITTEN = frozenset({
    "role", "content", "name", "tool_calls", "tool_call_id", "function_call", "is_error", "refusal", "cache_control",
    "reasoning_content", "reasoning", "thinking_blocks", "annotations", "phase",
})  # fmt: skip
"""Fields of messages. Names of speakers and what other services remark on their answers say nothing to the model."""


def write_contents(messages: list[JsonObject], family: Family, warnings: list[str]) -> JsonObject:
    """`systemInstruction` and `contents`."""
    contents = _Contents()
    system: list[JsonObject] = []
    names: dict[str, str] = {}
    for number, message in enumerate(messages):
        if message.get("cache_control"):
            warnings.append(NO_MARKS)
        warnings += [
            f"`{name}` of a message is left out: Google has no such field"
            for name in message.keys() - _WRITTEN
            if message[name]
        ]
        match message["role"]:
            case "system" | "developer":
                if contents.written:
                    warnings.append(MOVED)
                system += parts_of(message.get("content"), warnings)
            case "assistant":
                contents.add("model", _assistant(message, family, names, warnings))
            case "tool" | "function":
                contents.add("user", *_result(message, f"messages[{number}]", family, names, warnings))
            case _:
                contents.add("user", parts_of(message.get("content"), warnings))
    contents.end_turn()
    if not contents.written:
        if not system:
            raise CallerError("`messages` holds nothing that could be said to a model")
        warnings.append(NO_USER)
        return {"contents": [{"role": "user", "parts": system}]}
    return ({"systemInstruction": {"parts": system}} if system else {}) | {"contents": contents.written}


class _Contents:
    """Contents so far. Media that belong to results of tools follow the last result of their turn."""

    def __init__(self) -> None:
        self.written: list[JsonObject] = []
        self._media: list[JsonObject] = []

    def add(self, role: str, parts: list[JsonObject], media: tuple[JsonObject, ...] = ()) -> None:
        if any("functionResponse" not in part for part in parts):
            self.end_turn()
        self._extend(role, parts)
        self._media += media

    def end_turn(self) -> None:
        media, self._media = self._media, []
        self._extend("user", media)

    def _extend(self, role: str, parts: list[JsonObject]) -> None:
        if not parts:
            return
        if self.written and self.written[-1]["role"] == role:
            self.written[-1]["parts"] += parts
        else:
            self.written.append({"role": role, "parts": parts})


def _assistant(message: JsonObject, family: Family, names: dict[str, str], warnings: list[str]) -> list[JsonObject]:
    said = parts_of(message.get("content"), warnings)
    if isinstance(refusal := message.get("refusal"), str) and refusal:
        said.append({"text": refusal})
    calls = message.get("tool_calls")
    calls = [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    if isinstance(older := message.get("function_call"), dict):
        calls.append({"function": older})
    written = [_call(call, names, warnings) for call in calls]
    if family.signs_calls and written:
        # Of calls made together only the first one is signed.
        written[0].setdefault("thoughtSignature", signatures.UNSIGNED)
    return [*_thoughts(message.get("thinking_blocks"), said), *said, *written]


def _thoughts(blocks: object, said: list[JsonObject]) -> list[JsonObject]:
    """Google's own thinking from earlier turns, its signature on the text that it came with. Nobody else's counts here:
    nothing is lost without it."""
    thoughts: list[JsonObject] = []
    last = ""
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, dict) and (signature := signatures.own(block.get("signature"))):
            if isinstance(text := block.get("thinking"), str) and text:
                thoughts.append({"text": text, "thought": True})
            last = signature
    if not last:
        return []
    if said and "text" in said[-1]:
        said[-1]["thoughtSignature"] = last
    else:
        said.append({"text": "", "thoughtSignature": last})
    return thoughts


def _call(call: JsonObject, names: dict[str, str], warnings: list[str]) -> JsonObject:
    call_id = call.get("id")
    function = call.get("function")
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(function, dict) or not isinstance(name, str):
        raise CallerError("a tool call in `messages` has no function with a name")
    written: JsonObject = {"name": name, "args": _arguments(function.get("arguments"), warnings)}
    if isinstance(call_id, str) and call_id:
        written = {"id": call_id, **written}
    # Functions as they were called before there were tools have no id: the name alone tells them apart.
    names[call_id if isinstance(call_id, str) else name] = name
    part: JsonObject = {"functionCall": written}
    match call.get("extra_content"):
        case {"google": {"thought_signature": str(signature)}} if signature:
            part["thoughtSignature"] = signature
    return part


def _arguments(given: object, warnings: list[str]) -> object:
    """The arguments as they were written: no number in them may change."""
    if isinstance(given, dict):
        return given
    text = given if isinstance(given, str) else ""
    try:
        if isinstance(orjson.loads(text or "{}"), dict):
            return orjson.Fragment(text or "{}")
    except orjson.JSONDecodeError:
        pass
    warnings.append(NOT_JSON)
    return {"arguments": text}


def _result(
    message: JsonObject, where: str, family: Family, names: dict[str, str], warnings: list[str]
) -> tuple[list[JsonObject], tuple[JsonObject, ...]]:
    """A tool's result, and the media in it that have to stand beside it."""
    call_id = message.get("tool_call_id")
    name = names.get(str(call_id)) or message.get("name")
    if not isinstance(name, str) or not name:
        raise CallerError(f"`{where}.tool_call_id` is of no tool call in the messages before it")
    content = parts_of(message.get("content"), warnings)
    text = "\n".join(part["text"] for part in content if "text" in part)
    media = tuple(part for part in content if "text" not in part)
    response: JsonObject = {"name": name, "response": _response(text, failed=message.get("is_error") is True)}
    if isinstance(call_id, str) and call_id:
        response = {"id": call_id, **response}
    if media and family.images_in_results:
        response["parts"] = list(media)
        media = ()
    return [{"functionResponse": response}], media


def _response(text: str, *, failed: bool) -> object:
    """An object that a tool returned is the response itself; text stands under the name that Google gives it."""
    if failed:
        return {"error": text}
    try:
        if text.lstrip().startswith("{") and isinstance(orjson.loads(text), dict):
            return orjson.Fragment(text)
    except orjson.JSONDecodeError:
        pass
    return {"output": text}
