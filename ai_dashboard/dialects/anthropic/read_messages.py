"""Anthropic's turns, read into canonical messages.

What is one turn here the canonical form keeps apart: results of tools are messages of their own, behind the calls;
thinking and calls are fields of the assistant's message.
"""

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.anthropic.read_parts import blocks_in, content_of, name_of, parts_of, text_in
from ai_dashboard.dialects.body import encode


def messages_of(body: JsonObject, own: set[str]) -> list[JsonObject]:
    """All messages of an ask, system prompts first. Names of what only Anthropic can be told are added to `own`."""
    read = _system(body["system"], "system") if body.get("system") is not None else []
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise CallerError("`messages` is missing or not a list with at least one message")
    for number, message in enumerate(messages):
        where = f"messages[{number}]"
        if not isinstance(message, dict):
            raise CallerError(f"`{where}` is not an object")
        content = message.get("content")
        match message.get("role"):
            case "user":
                read += _user(content, f"{where}.content", own)
            case "assistant":
                read.append(_assistant(content, f"{where}.content", own))
            case "system":
                read += _system(content, f"{where}.content")
            case _:
                raise CallerError(f"`{where}.role` is none of user, assistant and system")
    return read


def _system(content: object, where: str) -> list[JsonObject]:
    """Each block is a prompt of its own."""
    prompts: list[JsonObject] = []
    for number, block in enumerate(blocks_in(content, where)):
        if block["type"] != "text":
            raise CallerError(f"`{where}[{number}].type` is not text, which is all that a system prompt may be")
        prompts += [{"role": "system", "content": content_of(parts_of(block, f"{where}[{number}]", set()))}]
    return prompts


def _user(content: object, where: str, own: set[str]) -> list[JsonObject]:
    if isinstance(content, str):
        return [{"role": "user", "content": content}]
    messages: list[JsonObject] = []
    parts: list[JsonObject] = []
    for number, block in enumerate(blocks_in(content, where)):
        if block["type"] == "tool_result":
            messages.append(_result(block, f"{where}[{number}]", own))
        else:
            parts += parts_of(block, f"{where}[{number}]", own)
    if parts or not messages:
        messages.append({"role": "user", "content": content_of(parts)})
    return messages


def _result(block: JsonObject, where: str, own: set[str]) -> JsonObject:
    parts: list[JsonObject] = []
    if (content := block.get("content")) is not None:
        for number, piece in enumerate(blocks_in(content, f"{where}.content")):
            parts += parts_of(piece, f"{where}.content[{number}]", own)
    message: JsonObject = {
        "role": "tool",
        "tool_call_id": text_in(block, "tool_use_id", where),
        "content": content_of(parts),
    }
    if block.get("is_error") is True:
        message["is_error"] = True
    return _marked(message, block)


def _assistant(content: object, where: str, own: set[str]) -> JsonObject:
    message: JsonObject = {"role": "assistant", "content": content}
    if isinstance(content, str):
        return message
    parts: list[JsonObject] = []
    thoughts: list[JsonObject] = []
    calls: list[JsonObject] = []
    for number, block in enumerate(blocks_in(content, where)):
        at = f"{where}[{number}]"
        match block["type"]:
            case "thinking":
                thought = text_in(block, "thinking", at)
                signature = text_in(block, "signature", at) if block.get("signature") is not None else ""
                thoughts.append({"type": "thinking", "thinking": thought, "signature": signature})
            case "redacted_thinking":
                thoughts.append({"type": "redacted_thinking", "data": text_in(block, "data", at)})
            case "tool_use":
                calls.append(_call(block, at))
                _marked(message, block)
            case _:
                parts += parts_of(block, at, own)
    message["content"] = content_of(parts) if parts or not calls else None
    if thoughts:
        message["thinking_blocks"] = thoughts
        if shown := "".join(thought.get("thinking", "") for thought in thoughts):
            message["reasoning_content"] = shown
    if calls:
        message["tool_calls"] = calls
    return message


def _call(block: JsonObject, where: str) -> JsonObject:
    arguments = block.get("input")
    if not isinstance(arguments, dict):
        raise CallerError(f"`{where}.input` is missing or not an object")
    function = {"name": text_in(block, "name", where), "arguments": encode(arguments).decode()}
    return {"id": text_in(block, "id", where), "type": "function", "function": function}


def _marked(message: JsonObject, block: JsonObject) -> JsonObject:
    if isinstance(mark := block.get("cache_control"), dict):
        message["cache_control"] = mark
    return message


def tools_of(tools: object, own: set[str]) -> list[JsonObject]:
    """The tools that any provider can be offered. Anthropic's own have a `type` and no schema."""
    if not isinstance(tools, list):
        raise CallerError("`tools` is not a list")
    read: list[JsonObject] = []
    for number, tool in enumerate(tools):
        where = f"tools[{number}]"
        if not isinstance(tool, dict):
            raise CallerError(f"`{where}` is not an object")
        if tool.get("type") not in (None, "custom"):
            own.add(f"tools.{name_of(tool.get('type'))}")
            continue
        schema = tool.get("input_schema")
        if not isinstance(schema, dict):
            raise CallerError(f"`{where}.input_schema` is missing or not an object")
        function: JsonObject = {"name": text_in(tool, "name", where)}
        if isinstance(description := tool.get("description"), str):
            function["description"] = description
        function["parameters"] = schema
        if isinstance(strict := tool.get("strict"), bool):
            function["strict"] = strict
        own |= {f"tools.{name_of(name)}" for name in tool.keys() - _TOOL_FIELDS if tool[name]}
        read.append(_marked({"type": "function", "function": function}, tool))
    return read


_TOOL_FIELDS = frozenset({"type", "name", "description", "input_schema", "strict", "cache_control"})
