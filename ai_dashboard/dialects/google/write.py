"""An ask, written for a provider that speaks generateContent. One that came in this very form goes out as it came; any
other is written from its canonical body, and every field of it is accounted for."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from ai_dashboard.core.chat import GATEWAY_FIELDS, Ask, JsonObject, Target
from ai_dashboard.dialects.body import encode, with_numbers_as_written
from ai_dashboard.dialects.forms import Written
from ai_dashboard.dialects.google import signatures
from ai_dashboard.dialects.google.families import family_of
from ai_dashboard.dialects.google.fields import camel, objects_at
from ai_dashboard.dialects.google.request import bare, request_of
from ai_dashboard.dialects.google.write_config import write_config, write_tools
from ai_dashboard.dialects.google.write_contents import write_contents
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.openai.read import parse_object

MAX_WARNINGS = 40

TIERS: Mapping[str, str] = MappingProxyType({"flex": "flex", "priority": "priority"})

_WRITTEN = frozenset({
    "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature", "top_p",
    "top_k", "presence_penalty", "frequency_penalty", "seed", "stop", "n", "logprobs", "top_logprobs", "thinking",
    "reasoning_effort", "response_format", "tools", "tool_choice", "parallel_tool_calls", "functions", "function_call",
    "service_tier", *GATEWAY_FIELDS,
})  # fmt: skip
"""Fields that have their counterpart. `stream_options` ask for usage, which Google always tells."""

_NOTHING: Mapping[str, object] = MappingProxyType({
    "repeat_penalty": 1,
    "min_p": 0,
    "store": False,
    "modalities": ["text"],
    "verbosity": "medium",
})  # fmt: skip
"""Values by which a field asks for nothing, as null and everything empty does."""

_MODEL = re.compile(rb'"model"\s*:')


def write(ask: Ask, target: Target, kind: Kind) -> Written:
    """The request as Google wants it."""
    if ask.form == "google.generate":
        return Written(request_of(ask, target, kind, "google.generate", passed_on(ask, target)))
    asked = ask.body
    warnings: list[str] = []
    model = bare(target.model)
    family = family_of(model)
    body = write_contents(asked["messages"], family, warnings)
    body |= write_tools(asked, family, warnings)
    if config := write_config(asked, model, family, warnings):
        body["generationConfig"] = config
    match asked.get("service_tier"):
        case None | "auto" | "default" | "standard":
            pass
        case str(tier) if tier in TIERS:
            body["serviceTier"] = TIERS[tier]
        case _:
            warnings.append("`service_tier` is left out: Google has no such tier")
    warnings += [
        f"`{name}` is left out: Google has no such field"
        for name, value in asked.items()
        if name not in _WRITTEN and value not in (None, [], {}, _NOTHING.get(name))
    ]
    request = request_of(ask, target, kind, "google.generate", encode(body))
    return Written(request, tuple(dict.fromkeys(warnings))[:MAX_WARNINGS])


def passed_on(ask: Ask, target: Target) -> bytes:
    """The caller's own bytes. The model is in the path; a body is written anew only when it names the model as well,
    speaks to the gateway, or holds thinking of another provider from an earlier turn."""
    raw = ask.raw
    foreign = signatures.HEAD in raw
    if not foreign and not any(name in ask.body for name in GATEWAY_FIELDS) and _MODEL.search(raw) is None:
        return raw
    given = parse_object(raw)
    if not foreign and given.keys().isdisjoint({*GATEWAY_FIELDS, "model"}):
        return raw
    body = {name: value for name, value in with_numbers_as_written(given, raw).items() if name not in GATEWAY_FIELDS}
    if "model" in body:
        body["model"] = f"models/{bare(target.model)}"
    if foreign:
        for content in objects_at(body.get("contents"), "contents"):
            parts = content.get("parts")
            if isinstance(parts, list):
                parts[:] = [part for part in parts if not _is_foreign(part)]
    return encode(body)


def _is_foreign(part: JsonObject) -> bool:
    signature = camel(part).get("thoughtSignature")
    return isinstance(signature, str) and signatures.unpacked(signature) is not None
