"""Canonical content parts, written as the parts of Google's contents."""

from base64 import b64encode
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import unquote_to_bytes, urlsplit

from ai_dashboard.core.chat import JsonObject

TYPES: Mapping[str, str] = MappingProxyType({
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp", "gif": "image/gif",
    "heic": "image/heic", "heif": "image/heif", "pdf": "application/pdf", "txt": "text/plain", "md": "text/markdown",
    "csv": "text/csv", "html": "text/html", "xml": "text/xml", "json": "application/json", "mp3": "audio/mp3",
    "wav": "audio/wav", "ogg": "audio/ogg", "flac": "audio/flac", "aac": "audio/aac", "mp4": "video/mp4",
    "mov": "video/mov", "webm": "video/webm", "mpeg": "video/mpeg",
})  # fmt: skip
"""What Google takes, by the endings of names: the system's own table differs from machine to machine."""

SOUNDS = {"wav": "audio/wav", "mp3": "audio/mp3"}

NO_DETAIL = "`detail` of an image is left out: Google has one resolution for all of an ask's media"
NO_MARKS = "`cache_control` is left out: Google chooses itself what it caches"
NO_FILE_IDS = "a file is left out: only the provider that stores it can look it up by its id"


def parts_of(content: object, warnings: list[str]) -> list[JsonObject]:
    """The parts of a message's content. Google refuses empty ones, so there are none."""
    if isinstance(content, str):
        return [{"text": content}] if content else []
    parts: list[JsonObject] = []
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict):
            parts += _part(part, warnings)
            if part.get("cache_control"):
                warnings.append(NO_MARKS)
    return parts


def _part(part: JsonObject, warnings: list[str]) -> list[JsonObject]:
    match part:
        case {"type": "text" | "input_text", "text": str(text)} | {"type": "refusal", "refusal": str(text)}:
            return [{"text": text}] if text else []
        case {"type": "image_url", "image_url": {"url": str(url), **rest} as image}:
            if rest.get("detail") not in (None, "auto"):
                warnings.append(NO_DETAIL)
            return [_media(url, "image/jpeg", image)]
        case {"type": "image_url", "image_url": str(url)}:
            return [_media(url, "image/jpeg", {})]
        case {"type": "input_audio", "input_audio": {"data": str(data), **rest}}:
            kind = SOUNDS.get(str(rest.get("format")), f"audio/{rest.get('format') or 'wav'}")
            return [{"inlineData": {"mimeType": kind, "data": data}}]
        case {"type": "file", "file": {"file_data": str(url)} as file} | {
            "type": "file",
            "file": {"file_url": str(url)} as file,
        }:
            return [_media(url, "application/pdf", file)]
        case {"type": "file"}:
            warnings.append(NO_FILE_IDS)
            return []
        case _:
            warnings.append("a part of a message is left out: Google has none of its kind")
            return []


def _media(url: str, usual: str, holder: JsonObject) -> JsonObject:
    """Data as `inlineData`, an address as `fileData`. `usual` is the type of what does not say its own."""
    if not url.startswith("data:"):
        return {"fileData": {"mimeType": _guess(url, usual), "fileUri": url}}
    head, _, data = url.partition(",")
    kind, *flags = head.removeprefix("data:").split(";")
    if "base64" not in flags:
        data = b64encode(unquote_to_bytes(data)).decode()
    if not kind:
        kind = _guess(str(holder.get("filename", "")), usual)
    return {"inlineData": {"mimeType": kind, "data": data}}


def _guess(name: str, usual: str) -> str:
    """A type by the ending of a name."""
    try:
        path = urlsplit(name).path
    except ValueError:
        path = ""
    return TYPES.get(path.rpartition(".")[2].lower(), usual)
