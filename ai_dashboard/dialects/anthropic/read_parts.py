"""Anthropic's content blocks, read into canonical content parts."""

import re

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
"""What a name must look like before it is repeated to anybody: it may end in a header."""


def name_of(value: object) -> str:
    """A name that the caller gave, fit to be repeated."""
    return value if isinstance(value, str) and _PLAIN_NAME.fullmatch(value) else "(unnamed)"


def text_in(holder: JsonObject, name: str, where: str) -> str:
    """A string that has to be there."""
    value = holder.get(name)
    if not isinstance(value, str):
        raise CallerError(f"`{where}.{name}` is missing or not a string")
    return value


def blocks_in(content: object, where: str) -> list[JsonObject]:
    """Content as blocks, each an object with a `type`. A string is one block of text."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    if not isinstance(content, list):
        raise CallerError(f"`{where}` is neither a string nor a list of content blocks")
    for number, block in enumerate(content):
        if not isinstance(block, dict) or not isinstance(block.get("type"), str):
            raise CallerError(f"`{where}[{number}]` is not an object with a `type`")
    return content


def parts_of(block: JsonObject, where: str, own: set[str]) -> list[JsonObject]:
    """The parts that a block is; none, and its name added to `own`, when only Anthropic can be told."""
    match block["type"]:
        case "text":
            parts = [_text(text_in(block, "text", where))]
            if block.get("citations"):
                own.add("citations")
        case "image":
            parts = _image(block, where, own)
        case "document":
            parts = _document(block, where, own)
        case "search_result":
            parts = [_text("\n".join(_search_result(block, where)))]
        case other:
            own.add(f"messages.{name_of(other)}")
            return []
    if isinstance(mark := block.get("cache_control"), dict) and parts:
        parts[-1]["cache_control"] = mark
    return parts


def content_of(parts: list[JsonObject]) -> str | list[JsonObject]:
    """A message's content: a single piece of plain text is a string."""
    match parts:
        case []:
            return ""
        case [{"type": "text", "text": str(text), **rest}] if not rest:
            return text
        case _:
            return parts


def _text(text: str) -> JsonObject:
    return {"type": "text", "text": text}


def _source(block: JsonObject, where: str) -> JsonObject:
    source = block.get("source")
    if not isinstance(source, dict):
        raise CallerError(f"`{where}.source` is missing or not an object")
    return source


def _image(block: JsonObject, where: str, own: set[str]) -> list[JsonObject]:
    source = _source(block, where)
    match source.get("type"):
        case "base64":
            url = _data_url(source, f"{where}.source")
        case "url":
            url = text_in(source, "url", f"{where}.source")
        case "file":
            own.add("messages.image.file_id")
            return []
        case _:
            raise CallerError(f"`{where}.source.type` is none of base64, url and file")
    return [{"type": "image_url", "image_url": {"url": url}}]


def _document(block: JsonObject, where: str, own: set[str]) -> list[JsonObject]:
    source = _source(block, where)
    inside = f"{where}.source"
    title = block.get("title")
    file: JsonObject = {"filename": title} if isinstance(title, str) and title else {}
    heads = [head for head in (block.get("context"),) if isinstance(head, str) and head]
    match source.get("type"):
        case "base64":
            file["file_data"] = _data_url(source, inside)
            file.setdefault("filename", "document.pdf")
            parts: list[JsonObject] = [{"type": "file", "file": file}]
        case "url":
            file["file_url"] = text_in(source, "url", inside)
            parts = [{"type": "file", "file": file}]
        case "text":
            parts = [_text(text_in(source, "data", inside))]
            heads = [*file.values(), *heads]
        case "content":
            parts = _pieces(source.get("content"), f"{inside}.content", own)
            heads = [*file.values(), *heads]
        case "file":
            own.add("messages.document.file_id")
            return []
        case _:
            raise CallerError(f"`{inside}.type` is none of base64, url, text, content and file")
    citations = block.get("citations")
    if isinstance(citations, dict) and citations.get("enabled"):
        own.add("messages.document.citations")
    return [*map(_text, heads), *parts]


def _pieces(content: object, where: str, own: set[str]) -> list[JsonObject]:
    """The content of a document that is made of blocks: text and images, and no documents in turn."""
    parts: list[JsonObject] = []
    for number, block in enumerate(blocks_in(content, where)):
        if block["type"] not in ("text", "image"):
            raise CallerError(f"`{where}[{number}].type` is neither text nor image")
        parts += parts_of(block, f"{where}[{number}]", own)
    return parts


def _search_result(block: JsonObject, where: str) -> list[str]:
    lines = [text_in(block, "title", where), text_in(block, "source", where)]
    for number, piece in enumerate(blocks_in(block.get("content"), f"{where}.content")):
        lines.append(text_in(piece, "text", f"{where}.content[{number}]"))
    return [line for line in lines if line]


def _data_url(source: JsonObject, where: str) -> str:
    return f"data:{text_in(source, 'media_type', where)};base64,{text_in(source, 'data', where)}"
