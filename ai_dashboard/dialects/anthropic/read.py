"""A caller's ask of the Messages API, read into a canonical one."""

from types import NoneType
from typing import TypeVar

from ai_dashboard.core.chat import GATEWAY_FIELDS, Ask, JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.anthropic.read_messages import messages_of, tools_of
from ai_dashboard.dialects.anthropic.read_parts import name_of, text_in
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.openai.read import MAX_MODEL_CHARS, parse_object

T = TypeVar("T")

HEADERS = ("anthropic-version", "anthropic-beta")
"""What a provider is told of a caller's headers. Others choose accounts and workspaces, as the operator does."""

_WISHES = GATEWAY_FIELDS - {"capability", "strict"}

MAX_NAMES = 40
"""A caller is told of so many fields at most."""

_READ = frozenset({
    "model", "messages", "system", "max_tokens", "temperature", "top_p", "top_k", "stop_sequences", "stream", "tools",
    "tool_choice", "thinking", "output_config", "output_format", "metadata", "service_tier", *GATEWAY_FIELDS,
})  # fmt: skip
"""Fields that are read into something; every other one only Anthropic can be told."""

_THINKS = frozenset({"enabled", "adaptive", "disabled"})
_TIERS = {"auto": "auto", "standard_only": "default"}
_EFFORTS = frozenset({"low", "medium", "high", "xhigh", "max"})


def read(call: Call) -> Ask:
    """Read and check an ask. Raises `CallerError` that names the field, or line and column of broken JSON.

    `max_tokens` may be missing: only Anthropic insists on it, and says so itself.
    """
    body = parse_object(call.raw)
    model = body.get("model")
    if not isinstance(model, str) or not model.strip():
        raise CallerError("`model` is missing or not a string", hint="GET /v1/models lists what can be asked for")
    if len(model) > MAX_MODEL_CHARS:
        raise CallerError(f"`model` is longer than {MAX_MODEL_CHARS} characters, as no model's name is")
    stream = _typed(body, "stream", bool)
    strict = _typed(body, "strict", bool)
    own: set[str] = set()
    canonical: JsonObject = {"model": model, "messages": messages_of(body, own)}
    if stream:
        # Usage is part of every stream here, so a provider is always asked for it.
        canonical |= {"stream": True, "stream_options": {"include_usage": True}}
    canonical |= {name: body[name] for name in _WISHES if body.get(name) is not None}
    _read_limits(body, canonical)
    _read_tools(body, canonical, own)
    _read_output(body, canonical, own)
    _read_person(body, canonical, own)
    own |= {name_of(name) for name in body.keys() - _READ if body[name] is not None}
    return Ask(
        model=model,
        stream=bool(stream),
        body=canonical,
        raw=call.raw,
        include_usage=True,
        capability=_typed(body, "capability", str) or call.headers.get("x-capability"),
        form="anthropic.messages",
        headers=tuple((name, call.headers[name]) for name in HEADERS if name in call.headers),
        own_fields=tuple(sorted(own)[:MAX_NAMES]),
        strict=strict if strict is not None else call.headers.get("x-strict", "").lower() in ("1", "true"),
    )


def _read_limits(body: JsonObject, canonical: JsonObject) -> None:
    for name in ("max_tokens", "top_k"):
        if (count := _typed(body, name, int)) is not None:
            canonical[name] = count
    for name in ("temperature", "top_p"):
        number = body.get(name)
        if isinstance(number, bool) or not isinstance(number, (int, float, NoneType)):
            raise CallerError(f"`{name}` is not a number")
        if number is not None:
            canonical[name] = number
    stops = body.get("stop_sequences")
    if stops is not None and not (isinstance(stops, list) and all(isinstance(stop, str) for stop in stops)):
        raise CallerError("`stop_sequences` is not a list of strings")
    if stops:
        canonical["stop"] = stops


def _read_tools(body: JsonObject, canonical: JsonObject, own: set[str]) -> None:
    tools = tools_of(body["tools"], own) if body.get("tools") is not None else []
    choice = _typed(body, "tool_choice", dict)
    if not tools:
        return  # what remains of the choice has no meaning without tools, and others refuse it
    canonical["tools"] = tools
    if choice is None:
        return
    match choice.get("type"):
        case "auto" | "none" as kind:
            canonical["tool_choice"] = kind
        case "any":
            canonical["tool_choice"] = "required"
        case "tool":
            name = text_in(choice, "name", "tool_choice")
            if all(tool["function"]["name"] != name for tool in tools):
                own.add("tool_choice")
                return
            canonical["tool_choice"] = {"type": "function", "function": {"name": name}}
        case _:
            raise CallerError("`tool_choice.type` is none of auto, any, tool and none")
    if isinstance(alone := choice.get("disable_parallel_tool_use"), bool):
        canonical["parallel_tool_calls"] = not alone


def _read_output(body: JsonObject, canonical: JsonObject, own: set[str]) -> None:
    if (thinking := _typed(body, "thinking", dict)) is not None:
        canonical["thinking"] = _thinking(thinking, own)
    config = _typed(body, "output_config", dict) or {}
    own |= {f"output_config.{name_of(name)}" for name in config.keys() - {"effort", "format"} if config[name]}
    if (effort := config.get("effort")) is not None:
        if not isinstance(effort, str) or effort not in _EFFORTS:
            raise CallerError("`output_config.effort` is none of low, medium, high, xhigh and max")
        canonical["reasoning_effort"] = effort
    # The field's first name, which older clients still use.
    wanted = config.get("format") or body.get("output_format")
    match wanted:
        case None:
            pass
        case {"type": "json_schema", "schema": dict(schema)}:
            described = {"name": "response", "schema": schema, "strict": True}
            canonical["response_format"] = {"type": "json_schema", "json_schema": described}
        case _:
            raise CallerError("`output_config.format` is not an object with type json_schema and a `schema`")


def _thinking(thinking: JsonObject, own: set[str]) -> JsonObject:
    """Thinking as it was asked for; whether it is shown (`display`) is the encoder's business."""
    kind = thinking.get("type")
    if kind == "between_tools":
        own.add("thinking.between_tools")
        kind = "disabled"
    if not isinstance(kind, str) or kind not in _THINKS:
        raise CallerError("`thinking.type` is none of enabled, adaptive, disabled and between_tools")
    read: JsonObject = {"type": kind}
    if kind == "enabled":
        budget = thinking.get("budget_tokens")
        if not isinstance(budget, int) or isinstance(budget, bool) or budget < 1:
            raise CallerError("`thinking.budget_tokens` is missing or not a positive whole number")
        read["budget_tokens"] = budget
    if kind != "disabled" and thinking.get("display") in ("summarized", "omitted"):
        read["display"] = thinking["display"]
    return read


def _read_person(body: JsonObject, canonical: JsonObject, own: set[str]) -> None:
    metadata = _typed(body, "metadata", dict) or {}
    if isinstance(user := metadata.get("user_id"), str) and user:
        canonical["user"] = user
    own |= {f"metadata.{name_of(name)}" for name in metadata.keys() - {"user_id"}}
    if (tier := body.get("service_tier")) is not None:
        if not isinstance(tier, str) or tier not in _TIERS:
            own.add("service_tier")
        elif tier != "auto":  # which is what everybody does when nothing is said
            canonical["service_tier"] = _TIERS[tier]


_WORDS: dict[type, str] = {
    bool: "neither true nor false",
    str: "not a string",
    int: "not a whole number",
    dict: "not an object",
}


def _typed(body: JsonObject, name: str, kind: type[T]) -> T | None:
    """A field's value, None where it is absent or null."""
    value = body.get(name)
    if value is None or (isinstance(value, kind) and (kind is bool or not isinstance(value, bool))):
        return value
    raise CallerError(f"`{name}` is {_WORDS[kind]}")
