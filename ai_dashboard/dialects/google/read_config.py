"""How to answer, as Google's callers say it, read into canonical fields: `generationConfig`, tools and their choice."""

from collections.abc import Mapping
from types import MappingProxyType

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.google.fields import (
    count_at,
    name_of,
    number_at,
    object_at,
    objects_at,
    text_at,
    typed,
)  # fmt: skip
from ai_dashboard.dialects.google.schema import json_schema

CONFIG = "generationConfig"

NUMBERS: Mapping[str, str] = MappingProxyType({
    "temperature": "temperature",
    "topP": "top_p",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
})  # fmt: skip
COUNTS: Mapping[str, str] = MappingProxyType({
    "topK": "top_k",
    "maxOutputTokens": "max_tokens",
    "candidateCount": "n",
    "seed": "seed",
    "logprobs": "top_logprobs",
})  # fmt: skip
"""Fields of `generationConfig` and what the canonical form calls them."""

LEVELS = frozenset({"minimal", "low", "medium", "high", "xhigh"})

_READ = frozenset({
    *NUMBERS, *COUNTS, "stopSequences", "responseLogprobs", "responseMimeType", "responseSchema", "responseJsonSchema",
    "thinkingConfig", "responseModalities",
})  # fmt: skip
_DECLARED = frozenset({"name", "description", "parameters", "parametersJsonSchema"})


def read_config(given: JsonObject, own: set[str]) -> JsonObject:
    """The canonical fields that `generationConfig` is."""
    if given.get(CONFIG) is None:
        return {}
    config = object_at(given[CONFIG], CONFIG)
    body: JsonObject = {}
    for name, called in NUMBERS.items():
        if (number := number_at(config, name, CONFIG)) is not None:
            body[called] = number
    for name, called in COUNTS.items():
        if (count := count_at(config, name, CONFIG)) is not None:
            body[called] = count
    if typed(config, "responseLogprobs", bool, CONFIG):
        body["logprobs"] = True
    if stops := typed(config, "stopSequences", list, CONFIG):
        if not all(isinstance(stop, str) for stop in stops):
            raise CallerError(f"`{CONFIG}.stopSequences` is not a list of strings")
        body["stop"] = stops
    if (modalities := typed(config, "responseModalities", list, CONFIG)) and modalities not in (["TEXT"], ["text"]):
        own.add(f"{CONFIG}.responseModalities")
    own |= {f"{CONFIG}.{name_of(name)}" for name in config.keys() - _READ if config[name] is not None}
    return body | _format(config, own) | _thinking(config, own)


def read_tools(given: JsonObject, own: set[str]) -> JsonObject:
    """The tools that any provider can be offered, and the choice between them. Google's own ones are not declared."""
    tools: list[JsonObject] = []
    for number, tool in enumerate(objects_at(given.get("tools"), "tools")):
        own |= {f"tools.{name_of(name)}" for name in tool.keys() - {"functionDeclarations"} if tool[name] is not None}
        where = f"tools[{number}].functionDeclarations"
        for place, declared in enumerate(objects_at(tool.get("functionDeclarations"), where)):
            tools.append(_tool(declared, f"{where}[{place}]", own))
    settings = object_at(given["toolConfig"], "toolConfig") if given.get("toolConfig") is not None else {}
    own |= {f"toolConfig.{name_of(name)}" for name in settings.keys() - {"functionCallingConfig"} if settings[name]}
    if not tools:
        return {}
    where = "toolConfig.functionCallingConfig"
    calling = settings.get("functionCallingConfig")
    return {"tools": tools} | (_choice(object_at(calling, where), where, tools, own) if calling is not None else {})


def _tool(declared: JsonObject, where: str, own: set[str]) -> JsonObject:
    function: JsonObject = {"name": text_at(declared, "name", where)}
    if isinstance(description := declared.get("description"), str):
        function["description"] = description
    if (schema := typed(declared, "parametersJsonSchema", dict, where)) is not None:
        function["parameters"] = schema
    elif (schema := typed(declared, "parameters", dict, where)) is not None:
        function["parameters"] = json_schema(schema, f"{where}.parameters")
    else:
        function["parameters"] = {"type": "object", "properties": {}}
    own |= {f"functionDeclarations.{name_of(name)}" for name in declared.keys() - _DECLARED if declared[name]}
    return {"type": "function", "function": function}


def _choice(calling: JsonObject, where: str, tools: list[JsonObject], own: set[str]) -> JsonObject:
    """The choice between the tools. Where only some may be called, the others are not offered: that everybody knows."""
    own |= {f"{where}.{name_of(name)}" for name in calling.keys() - {"mode", "allowedFunctionNames"} if calling[name]}
    names = typed(calling, "allowedFunctionNames", list, where) or []
    allowed = [tool for tool in tools if tool["function"]["name"] in names] if names else tools
    mode = calling.get("mode")
    if mode in ("ANY", "VALIDATED") and not allowed:
        raise CallerError(f"`{where}.allowedFunctionNames` names no function that is declared")
    match mode.upper() if isinstance(mode, str) else mode:
        case None | "AUTO" | "MODE_UNSPECIFIED":
            return {}
        case "NONE":
            return {"tool_choice": "none"}
        case "ANY" if names and len(allowed) == 1:
            return {"tool_choice": {"type": "function", "function": {"name": allowed[0]["function"]["name"]}}}
        case "ANY":
            return {"tools": allowed, "tool_choice": "required"}
        case "VALIDATED":  # arguments always fit their schema, which elsewhere each tool says of itself
            strict = [tool | {"function": tool["function"] | {"strict": True}} for tool in allowed]
            return {"tools": strict}
        case _:
            raise CallerError(f"`{where}.mode` is none of AUTO, ANY, NONE and VALIDATED")


def _format(config: JsonObject, own: set[str]) -> JsonObject:
    kind = typed(config, "responseMimeType", str, CONFIG) or "text/plain"
    schema = typed(config, "responseJsonSchema", dict, CONFIG)
    if schema is None and (given := typed(config, "responseSchema", dict, CONFIG)) is not None:
        schema = json_schema(given, f"{CONFIG}.responseSchema")
    match kind:
        case "text/plain":
            return {}
        case "application/json" if schema is not None:
            described = {"name": "response", "schema": schema}
            return {"response_format": {"type": "json_schema", "json_schema": described}}
        case "application/json":
            return {"response_format": {"type": "json_object"}}
        case _:
            own.add(f"{CONFIG}.responseMimeType")
            return {}


def _thinking(config: JsonObject, own: set[str]) -> JsonObject:
    """How much to think. `display` says whether the caller is shown any of it, which by itself it is not."""
    if config.get("thinkingConfig") is None:
        return {}
    where = f"{CONFIG}.thinkingConfig"
    said = object_at(config["thinkingConfig"], where)
    shown = typed(said, "includeThoughts", bool, where) is True
    budget = count_at(said, "thinkingBudget", where)
    level = typed(said, "thinkingLevel", str, where)
    own |= {f"{where}.{name_of(name)}" for name in said.keys() - _THINKING_FIELDS if said[name] is not None}
    display = {"display": "summarized" if shown else "omitted"}
    body: JsonObject = {}
    if level is not None and level.upper() != "THINKING_LEVEL_UNSPECIFIED":
        if level.lower() not in LEVELS:
            raise CallerError(f"`{where}.thinkingLevel` is none of {', '.join(sorted(LEVELS))}")
        body["reasoning_effort"] = level.lower()
    if budget == 0:
        body["thinking"] = {"type": "disabled"}
    elif budget is not None and budget > 0:
        body["thinking"] = {"type": "enabled", "budget_tokens": budget, **display}
    elif shown or budget is not None or body:
        body["thinking"] = {"type": "adaptive", **display}
    return body


_THINKING_FIELDS = frozenset({"includeThoughts", "thinkingBudget", "thinkingLevel"})
