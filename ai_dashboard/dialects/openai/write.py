"""An `Ask`, written for a provider that speaks OpenAI's chat completions. An ask that came in this very form goes out
as it came wherever it can; any other is written from its canonical body, and every field of it is accounted for."""

from dataclasses import replace
from types import MappingProxyType

from ai_dashboard.core.chat import GATEWAY_FIELDS, Ask, JsonObject, Target
from ai_dashboard.dialects.body import encode, with_numbers_as_written
from ai_dashboard.dialects.forms import Written
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.openai.fields import (
    CHAT_FIELDS,
    OLLAMA_ONLY,
    REPEAT_PENALTY,
    REPETITION_PENALTY,
    SAMPLING,
)  # fmt: skip
from ai_dashboard.dialects.openai.messages import without_beyond, without_mark, written_messages
from ai_dashboard.dialects.openai.passthrough import pass_on, request_of
from ai_dashboard.dialects.openai.reasoning import effort_of, fit

MAX_STOPS = 4
"""So many stop sequences OpenAI takes."""

SCHEMA_NAME = "answer"

BUILT_HERE = frozenset({"model", "messages", "stream", "stream_options", "thinking"})

LOCAL_EFFORTS = MappingProxyType({"minimal": "low", "low": "low", "medium": "medium"})
"""Engines know three efforts, of which the last is `high`."""

_ADDED_BY_US = (b'"reasoning_content"', b'"thinking_blocks"', b'"extra_content"')


def write(ask: Ask, target: Target, kind: Kind) -> Written:
    """The request as the provider wants it."""
    if ask.form != "openai.chat":
        return _translated(ask, target, kind)
    if kind.strict_fields and any(name in ask.raw for name in _ADDED_BY_US):
        return _without_ours(ask, target, kind)
    return pass_on(ask, target, kind)


def _without_ours(ask: Ask, target: Target, kind: Kind) -> Written:
    """Our replies may hold thinking and signatures, which callers send back as a part of the conversation so far. When
    OpenAI answers the next turn, it would refuse them."""
    bare = ask.body | {"messages": without_beyond(ask.body["messages"])}
    written = with_numbers_as_written(ask.body, ask.raw)
    raw = encode(written | {"messages": without_beyond(written["messages"])})
    return pass_on(replace(ask, body=bare, raw=raw), target, kind)


def _translated(ask: Ask, target: Target, kind: Kind) -> Written:
    warnings: list[str] = []
    body: JsonObject = {"model": target.model, "messages": written_messages(ask.body["messages"], kind, warnings)}
    if ask.stream:
        body["stream"] = True
        if kind.stream_usage:
            body["stream_options"] = {"include_usage": True}
    for name, value in ask.body.items():
        if name not in BUILT_HERE and name not in GATEWAY_FIELDS and value not in (None, [], {}):
            _write_field(name, value, body, kind, warnings)
    _think(ask.body, body, kind)
    _tidy_tools(body, kind, warnings)
    _name_schema(body)
    if kind.strict_fields:
        warnings += _fit_openai(body, target.model)
    request = request_of(ask, target, kind, "openai.chat", encode(body))
    return Written(request, tuple(dict.fromkeys(warnings)))


def _write_field(name: str, value: object, body: JsonObject, kind: Kind, warnings: list[str]) -> None:
    if name in CHAT_FIELDS:
        body[name] = value
    elif name in OLLAMA_ONLY:
        said = f" ({', '.join(map(str, value))})" if isinstance(value, dict) else ""
        warnings.append(f"`{name}`{said} is left out: only Ollama has such a field")
    elif kind.strict_fields:
        warnings.append(f"`{name}` is left out: OpenAI has no such field")
    elif name in SAMPLING:
        body[REPEAT_PENALTY.get(kind.name, REPETITION_PENALTY) if name == "repeat_penalty" else name] = value
    else:
        body[name] = value


def _think(asked: JsonObject, body: JsonObject, kind: Kind) -> None:
    """How much to think. Local engines also have a switch in their templates; a template without it ignores it."""
    effort = body.get("reasoning_effort")
    if effort is None and (effort := effort_of(asked.get("thinking"))) == "none" and not kind.strict_fields:
        # Not to think is what most services do by themselves, and many refuse the word for it.
        effort = "none" if kind.local_engine else None
    if kind.local_engine and (effort is not None or asked.get("thinking")):
        template = body.get("chat_template_kwargs")
        body["chat_template_kwargs"] = {
            "enable_thinking": effort != "none",
            **(template if isinstance(template, dict) else {}),
        }
        effort = None if effort in (None, "none") else LOCAL_EFFORTS.get(str(effort), "high")
    if effort is not None:
        body["reasoning_effort"] = effort
    else:
        body.pop("reasoning_effort", None)


def _tidy_tools(body: JsonObject, kind: Kind, warnings: list[str]) -> None:
    """What is said of tools is refused where there are none, and marks on them where nobody knows marks."""
    tools = body.get("tools")
    if not tools:
        body.pop("tool_choice", None)
        body.pop("parallel_tool_calls", None)
    elif kind.strict_fields and isinstance(tools, list):
        body["tools"] = [without_mark(tool, warnings) if isinstance(tool, dict) else tool for tool in tools]


def _name_schema(body: JsonObject) -> None:
    """A schema needs a name here, and other dialects have none."""
    match body.get("response_format"):
        case {"type": "json_schema", "json_schema": {**schema}} if not schema.get("name"):
            body["response_format"] = {"type": "json_schema", "json_schema": {**schema, "name": SCHEMA_NAME}}
        case _:
            pass


def _fit_openai(body: JsonObject, model: str) -> list[str]:
    """What OpenAI's own service insists on."""
    if "max_tokens" in body:
        # The older name is refused by the models that think, the newer one is understood by all.
        body.setdefault("max_completion_tokens", body["max_tokens"])
        del body["max_tokens"]
    warnings = fit(body, model)
    stop = body.get("stop")
    if isinstance(stop, list) and len(stop) > MAX_STOPS:
        body["stop"] = stop[:MAX_STOPS]
        warnings.append(f"`stop` after the first {MAX_STOPS} is left out: OpenAI takes no more")
    return warnings
