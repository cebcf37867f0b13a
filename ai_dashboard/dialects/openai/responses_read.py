"""An ask of the Responses API, read into a canonical one that remembers what its reply will repeat."""

from collections.abc import Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import TypeVar

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.openai.read import model_of, parse_object, passed_headers, stream_of, wishes
from ai_dashboard.dialects.openai.responses_items import items_of, messages_of
from ai_dashboard.dialects.openai.responses_parts import choose, format_of, tools_of

_T = TypeVar("_T")

SAME = frozenset({
    "temperature", "top_p", "parallel_tool_calls", "top_logprobs", "user", "safety_identifier", "service_tier",
    "prompt_cache_key", "prompt_cache_retention",
    # Not OpenAI's own here: callers send them along (`extra_body` in the OpenAI SDK) for providers that know them.
    "stop", "seed", "frequency_penalty", "presence_penalty", "top_k", "min_p", "repeat_penalty", "thinking",
    "keep_alive", "options", "cache",
})  # fmt: skip
"""Fields that are called and mean the same in the canonical form."""

READ = frozenset({
    "model", "input", "instructions", "stream", "tools", "tool_choice", "text", "reasoning", "max_output_tokens",
    "include", "capability", "strict", "previous_response_id",
})  # fmt: skip
"""Fields that are read into something else."""

ANSWERED = frozenset({"metadata", "store", "stream_options"})
"""Fields that no provider has to be told: replies repeat the metadata, and replies are stored here."""

INCLUDED = frozenset({"reasoning.encrypted_content", "message.output_text.logprobs"})
"""What of `include` other providers' replies can have as well."""

MAX_NAMES = 40
"""A caller is told of so many fields at most."""

KEPT_BY_OPENAI = frozenset({"previous_response_id", "conversation", "prompt"})
"""Fields that stand for text which only the service that keeps it can read."""


@dataclass(slots=True, unsafe_hash=True)
class ResponsesAsk(Ask):
    """An ask together with its body as it came. `past` are the items of the conversation so far, when they are known
    here; `kept_by` is the provider that keeps them as well."""

    asked: JsonObject = field(default_factory=dict)
    past: tuple[JsonObject, ...] = ()
    kept_by: str = ""

    @property
    def items(self) -> list[JsonObject]:
        """The whole conversation up to the reply."""
        return [*self.past, *items_of(self.asked.get("input"))]

    @property
    def previous(self) -> str | None:
        """The reply that this ask goes on from."""
        return self.asked.get("previous_response_id") or None

    @property
    def stored(self) -> bool:
        """Whether the caller may go on from the reply later."""
        return self.asked.get("store") is not False


def read(call: Call) -> ResponsesAsk:
    """Read and check an ask. Raises `CallerError` that names the field, or line and column of broken JSON."""
    body = parse_object(call.raw)
    model = model_of(body)
    capability, strict = wishes(body, call.headers)
    _typed(body, "store", bool)
    _typed(body, "previous_response_id", str)
    _check_metadata(body.get("metadata"))
    if not any(body.get(name) for name in ("input", *KEPT_BY_OPENAI)):
        raise CallerError("`input` is missing or empty")
    own: set[str] = set()
    canonical = _canonical(body, items_of(body.get("input")), own)
    return ResponsesAsk(
        model=model,
        stream=stream_of(body),
        body=canonical,
        raw=call.raw,
        include_usage=True,
        capability=capability,
        form="openai.responses",
        headers=passed_headers(call.headers),
        own_fields=_names(own),
        strict=strict,
        asked=body,
    )


def going_on(ask: ResponsesAsk, past: list[JsonObject], kept_by: str) -> ResponsesAsk:
    """The same ask, with the conversation that it goes on from before its own input."""
    own: set[str] = set()
    canonical = _canonical(ask.asked, [*past, *items_of(ask.asked.get("input"))], own)
    own.discard("previous_response_id")
    return replace(ask, body=canonical, own_fields=_names(own), past=tuple(past), kept_by=kept_by)


def _canonical(body: JsonObject, items: list[JsonObject], own: set[str]) -> JsonObject:
    """The body as a chat ask; names of what only OpenAI can be told are added to `own`."""
    instructions = _typed(body, "instructions", str)
    messages = messages_of(items, own)
    if instructions:
        messages.insert(0, {"role": "system", "content": instructions})
    canonical: JsonObject = {"model": body["model"], "messages": messages}
    if body.get("stream"):
        canonical["stream"] = True
    if (tools := body.get("tools")) is not None and (functions := tools_of(tools, own)):
        canonical["tools"] = functions
    choose(body.get("tool_choice"), canonical, own)
    if (limit := _typed(body, "max_output_tokens", int)) is not None:
        canonical["max_tokens"] = limit
    _read_text(body, canonical, own)
    _read_reasoning(body, canonical, own)
    canonical |= {name: body[name] for name in SAME & body.keys() if body[name] is not None}
    _read_include(body, canonical, own)
    if body.get("truncation") not in (None, "disabled"):
        own.add("truncation")
    own |= KEPT_BY_OPENAI & {name for name in body if body[name]}
    known = SAME | READ | ANSWERED | {"truncation"}
    own |= {name[:64] for name in body.keys() - known if body[name] not in (None, False)}
    return canonical


def _read_text(body: JsonObject, canonical: JsonObject, own: set[str]) -> None:
    text = _typed(body, "text", dict) or {}
    if (wanted := format_of(text.get("format"))) is not None:
        canonical["response_format"] = wanted
    if (verbosity := text.get("verbosity")) is not None:
        canonical["verbosity"] = verbosity
    own |= {f"text.{name[:64]}" for name in text.keys() - {"format", "verbosity"}}


def _read_reasoning(body: JsonObject, canonical: JsonObject, own: set[str]) -> None:
    reasoning = _typed(body, "reasoning", dict) or {}
    if (effort := reasoning.get("effort")) is not None:
        if not isinstance(effort, str):
            raise CallerError("`reasoning.effort` is not a string")
        canonical["reasoning_effort"] = effort
    # A summary is what callers get of any thinking that a provider shows, so asking for one loses nothing.
    asked = {name for name, value in reasoning.items() if value is not None}
    own |= {f"reasoning.{name[:64]}" for name in asked - {"effort", "summary", "generate_summary"}}


def _read_include(body: JsonObject, canonical: JsonObject, own: set[str]) -> None:
    include = body.get("include")
    if include is not None and not (isinstance(include, list) and all(isinstance(name, str) for name in include)):
        raise CallerError("`include` is not a list of strings")
    wanted = set(include or ())
    if "message.output_text.logprobs" in wanted or canonical.get("top_logprobs"):
        canonical["logprobs"] = True
    if wanted - INCLUDED:
        own.add("include")


def _names(own: set[str]) -> tuple[str, ...]:
    return tuple(sorted(own)[:MAX_NAMES])


def _check_metadata(metadata: object) -> None:
    if metadata is not None and not (
        isinstance(metadata, dict) and all(isinstance(value, str) for value in metadata.values())
    ):
        raise CallerError("`metadata` is not an object whose values are strings")


def _typed(body: JsonObject, name: str, kind: type[_T]) -> _T | None:
    """A field's value, None where it is absent."""
    value = body.get(name)
    if value is None or (isinstance(value, kind) and not (kind is int and isinstance(value, bool))):
        return value
    raise CallerError(f"`{name}` is {_WRONG[kind]}")


_WRONG: Mapping[type, str] = MappingProxyType(
    {
        bool: "neither true nor false",
        str: "not a string",
        int: "not a whole number",
        dict: "not an object",
    }
)
