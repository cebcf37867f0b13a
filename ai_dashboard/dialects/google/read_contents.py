"""Google's contents, read into canonical messages.

Results of tools are messages of their own in the canonical form, thinking and calls are fields of the assistant's.
Calls often come without ids: each gets one that depends only on where it stands, and each result that of the first call
by its name that still waits for one.
"""

from collections import deque
from dataclasses import field
from itertools import groupby

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.body import encode
from ai_dashboard.dialects.google.fields import name_of, object_at, objects_at, text_at
from ai_dashboard.dialects.google.read_parts import media_of
from ai_dashboard.dialects.google.signatures import UNSIGNED, marked, unpacked

_PART_KINDS = frozenset({"text", "inlineData", "fileData", "functionCall", "functionResponse"})
_CALL_FIELDS = frozenset({"id", "name", "args"})
_RESULT_FIELDS = frozenset({"id", "name", "response", "parts"})


def read_contents(given: JsonObject, own: set[str]) -> list[JsonObject]:
    """All messages of an ask, the system's first. Numbers inside of arguments may be `orjson.Fragment`s."""
    messages = _system(given.get("systemInstruction"))
    contents = objects_at(given.get("contents"), "contents")
    if not contents:
        raise CallerError("`contents` is missing or has no content")
    calls = _Calls()
    said: list[tuple[str, JsonObject]] = []
    for number, content in enumerate(contents):
        where = f"contents[{number}]"
        role = content.get("role")
        parts = objects_at(content.get("parts"), f"{where}.parts")
        if role == "model":
            said += [(f"{where}.parts[{place}]", part) for place, part in enumerate(parts)]
            following = contents[number + 1].get("role") if number + 1 < len(contents) else None
            if following != "model":
                # Google's SDK keeps each chunk of a stream as a content of its own: together they are one answer.
                messages.append(_model(said, calls, own))
                said = []
            continue
        match role:
            case "user" | "function" | "tool" | "" | None:
                messages += _user(parts, f"{where}.parts", calls, own)
            case "system":
                messages += _system(content)
            case _:
                raise CallerError(f"`{where}.role` is neither user nor model")
    return messages


class _Calls:
    """The calls of a conversation, by id and by name."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._answered: set[str] = set()
        self._made = 0
        self._waiting: dict[str, deque[str]] = {}

    def add(self, given: object, name: str) -> str:
        call_id = given if isinstance(given, str) and given.strip() and given not in self._ids else self._make()
        self._ids.add(call_id)
        self._waiting.setdefault(name, deque()).append(call_id)
        return call_id

    def answered_by(self, given: object, name: str) -> str:
        """The id of the call that a result is for; one of its own for a result that nobody waits for."""
        if isinstance(given, str) and given.strip():
            self._answered.add(given)
            if given in self._ids:
                return given
        waiting = self._waiting.get(name, deque())
        while waiting:
            if (call_id := waiting.popleft()) not in self._answered:
                return call_id
        return given if isinstance(given, str) and given.strip() else self._make()

    def _make(self) -> str:
        while (made := f"call_{self._made}") in self._ids:
            self._made += 1
        self._made += 1
        return made


def _system(content: object) -> list[JsonObject]:
    """Each part is a prompt of its own."""
    if content is None:
        return []
    if isinstance(content, str):
        return [{"role": "system", "content": content}]
    where = "systemInstruction"
    prompts = []
    for number, part in enumerate(objects_at(object_at(content, where).get("parts"), f"{where}.parts")):
        prompts.append({"role": "system", "content": text_at(part, "text", f"{where}.parts[{number}]")})
    return prompts


def _user(parts: list[JsonObject], where: str, calls: _Calls, own: set[str]) -> list[JsonObject]:
    results: list[JsonObject] = []
    said: list[JsonObject] = []
    for number, part in enumerate(parts):
        at = f"{where}[{number}]"
        match _kind(part, own):
            case "functionResponse":
                results.append(_result(object_at(part["functionResponse"], f"{at}.functionResponse"), at, calls, own))
            case "text":
                said.append({"type": "text", "text": text_at(part, "text", at)})
            case "inlineData" | "fileData":
                said += media_of(part, at, own)
            case "functionCall":
                raise CallerError(f"`{at}.functionCall` is not in a content whose role is model")
            case _:
                pass
    if said or not results:
        results.append({"role": "user", "content": _content(said)})
    return results


def _model(parts: list[tuple[str, JsonObject]], calls: _Calls, own: set[str]) -> JsonObject:
    said: list[JsonObject] = []
    made: list[JsonObject] = []
    thinking = _Thinking()
    for at, part in parts:
        kind = _kind(part, own)
        signature = part.get("thoughtSignature")
        signature = signature if isinstance(signature, str) and signature != UNSIGNED else ""
        if kind == "functionCall":
            made.append(_call(object_at(part["functionCall"], f"{at}.functionCall"), at, signature, calls, own))
            continue
        if kind == "text":
            text = text_at(part, "text", at)
            if part.get("thought") is True:
                thinking.add(text)
            elif text:
                said.append({"type": "text", "text": text})
        elif kind in ("inlineData", "fileData") and part.get("thought") is not True:
            said += media_of(part, at, own)
        if signature:
            thinking.sign(signature)
    message: JsonObject = {"role": "assistant", "content": _content(_joined(said)) if said or not made else None}
    if blocks := thinking.closed():
        message["thinking_blocks"] = blocks
        if shown := "".join(block.get("thinking", "") for block in blocks):
            message["reasoning_content"] = shown
    if made:
        message["tool_calls"] = made
    return message


@dataclass(slots=True)
class _Thinking:
    """Thoughts so far. A signature closes a block, and one that holds a whole block stands for what was shown of it."""

    blocks: list[JsonObject] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.texts.append(text)

    def sign(self, signature: str) -> None:
        block = unpacked(signature)
        if block is None:
            block = {"type": "thinking", "thinking": "".join(self.texts), "signature": marked(signature)}
        self.texts.clear()
        self.blocks.append(block)

    def closed(self) -> list[JsonObject]:
        if text := "".join(self.texts):
            self.blocks.append({"type": "thinking", "thinking": text, "signature": ""})
        return self.blocks


def _kind(part: JsonObject, own: set[str]) -> str | None:
    """What a part holds; None, and its name in `own`, for what only Google knows. An empty part is an empty text."""
    for name in part:
        if name in _PART_KINDS and part[name] is not None:
            return name
    own |= {f"parts.{name_of(name)}" for name in part.keys() - {"thought", "thoughtSignature"}}
    return None


def _call(call: JsonObject, where: str, signature: str, calls: _Calls, own: set[str]) -> JsonObject:
    name = text_at(call, "name", f"{where}.functionCall")
    arguments = call.get("args")
    if not isinstance(arguments, dict | None):
        raise CallerError(f"`{where}.functionCall.args` is not an object")
    own |= {f"functionCall.{name_of(other)}" for other in call.keys() - _CALL_FIELDS if call[other]}
    function = {"name": name, "arguments": encode(arguments or {}).decode()}
    read: JsonObject = {"id": calls.add(call.get("id"), name), "type": "function", "function": function}
    if signature:
        read["extra_content"] = {"google": {"thought_signature": signature}}
    return read


def _result(result: JsonObject, where: str, calls: _Calls, own: set[str]) -> JsonObject:
    name = text_at(result, "name", f"{where}.functionResponse")
    response = result.get("response")
    if not isinstance(response, dict | None):
        raise CallerError(f"`{where}.functionResponse.response` is not an object")
    own |= {f"functionResponse.{name_of(other)}" for other in result.keys() - _RESULT_FIELDS if result[other]}
    message: JsonObject = {"role": "tool", "tool_call_id": calls.answered_by(result.get("id"), name), "name": name}
    match response or {}:
        case {"output": str(text), **rest} if not rest:
            pass
        case {"error": str(text), **rest} if not rest:
            message["is_error"] = True
        case other:
            text = encode(other).decode()
    media: list[JsonObject] = []
    inside = f"{where}.functionResponse.parts"
    for number, part in enumerate(objects_at(result.get("parts"), inside)):
        if _kind(part, own) in ("inlineData", "fileData"):
            media += media_of(part, f"{inside}[{number}]", own)
    message["content"] = [{"type": "text", "text": text}, *media] if media else text
    return message


def _joined(parts: list[JsonObject]) -> list[JsonObject]:
    """Pieces of text that follow each other as one: streams leave many, and they are one answer."""
    joined: list[JsonObject] = []
    for is_text, group in groupby(parts, key=lambda part: part["type"] == "text"):
        if is_text:
            joined.append({"type": "text", "text": "".join(part["text"] for part in group)})
        else:
            joined.extend(group)
    return joined


def _content(parts: list[JsonObject]) -> str | list[JsonObject]:
    match parts:
        case []:
            return ""
        case [{"type": "text", "text": str(text)}]:
            return text
        case _:
            return parts
