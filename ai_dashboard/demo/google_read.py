"""What a caller of Google's dialect asks for. Names come as `camelCase` or `snake_case`, as the service takes both."""

import re
from typing import Any

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.demo.behaviour import THINKING_TOKENS, Ask, Tool
from ai_dashboard.demo.server import Refusal, read_limit, text_of

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def read_generate_ask(body: JsonObject, model: str, *, stream: bool) -> Ask:
    """The ask of a `generateContent`. Raises `Refusal`."""
    contents = body.get("contents")
    if not isinstance(contents, list) or not contents or not all(isinstance(content, dict) for content in contents):
        raise _invalid("contents: must be a list with at least one content")
    config = _object(body, "generationConfig")
    calling = _object(_object(body, "toolConfig"), "functionCallingConfig")
    mode = calling.get("mode")
    tools = () if mode == "NONE" else _tools(body)
    if isinstance(allowed := get(calling, "allowedFunctionNames"), list) and allowed:
        tools = tuple(tool for tool in tools if tool.name in allowed)
    said = [text_in(content) for content in (_object(body, "systemInstruction"), *contents)]
    asked = [text_in(content) for content in contents if content.get("role", "user") == "user"]
    thinking = _object(config, "thinkingConfig")
    return Ask(
        model=model,
        prompt="\n".join(said),
        question=next((text for text in reversed(asked) if text), ""),
        stream=stream,
        max_tokens=read_limit(get(config, "maxOutputTokens")),
        tools=tools,
        must_call=mode == "ANY",
        tool_result=_result(contents[-1]),
        thinking=_thinking(thinking),
        shows_thinking=get(thinking, "includeThoughts") is True,
    )


def text_in(content: object) -> str:
    """All text of a content."""
    return text_of(content.get("parts")) if isinstance(content, dict) else ""


def get(holder: JsonObject, name: str) -> Any:  # noqa: ANN401 - whatever the caller's JSON has there
    """A field by its name, in either spelling."""
    return holder.get(name, holder.get(_HUMP.sub("_", name).lower()))


def _object(holder: JsonObject, name: str) -> JsonObject:
    value = get(holder, name)
    return value if isinstance(value, dict) else {}


def _tools(body: JsonObject) -> tuple[Tool, ...]:
    offered = body.get("tools") or []
    if not isinstance(offered, list) or not all(isinstance(tool, dict) for tool in offered):
        raise _invalid("tools: must be a list of tools")
    tools = []
    declared = [get(tool, "functionDeclarations") for tool in offered]
    for declaration in [one for some in declared if isinstance(some, list) for one in some]:
        if not isinstance(declaration, dict) or not isinstance(declaration.get("name"), str):
            raise _invalid("tools: each function declaration must have a name")
        schema = get(declaration, "parametersJsonSchema") or declaration.get("parameters")
        tools.append(Tool(declaration["name"], _lower_types(schema) if isinstance(schema, dict) else {}))
    return tuple(tools)


def _lower_types(schema: JsonObject) -> JsonObject:
    """A schema whose own and whose properties' types are spelled as in JSON Schema; Google writes `STRING`."""
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return schema
    lowered = {
        name: {**value, "type": str(value.get("type", "")).lower()} if isinstance(value, dict) else value
        for name, value in properties.items()
    }
    return {**schema, "properties": lowered}


def _thinking(config: JsonObject) -> int:
    """How much thinking is asked for: a level, or a budget, of which -1 leaves it to the model."""
    match get(config, "thinkingLevel"), get(config, "thinkingBudget"):
        case str(level), _:
            return THINKING_TOKENS.get(level.lower(), 0)
        case _, int(budget):
            return THINKING_TOKENS["medium"] if budget < 0 else min(budget, THINKING_TOKENS["high"])
        case _:
            return THINKING_TOKENS["medium"] if get(config, "includeThoughts") is True else 0


def _result(content: JsonObject) -> str | None:
    """What functions have answered, when that is the last content."""
    parts = content.get("parts")
    objects = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    answers = [answer for part in objects if isinstance(answer := get(part, "functionResponse"), dict)]
    return "\n".join(_as_text(answer.get("response")) for answer in answers) if answers else None


def _as_text(answer: object) -> str:
    try:
        return orjson.dumps(answer).decode()
    except orjson.JSONEncodeError:
        return ""  # nested too deeply to be worth a word


def _invalid(message: str) -> Refusal:
    return Refusal(400, "invalid_request", message)
