"""The parts of Google's contents that hold media, read into canonical content parts."""

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.dialects.google.fields import name_of, object_at, text_at
from ai_dashboard.dialects.google.signatures import standard

OWN_URLS = (
    "gs://",
    "https://generativelanguage.googleapis.com/",
    "files/",
    "https://www.youtube.com/",
    "https://youtu.be/",
)
"""What only Google can look up: its own storage and files, and films, which it alone can watch by their address."""

SOUNDS = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/wave": "wav", "audio/mp3": "mp3", "audio/mpeg": "mp3"}
"""Sounds for which the canonical form has a part of their own."""

_SAID_OF_MEDIA = frozenset({"inlineData", "fileData", "thoughtSignature", "thought"})


def media_of(part: JsonObject, where: str, own: set[str]) -> list[JsonObject]:
    """The canonical part that `inlineData` or `fileData` is; none, and a name in `own`, for what only Google sees."""
    own |= {f"parts.{name_of(name)}" for name in part.keys() - _SAID_OF_MEDIA if part[name] is not None}
    if part.get("inlineData") is not None:
        return [_inline(object_at(part["inlineData"], f"{where}.inlineData"), f"{where}.inlineData")]
    file = object_at(part["fileData"], f"{where}.fileData")
    uri = text_at(file, "fileUri", f"{where}.fileData")
    if uri.startswith(OWN_URLS):
        own.add("parts.fileData")
        return []
    if str(file.get("mimeType", "")).startswith("image/"):
        return [{"type": "image_url", "image_url": {"url": uri}}]
    return [{"type": "file", "file": {"file_url": uri, **_named(file)}}]


def _inline(blob: JsonObject, where: str) -> JsonObject:
    kind = text_at(blob, "mimeType", where)
    data = standard(text_at(blob, "data", where))
    if kind.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data}"}}
    if (sound := SOUNDS.get(kind)) is not None:
        return {"type": "input_audio", "input_audio": {"data": data, "format": sound}}
    return {"type": "file", "file": {"file_data": f"data:{kind};base64,{data}", **_named(blob)}}


def _named(holder: JsonObject) -> JsonObject:
    name = holder.get("displayName")
    return {"filename": name} if isinstance(name, str) and name else {}
