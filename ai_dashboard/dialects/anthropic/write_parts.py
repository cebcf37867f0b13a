"""Canonical content parts, written as Anthropic's content blocks."""

import base64
import binascii

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError

IMAGES = {
    "image/jpeg": "image/jpeg",
    "image/jpg": "image/jpeg",
    "image/png": "image/png",
    "image/gif": "image/gif",
    "image/webp": "image/webp",
}
"""The kinds of images that Anthropic takes, and what it calls them."""


def blocks_of(content: object, where: str, warnings: list[str]) -> list[JsonObject]:
    """The blocks of a message's content. Text of nothing but blanks is refused by Anthropic, and says nothing."""
    if content is None:
        return []
    if isinstance(content, str):
        return text_blocks(content)
    if not isinstance(content, list):
        raise CallerError(f"`{where}` is neither a string nor a list of parts")
    blocks: list[JsonObject] = []
    for number, part in enumerate(content):
        written = _part(part, f"{where}[{number}]", warnings)
        if written and isinstance(mark := part.get("cache_control"), dict):
            written[-1]["cache_control"] = mark
        blocks += written
    return blocks


def text_blocks(text: str) -> list[JsonObject]:
    """A block of text, if there is any text."""
    return [{"type": "text", "text": text}] if text.strip() else []


def _part(part: object, where: str, warnings: list[str]) -> list[JsonObject]:
    match part:
        case {"type": "text", "text": str(text)} | {"type": "refusal", "refusal": str(text)}:
            return text_blocks(text)
        case {"type": "image_url", "image_url": {"url": str(url)}} | {"type": "image_url", "image_url": str(url)}:
            return _image(url, where, warnings)
        case {"type": "file", "file": dict(file)}:
            return _file(file, where, warnings)
        case {"type": "input_audio" | "audio" | "video_url" | "input_video" as kind}:
            warnings.append(f"`{where}` is left out: Anthropic takes no {'video' if 'video' in kind else 'audio'}")
            return []
        case _:
            raise CallerError(f"`{where}` is neither text, nor an image, nor a file, which is all that Anthropic takes")


def _image(url: str, where: str, warnings: list[str]) -> list[JsonObject]:
    if url.startswith("data:"):
        return _data(*_parsed(url, where), {}, where, warnings)
    if not url.startswith(("https://", "http://")):
        raise CallerError(f"`{where}` has an image whose `url` is neither an http nor a data URL")
    return [{"type": "image", "source": {"type": "url", "url": url}}]


def _file(file: JsonObject, where: str, warnings: list[str]) -> list[JsonObject]:
    name = file.get("filename")
    title: JsonObject = {"title": name} if isinstance(name, str) and name else {}
    match file:
        case {"file_data": str(data)}:
            # Without a header it is a PDF: the only kind that every service takes.
            media, text = _parsed(data, where) if data.startswith("data:") else ("application/pdf", data)
            return _data(media, text, title, where, warnings)
        case {"file_url": str(url)}:
            return [{"type": "document", "source": {"type": "url", "url": url}, **title}]
        case {"file_id": _}:
            warnings.append(
                f"`{where}` is left out: the file is kept by another provider, where Anthropic cannot read it"
            )
            return []
        case _:
            raise CallerError(f"`{where}.file` has neither `file_data` nor `file_url`")


def _parsed(url: str, where: str) -> tuple[str, str]:
    """Media type and base64 of a data URL."""
    header, comma, data = url.partition(",")
    media, *parameters = header.removeprefix("data:").split(";")
    if not comma or "base64" not in parameters:
        raise CallerError(f"`{where}` has a data URL that is not base64 (data:image/png;base64,…)")
    return media.strip().lower(), data


def _data(media: str, data: str, title: JsonObject, where: str, warnings: list[str]) -> list[JsonObject]:
    if (image := IMAGES.get(media)) is not None:
        return [{"type": "image", "source": {"type": "base64", "media_type": image, "data": data}}]
    if media == "application/pdf":
        source: JsonObject = {"type": "base64", "media_type": media, "data": data}
        return [{"type": "document", "source": source, **title}]
    if media.startswith("text/") or media == "application/json":
        source = {"type": "text", "media_type": "text/plain", "data": _decoded(data, where)}
        return [{"type": "document", "source": source, **title}]
    warnings.append(f"`{where}` is left out: Anthropic takes no {media or 'data without a type'}")
    return []


def _decoded(data: str, where: str) -> str:
    try:
        return base64.b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise CallerError(f"`{where}` has a text file that is not UTF-8 in base64") from None
