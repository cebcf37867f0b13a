"""Ollama's messages, read into the canonical form.

Ollama's clients often send calls without ids and results with no more than a tool's name. Each call is given an id that
depends only on where it stands, so that the same conversation is read alike on every turn, and each result the id of
the first call that still waits for it.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections import deque

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError

_SIGNATURES = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
"""How the usual kinds of image begin."""


def read_messages(messages: object) -> list[JsonObject]:
    """Raises `CallerError` that names the message. Numbers inside of arguments may be `orjson.Fragment`s."""
    if messages is None:
        return []
    if not isinstance(messages, list):
        raise CallerError("`messages` is not a list")
    calls = _Calls()
    return [_message(message, f"messages[{number}]", calls) for number, message in enumerate(messages)]


def user_message(text: str, images: object) -> JsonObject:
    """A prompt of `/api/generate`, which is a user's only message."""
    return {"role": "user", "content": _content(text, images, "images")}


@dataclass(slots=True)
class _Call:
    """A call that a result may still come for. `given` is the caller's own id, which need not be the only one."""

    id: str
    given: str
    name: str
    answered: bool = False


class _Calls:
    """The calls of a conversation. All look-ups are by key, so that no conversation takes longer than its length."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._made = 0
        self._waiting: dict[tuple[str, str], deque[_Call]] = {}

    def add(self, given: object, name: str) -> str:
        said = given if isinstance(given, str) else ""
        call = _Call(said if said.strip() and said not in self._ids else self._make(), said, name)
        self._ids.add(call.id)
        for key in (("id", said), ("name", name), ("any", "")):
            self._waiting.setdefault(key, deque()).append(call)
        return call.id

    def answered_by(self, call_id: str, name: str) -> str:
        """The id of the call that a result is for; an id of its own for a result that nobody waits for."""
        keys = [("id", call_id)] if call_id else []
        keys += [("name", name)] if name else []
        for key in keys or [("any", "")]:
            waiting = self._waiting.get(key, deque())
            while waiting:
                call = waiting.popleft()
                if not call.answered:
                    call.answered = True
                    return call.id
        return call_id or self._make()

    def _make(self) -> str:
        while (made := f"call_{self._made}") in self._ids:
            self._made += 1
        self._made += 1
        return made


def _message(message: object, where: str, calls: _Calls) -> JsonObject:
    if not isinstance(message, dict) or not isinstance(role := message.get("role"), str):
        raise CallerError(f"`{where}` is not an object with a `role`")
    text = message.get("content")
    if not isinstance(text, str | None):
        raise CallerError(f"`{where}.content` is not a string")
    role = role.lower()
    entry: JsonObject = {"role": role, "content": _content(text or "", message.get("images"), f"{where}.images")}
    if (thinking := message.get("thinking")) and isinstance(thinking, str):
        entry["reasoning_content"] = thinking
    if (given := message.get("tool_calls")) is not None:
        if not isinstance(given, list):
            raise CallerError(f"`{where}.tool_calls` is not a list")
        written = [_call(call, f"{where}.tool_calls[{number}]", calls) for number, call in enumerate(given)]
        if written:
            entry["tool_calls"] = written
    if role == "tool":
        name = _string(message, "tool_name") or _string(message, "name")  # `name` is what the first examples had
        entry["tool_call_id"] = calls.answered_by(_string(message, "tool_call_id"), name)
        if name:
            entry["name"] = name
    return entry


def _call(call: object, where: str, calls: _Calls) -> JsonObject:
    match call:
        case {"function": {"name": str(name), **function}, **rest} if name:
            call_id, arguments = rest.get("id"), function.get("arguments")
        case _:
            raise CallerError(f"`{where}` has no `function` with a `name`")
    match arguments:
        case str():
            text = arguments or "{}"
        case dict() | None:
            text = _json(arguments or {}, where)
        case _:
            raise CallerError(f"`{where}.function.arguments` is not an object")
    return {
        "id": calls.add(call_id, name),
        "type": "function",
        "function": {"name": name, "arguments": text},
    }


def _json(arguments: JsonObject, where: str) -> str:
    try:
        return orjson.dumps(arguments).decode()
    except orjson.JSONEncodeError as error:
        raise CallerError(f"`{where}.function.arguments` cannot be passed on: {error}") from None


def _content(text: str, images: object, where: str) -> str | list[JsonObject]:
    if images is None or images == []:
        return text
    if not isinstance(images, list):
        raise CallerError(f"`{where}` is not a list")
    parts: list[JsonObject] = [{"type": "text", "text": text}] if text else []
    for number, image in enumerate(images):
        if not isinstance(image, str):
            raise CallerError(f"`{where}[{number}]` is not base64 text")
        parts.append(_part(image))
    return parts


def _part(data: str) -> JsonObject:
    """An image, or a sound: Ollama takes both among the `images`, as bare base64 that does not say what it is."""
    if data.startswith("data:") or "://" in data[:16]:
        return {"type": "image_url", "image_url": {"url": data}}
    kind = _kind(data)
    if kind == "audio/wav":
        return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
    return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data}"}}


def _kind(data: str) -> str:
    try:
        head = b64decode(data[:16], validate=True)
    except (Base64Error, ValueError):
        head = b""
    if head.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12], "application/octet-stream")
    return next((kind for start, kind in _SIGNATURES if head.startswith(start)), "application/octet-stream")


def _string(message: JsonObject, name: str) -> str:
    value = message.get(name)
    return value if isinstance(value, str) else ""
