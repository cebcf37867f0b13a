"""How to answer, written as Google wants it: `generationConfig`, tools and their choice."""

from collections.abc import Mapping
from types import MappingProxyType

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.google.families import Family, thinking_config
from ai_dashboard.dialects.google.read_config import COUNTS, NUMBERS
from ai_dashboard.dialects.google.write_parts import NO_MARKS

MAX_STOPS = 5
"""So many stop sequences Google takes."""

SAMPLING = ("temperature", "top_p", "top_k")

_CALLED: Mapping[str, str] = MappingProxyType({
    **{canonical: name for name, canonical in (*NUMBERS.items(), *COUNTS.items())},
    "max_completion_tokens": "maxOutputTokens",
})  # fmt: skip
_LARGEST_SEED = (1 << 31) - 1
_NO_PARAMETERS: tuple[JsonObject, ...] = ({}, {"type": "object"}, {"type": "object", "properties": {}})


def write_config(asked: JsonObject, model: str, family: Family, warnings: list[str]) -> JsonObject:
    """The `generationConfig`, empty when nothing was said."""
    config: JsonObject = {}
    for canonical, name in _CALLED.items():
        value = asked.get(canonical)
        if value is None or (canonical in ("n", "top_logprobs") and value == _NOTHING[canonical]):
            continue
        if canonical in SAMPLING and not family.samples:
            warnings.append(f"`{canonical}` is left out: {model} chooses its sampling itself")
        elif canonical == "seed" and isinstance(value, int):
            config[name] = value & _LARGEST_SEED  # Google's seeds have 32 bits
        else:
            config[name] = value
    if asked.get("logprobs"):
        config["responseLogprobs"] = True
    stop = asked.get("stop")
    stops = [stop] if isinstance(stop, str) else stop or []
    if not isinstance(stops, list):
        raise CallerError("`stop` is neither a string nor a list of strings")
    if stops:
        if len(stops) > MAX_STOPS:
            warnings.append(f"`stop` after the first {MAX_STOPS} is left out: Google takes no more")
        config["stopSequences"] = stops[:MAX_STOPS]
    if (thinking := thinking_config(asked, model, warnings)) is not None:
        config["thinkingConfig"] = thinking
    return config | _format(asked, model, family, warnings)


def write_tools(asked: JsonObject, family: Family, warnings: list[str]) -> JsonObject:
    """`tools` and `toolConfig`; nothing when there are no tools."""
    declared, strict = _declared(asked, warnings)
    if not declared:
        return {}
    choice = asked.get("tool_choice")
    if choice is None:
        choice = asked.get("function_call")
    calling = _calling(choice, strict=strict and family.validates_calls, warnings=warnings)
    if asked.get("parallel_tool_calls") is False:
        warnings.append("`parallel_tool_calls` is left out: Google leaves the number of calls to the model")
    written: JsonObject = {"tools": [{"functionDeclarations": declared}]}
    if calling:
        written["toolConfig"] = {"functionCallingConfig": calling}
    return written


_NOTHING: Mapping[str, int] = MappingProxyType({"n": 1, "top_logprobs": 0})


def _declared(asked: JsonObject, warnings: list[str]) -> tuple[list[JsonObject], bool]:
    """The declarations, and whether one of them insists on its schema."""
    declared: list[JsonObject] = []
    strict = False
    tools = asked.get("tools")
    older = asked.get("functions")
    functions = [{"type": "function", "function": function} for function in (older if isinstance(older, list) else ())]
    for tool in [*(tools if isinstance(tools, list) else ()), *functions]:
        match tool:
            case {"function": {"name": str(name)} as function}:
                declaration: JsonObject = {"name": name}
                if isinstance(description := function.get("description"), str) and description:
                    declaration["description"] = description
                if isinstance(schema := function.get("parameters"), dict) and schema not in _NO_PARAMETERS:
                    declaration["parametersJsonSchema"] = schema
                declared.append(declaration)
                strict = strict or function.get("strict") is True
                if tool.get("cache_control"):
                    warnings.append(NO_MARKS)
            case _:
                warnings.append("a tool is left out: only functions can be offered to Google")
    return declared, strict


def _calling(choice: object, *, strict: bool, warnings: list[str]) -> JsonObject:
    match choice:
        case None | "auto":
            return {"mode": "VALIDATED"} if strict else {}
        case "none":
            return {"mode": "NONE"}
        case "required" | "any":
            return {"mode": "ANY"}
        case {"function": {"name": str(name)}} | {"name": str(name)}:
            return {"mode": "ANY", "allowedFunctionNames": [name]}
        case {"type": "allowed_tools", "allowed_tools": {"tools": [*tools], **rest}}:
            names = [tool["function"]["name"] for tool in tools if _names_function(tool)]
            mode = "ANY" if rest.get("mode") == "required" else "VALIDATED"
            return {"mode": mode, "allowedFunctionNames": names}
        case _:
            warnings.append("`tool_choice` is left out: Google has no such choice")
            return {}


def _names_function(tool: object) -> bool:
    match tool:
        case {"function": {"name": str()}}:
            return True
        case _:
            return False


def _format(asked: JsonObject, model: str, family: Family, warnings: list[str]) -> JsonObject:
    wanted = asked.get("response_format")
    match wanted:
        case {"type": "json_object"}:
            written: JsonObject = {"responseMimeType": "application/json"}
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            written = {"responseMimeType": "application/json", "responseJsonSchema": schema}
        case None | {"type": "text"}:
            return {}
        case _:
            warnings.append("`response_format` is left out: Google has no such format")
            return {}
    if not family.json_beside_tools and (asked.get("tools") or asked.get("functions")):
        warnings.append(f"`response_format` is left out: {model} takes none beside tools")
        return {}
    return written
