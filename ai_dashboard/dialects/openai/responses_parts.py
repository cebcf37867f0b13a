"""Content parts, tools and choices of the Responses API, read into those of chat completions."""

from collections.abc import Mapping
from types import MappingProxyType

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError

CACHE_MARK: Mapping[str, str] = MappingProxyType({"type": "ephemeral"})
"""A cache breakpoint in canonical form. How long it holds is left to the provider: services offer different spans."""

_FILE_FIELDS = ("file_data", "file_url", "file_id", "filename")


def content_of(content: object, where: str, own: set[str]) -> str | list[JsonObject] | None:
    """The content of a message or of a tool's result; what only OpenAI can look up is added to `own`."""
    if content is None or isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise CallerError(f"`{where}` is neither a string nor a list of parts")
    parts = []
    for number, part in enumerate(content):
        if (read := _part(part, f"{where}[{number}]", own)) is not None:
            parts.append(read)
    return parts or ""


def _part(part: object, where: str, own: set[str]) -> JsonObject | None:
    if not isinstance(part, dict):
        raise CallerError(f"`{where}` is not an object")
    read: JsonObject
    match part:
        case {"type": "input_text" | "output_text" | "text", "text": str(text)}:
            read = {"type": "text", "text": text}
        case {"type": "input_image", "image_url": str(url)}:
            image = {"url": url}
            if isinstance(detail := part.get("detail"), str):
                image["detail"] = detail
            read = {"type": "image_url", "image_url": image}
        case {"type": "input_image"}:
            own.add("input_image.file_id")
            return None
        case {"type": "input_file"}:
            read = {"type": "file", "file": {name: part[name] for name in _FILE_FIELDS if part.get(name) is not None}}
        case {"type": "input_audio", "input_audio": dict(audio)}:
            read = {"type": "input_audio", "input_audio": audio}
        case {"type": "refusal", "refusal": str(text)}:
            read = {"type": "refusal", "refusal": text}
        case {"type": str(kind)}:
            own.add(kind[:64])
            return None
        case _:
            raise CallerError(f"`{where}` has no `type`")
    if part.get("prompt_cache_breakpoint"):
        read["cache_control"] = dict(CACHE_MARK)
    return read


def tools_of(tools: object, own: set[str]) -> list[JsonObject]:
    """The functions among the tools; those that OpenAI runs itself are added to `own`."""
    if not isinstance(tools, list):
        raise CallerError("`tools` is not a list")
    functions = []
    for number, tool in enumerate(tools):
        match tool:
            case {"type": "function", "function": {"name": str()}}:
                functions.append(tool)  # chat's own spelling, which many callers send all the same
            case {"type": "function", "name": str(name)}:
                fields = ("description", "parameters", "strict")
                function = {"name": name} | {field: tool[field] for field in fields if tool.get(field) is not None}
                read = {"type": "function", "function": function}
                if (mark := tool.get("cache_control")) is not None:
                    read["cache_control"] = mark
                functions.append(read)
            case {"type": "function"}:
                raise CallerError(f"`tools[{number}]` is a function without a `name`")
            case {"type": str(kind)}:
                own.add(f"tools.{kind[:64]}")
            case _:
                raise CallerError(f"`tools[{number}]` is not an object with a `type`")
    return functions


def choose(choice: object, body: JsonObject, own: set[str]) -> None:
    """Write what the caller says of its tools into a canonical body that has them already.

    Of the tools that a choice allows, only these are left: every provider understands that.
    """
    match choice:
        case None:
            pass
        case "none" | "auto" | "required":
            body["tool_choice"] = choice
        case {"type": "function", "name": str(name)}:
            body["tool_choice"] = {"type": "function", "function": {"name": name}}
        case {"type": "function", "function": {"name": str()}}:
            body["tool_choice"] = choice
        case {"type": "allowed_tools", "mode": "auto" | "required" as mode, "tools": list(allowed)}:
            names = [tool.get("name") for tool in allowed if isinstance(tool, dict)]
            left = [tool for tool in body.get("tools", ()) if tool["function"]["name"] in names]
            if left:
                body["tools"] = left
                body["tool_choice"] = mode
            else:
                own.add("tool_choice")
        case {"type": str()}:
            own.add("tool_choice")
        case _:
            raise CallerError("`tool_choice` is neither a word nor an object with a `type`")


def format_of(wanted: object) -> JsonObject | None:
    """`text.format` as chat's `response_format`."""
    match wanted:
        case None | {"type": "text"}:
            return None
        case {"type": "json_object"}:
            return {"type": "json_object"}
        case {"type": "json_schema", "schema": dict(schema), **named}:
            said = {name: value for name, value in named.items() if value is not None}
            return {"type": "json_schema", "json_schema": {"name": "answer", **said, "schema": schema}}
        case {"type": "json_schema", "json_schema": dict(schema)}:
            return {"type": "json_schema", "json_schema": schema}
        case _:
            raise CallerError("`text.format` is none of text, json_object and json_schema with a `schema`")
