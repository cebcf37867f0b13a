"""An ask, written for a provider that speaks Messages (https://platform.claude.com/docs/en/api/messages)."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from ai_dashboard.core.chat import GATEWAY_FIELDS, Ask, HttpRequest, JsonObject, Target
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.anthropic.families import family_of
from ai_dashboard.dialects.anthropic.read_parts import name_of
from ai_dashboard.dialects.anthropic.schema import closed
from ai_dashboard.dialects.anthropic.settings import Settings
from ai_dashboard.dialects.anthropic.write_messages import write_messages
from ai_dashboard.dialects.body import encode, with_numbers_as_written
from ai_dashboard.dialects.forms import Written
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.openai.read import parse_object

VERSION = "2023-06-01"
"""What is said of an ask that names no version: the first one, which every server knows and which refuses least."""

MAX_WARNINGS = 40

_WRITTEN = frozenset({
    "model", "messages", "stream", "max_tokens", "max_completion_tokens", "thinking", "reasoning_effort", "temperature",
    "top_p", "top_k", "stop", "tools", "tool_choice", "parallel_tool_calls", "response_format", "user",
    "safety_identifier", "service_tier", "cache_control",
})  # fmt: skip
"""Fields that have their counterpart."""

_UNSAID = frozenset({*GATEWAY_FIELDS, "stream_options"})
"""Fields that speak to the gateway, or ask for what Anthropic does anyway: every stream has its usage."""

_NOTHING: Mapping[str, object] = MappingProxyType({
    "n": 1,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "repeat_penalty": 1,
    "min_p": 0,
    "logprobs": False,
    "store": False,
    "logit_bias": {},
    "metadata": {},
    "options": {},
    "modalities": ["text"],
    "verbosity": "medium",
})  # fmt: skip
"""Values by which a field asks for nothing, as null does."""

_QUOTED = tuple(b'"%s"' % name.encode() for name in GATEWAY_FIELDS)
_UNSIGNED = re.compile(rb'"signature"\s*:\s*""')


def write(ask: Ask, target: Target, kind: Kind) -> Written:
    """The request as Anthropic wants it, the caller's own bytes where the caller speaks Messages as well."""
    headers = headers_for(ask, target, kind)
    path = target.base_path + kind.paths["anthropic.messages"]
    if ask.form == "anthropic.messages":
        return Written(HttpRequest("POST", path, headers, passed_on(ask, target)))
    warnings: list[str] = []
    body = _body(ask, target, dict(headers)["anthropic-version"], warnings)
    return Written(HttpRequest("POST", path, headers, encode(body)), tuple(dict.fromkeys(warnings))[:MAX_WARNINGS])


def headers_for(ask: Ask, target: Target, kind: Kind) -> tuple[tuple[str, str], ...]:
    """All headers; a caller's own go to a provider that speaks as it does, and the operator's win."""
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream" if ask.stream else "application/json",
        "anthropic-version": VERSION,
    }
    if ask.form == "anthropic.messages":
        headers |= dict(ask.headers)
    if target.api_key:
        bearer = kind.auth == "bearer"
        headers["authorization" if bearer else kind.auth] = f"Bearer {target.api_key}" if bearer else target.api_key
    return tuple((headers | {name.lower(): value for name, value in target.headers}).items())


def passed_on(ask: Ask, target: Target) -> bytes:
    """A caller's own bytes, changed only where they must be: the model's name, what speaks to the gateway, and thinking
    without a signature. It came from another provider in an earlier turn, and Anthropic refuses it."""
    raw = ask.raw
    suspects = _UNSIGNED.search(raw) is not None or any(name in raw for name in _QUOTED)
    if ask.model == target.model and not suspects:
        return raw
    body = parse_object(raw)
    unsigned = any(_is_unsigned(block) for message in body["messages"] for block in _thoughts(message))
    if ask.model == target.model and not unsigned and not any(name in body for name in GATEWAY_FIELDS):
        return raw
    body = with_numbers_as_written(body, raw) | {"model": target.model}
    if unsigned:
        body["messages"] = [kept for message in body["messages"] if (kept := _signed(message)) is not None]
    return encode({name: value for name, value in body.items() if name not in GATEWAY_FIELDS})


def _thoughts(message: JsonObject) -> list[JsonObject]:
    """The blocks among which thinking may be."""
    content = message["content"]
    return content if message["role"] == "assistant" and isinstance(content, list) else []


def _is_unsigned(block: JsonObject) -> bool:
    return block["type"] == "thinking" and not block.get("signature")


def _signed(message: JsonObject) -> JsonObject | None:
    """A message without its unsigned thinking; None when it is nothing else."""
    if not any(map(_is_unsigned, _thoughts(message))):
        return message
    kept = [block for block in message["content"] if not _is_unsigned(block)]
    return message | {"content": kept} if kept else None


def _body(ask: Ask, target: Target, version: str, warnings: list[str]) -> JsonObject:
    asked = ask.body
    said = write_messages(asked["messages"], warnings)
    body: JsonObject = {"model": target.model, "messages": said.turns}
    if said.system:
        body["system"] = said.system
    if ask.stream:
        body["stream"] = True
    if tools := _tools(asked.get("tools"), target.model, warnings):
        body["tools"] = tools
    settings = Settings(
        asked,
        target,
        version,
        warnings,
        choice=_choice(asked, warnings) if tools else None,
        calls_without_thinking=said.calls_without_thinking,
    )
    body |= settings.write()
    if stops := _stops(asked.get("stop"), warnings):
        body["stop_sequences"] = stops
    if (wanted := _format(asked.get("response_format"), target.model, warnings)) is not None:
        body["output_config"] = {**body.get("output_config", {}), "format": wanted}
    body |= _person(asked, warnings)
    if isinstance(mark := asked.get("cache_control"), dict):
        body["cache_control"] = mark
    for_nobody = sorted(asked.keys() - _WRITTEN - _UNSAID)
    lost = [name for name in for_nobody if asked[name] not in (None, _NOTHING.get(name))]
    warnings += [f"`{name_of(name)}` is left out: Anthropic has no such field" for name in lost]
    return body


def _tools(tools: object, model: str, warnings: list[str]) -> list[JsonObject]:
    if tools is None:
        return []
    if not isinstance(tools, list):
        raise CallerError("`tools` is not a list")
    written = [_tool(tool, f"tools[{number}]", model, warnings) for number, tool in enumerate(tools)]
    return [tool for tool in written if tool is not None]


def _tool(tool: object, where: str, model: str, warnings: list[str]) -> JsonObject | None:
    match tool:
        case {"type": "function", "function": {"name": str(name), **function}, **rest}:
            pass
        case {"type": str(other)} if other != "function":
            warnings.append(f"`{where}` of type {name_of(other)} is left out: only functions can be passed on")
            return None
        case _:
            raise CallerError(f"`{where}` has no function with a name")
    parameters = function.get("parameters")
    if not isinstance(parameters, dict | None):
        raise CallerError(f"`{where}.function.parameters` is not an object")
    written: JsonObject = {"name": name, "input_schema": {"type": "object"} | (parameters or {})}
    if isinstance(description := function.get("description"), str) and description:
        written["description"] = description
    if function.get("strict") is True:
        if family_of(model).structured:
            written |= {"strict": True, "input_schema": _closed(written["input_schema"], warnings)}
        else:
            warnings.append("`strict` of a tool is left out: this model cannot be held to a schema")
    if isinstance(mark := rest.get("cache_control"), dict):
        written["cache_control"] = mark
    return written


def _choice(asked: JsonObject, warnings: list[str]) -> JsonObject | None:
    match asked.get("tool_choice"):
        case None:
            choice: JsonObject | None = None
        case "auto" | "none" as kind:
            choice = {"type": kind}
        case "required":
            choice = {"type": "any"}
        case {"type": "function", "function": {"name": str(name)}}:
            choice = {"type": "tool", "name": name}
        case {"type": str(other)}:
            warnings.append(f"`tool_choice` {name_of(other)} is left out: Anthropic has no such choice")
            choice = None
        case _:
            raise CallerError("`tool_choice` is none of auto, none, required and a function's name")
    if asked.get("parallel_tool_calls") is False and (choice is None or choice["type"] != "none"):
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
    return choice


def _stops(stop: object, warnings: list[str]) -> list[str]:
    stops = [stop] if isinstance(stop, str) else stop or []
    if not isinstance(stops, list) or not all(isinstance(sequence, str) for sequence in stops):
        raise CallerError("`stop` is neither a string nor a list of strings")
    visible = [sequence for sequence in stops if sequence.strip()]
    if len(visible) < len(stops):
        warnings.append("a `stop` of nothing but blanks is left out: Anthropic takes none")
    return visible


def _format(wanted: object, model: str, warnings: list[str]) -> JsonObject | None:
    match wanted:
        case None | {"type": "text"}:
            return None
        case {"type": "json_object"}:
            warnings.append(
                "`response_format` json_object is left out: Anthropic gives JSON for certain by schema only"
            )
            return None
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            if family_of(model).structured:
                return {"type": "json_schema", "schema": _closed(schema, warnings)}
            warnings.append("`response_format` is left out: this model cannot be held to a schema")
            return None
        case _:
            raise CallerError("`response_format` is none of text, json_object and a json_schema with a `schema`")


def _closed(schema: JsonObject, warnings: list[str]) -> JsonObject:
    lost: set[str] = set()
    written = closed(schema, lost)
    names = ", ".join(sorted({name_of(name) for name in lost}))
    if names:
        warnings.append(f"{names} of a JSON schema is told, but not enforced: Anthropic cannot")
    return written


def _person(asked: JsonObject, warnings: list[str]) -> JsonObject:
    """Whom an ask is for, and how it is to be served."""
    written: JsonObject = {}
    person = asked.get("safety_identifier") or asked.get("user")
    if isinstance(person, str) and person:
        written["metadata"] = {"user_id": person}
    match asked.get("service_tier"):
        case None | "auto":
            pass
        case "default":
            written["service_tier"] = "standard_only"
        case _:
            warnings.append("`service_tier` is left out: Anthropic's tiers are others")
    return written
