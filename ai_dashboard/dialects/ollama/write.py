"""A canonical ask, written for Ollama's `/api/chat`; an ask of Ollama's own form, passed on.

An ask of another form is always sent as a stream, also for a caller who wants one whole reply: the gateway then sees
that the model is at work, and the whole is folded from the stream, so the two cannot disagree on usage or finish
reason.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ai_dashboard.core.chat import GATEWAY_FIELDS, Ask, Form, HttpRequest, JsonObject, Target
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.body import encode, with_numbers_as_written
from ai_dashboard.dialects.forms import Written
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.ollama.fields import OPTIONS, THINK
from ai_dashboard.dialects.ollama.window import wider, window_of
from ai_dashboard.dialects.ollama.write_messages import write_messages
from ai_dashboard.dialects.openai.passthrough import key_header, with_model
from ai_dashboard.dialects.openai.read import parse_object

NATIVE_FIELDS = ("keep_alive", "think", "format", "truncate", "shift", "logprobs", "top_logprobs")
"""Ollama's own top-level fields, some of them OpenAI's as well. Callers may send the others along (`extra_body` in the
OpenAI SDK), and what they say in Ollama's words goes before what they say in others."""

_WRITTEN = frozenset({
    "model", "messages", "stream", "stream_options", "tools", "options", "response_format", "reasoning_effort",
    "thinking", *OPTIONS, *NATIVE_FIELDS, *GATEWAY_FIELDS,
})  # fmt: skip
"""`stream_options` ask for usage, which Ollama always tells."""

_NOTHING: tuple[object, ...] = (None, False, "", [], {})
_SAME_WITHOUT: Mapping[str, tuple[object, ...]] = MappingProxyType({
    "n": (None, 1),
    "tool_choice": (None, "auto", "none"),
    "parallel_tool_calls": (None, True),
    "service_tier": (None, "auto", "default"),
    "modalities": (None, ["text"]),
})  # fmt: skip
"""Values with which a field says what holds without it."""

_REASONS: Mapping[str, str] = MappingProxyType({
    "n": "Ollama gives one answer",
    "tool_choice": "Ollama leaves the choice of a tool to the model",
    "parallel_tool_calls": "Ollama leaves the number of calls to the model",
})  # fmt: skip


def write_chat(ask: Ask, target: Target, kind: Kind) -> Written:
    """The request for `/api/chat`. Raises `CallerError` for what makes no sense without what Ollama cannot be told."""
    if ask.form == "ollama.chat":
        return Written(_request(ask, target, kind, "ollama.chat", _passed_on(ask, target)))
    asked = ask.body
    warnings: list[str] = []
    body: JsonObject = {
        "model": target.model,
        "messages": write_messages(asked["messages"], warnings),
        "stream": True,
        "options": _options(ask, target),
    }
    if (tools := asked.get("tools")) and asked.get("tool_choice") != "none":
        body["tools"] = tools
    if (wanted := _format(asked.get("response_format"), warnings)) is not None:
        body["format"] = wanted
    if (think := _think(asked, warnings)) is not None:
        body["think"] = think
    body |= {name: asked[name] for name in NATIVE_FIELDS if asked.get(name) is not None}
    warnings += _left_out(asked)
    return Written(_request(ask, target, kind, "ollama.chat", encode(body)), tuple(dict.fromkeys(warnings)))


def write_generate(ask: Ask, target: Target, kind: Kind) -> Written:
    """The request for `/api/generate`, which is asked only by those who came with it: others are written as a chat."""
    return Written(_request(ask, target, kind, "ollama.generate", _passed_on(ask, target)))


def headers_of(ask: Ask, target: Target, kind: Kind, accept: str) -> tuple[tuple[str, str], ...]:
    """The operator's headers, and ours where the operator says nothing else."""
    headers = {"content-type": "application/json", "accept": accept}
    if ask.form in kind.paths:
        headers |= dict(ask.headers)
    if target.api_key:
        headers |= [key_header(kind.auth, target.api_key)]
    own = {name for name, _ in target.headers}
    return (*((name, value) for name, value in headers.items() if name not in own), *target.headers)


def with_options(ask: Ask, target: Target, defaults: JsonObject) -> bytes:
    """An ask of Ollama's own form: the caller's bytes, with the provider's name for the model, without what speaks to
    the gateway, and with those of the model's own options on which the caller says nothing. Two callers with different
    options would otherwise make Ollama load the model anew for each of them."""
    renamed = ask.model != target.model
    spoken = any(name in ask.body for name in GATEWAY_FIELDS)
    if not (spoken or defaults):
        raw = with_model(ask.raw, target.model) if renamed else ask.raw
        if raw is not None:
            return raw
    given = with_numbers_as_written(parse_object(ask.raw), ask.raw)
    options = given.get("options") or {}
    missing = {name: value for name, value in defaults.items() if options.get(name) is None}
    if not (renamed or spoken or missing):
        return ask.raw
    body = {name: value for name, value in given.items() if name not in GATEWAY_FIELDS}
    if missing:
        body["options"] = options | missing
    return encode(body | {"model": target.model})


def _passed_on(ask: Ask, target: Target) -> bytes:
    return with_options(ask, target, {**target.options, **wider(window_of(ask, target), target)})


def _request(ask: Ask, target: Target, kind: Kind, form: Form, body: bytes) -> HttpRequest:
    streamed = ask.stream or ask.form != form
    headers = headers_of(ask, target, kind, "application/x-ndjson" if streamed else "application/json")
    return HttpRequest("POST", target.base_path + kind.paths[form], headers, body)


def _options(ask: Ask, target: Target) -> JsonObject:
    body = ask.body
    asked = {theirs: body[ours] for ours, theirs in OPTIONS.items() if body.get(ours) is not None}
    if isinstance(asked.get("stop"), str):
        asked["stop"] = [asked["stop"]]
    window = window_of(ask, target)
    guard = {} if window is None else {"num_ctx": window}
    own = body.get("options")
    said = {name: value for name, value in own.items() if value is not None} if isinstance(own, dict) else {}
    return {**target.options, **guard, **asked, **said}


def _think(body: JsonObject, warnings: list[str]) -> bool | str | None:
    """None where nothing is said: models that can think then do, and those that cannot refuse to be told to."""
    if (effort := body.get("reasoning_effort")) is not None:
        if not isinstance(effort, str) or effort not in THINK:
            raise CallerError(
                f"`reasoning_effort` is none of {', '.join(THINK)}, which is all that Ollama can be asked for"
            )
        return THINK[effort]
    match body.get("thinking"):
        case {"type": "enabled", **more}:
            if more.get("budget_tokens") is not None:
                warnings.append("`thinking.budget_tokens` is left out: Ollama can be told to think, but not how long")
            return True
        case {"type": "disabled"}:
            return False
        case _:
            return None


def _format(response_format: object, warnings: list[str]) -> object:
    match response_format:
        case {"type": "json_object"}:
            return "json"
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            return schema
        case None | {"type": "text"}:
            pass
        case _:
            warnings.append("`response_format` is left out: it is neither JSON nor a JSON schema")
    return None


def _left_out(body: JsonObject) -> list[str]:
    known = _WRITTEN if body.get("tools") else _WRITTEN | {"tool_choice", "parallel_tool_calls"}
    return [
        f"`{name[:64]}` is left out: {_REASONS.get(name, 'Ollama has no such field')}"
        for name, value in body.items()
        if name not in known and value not in _SAME_WITHOUT.get(name, _NOTHING)
    ]
