"""A caller's ask of generateContent, read into a canonical one (https://ai.google.dev/api/generate-content)."""

from ai_dashboard.core.chat import GATEWAY_FIELDS, Ask, JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.body import with_numbers_as_written
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.google.fields import camel, name_of
from ai_dashboard.dialects.google.read_config import read_config, read_tools
from ai_dashboard.dialects.google.read_contents import read_contents
from ai_dashboard.dialects.openai.read import MAX_MODEL_CHARS, parse_object, wishes

STREAMS = "streamGenerateContent"
"""The method that answers with a stream; `generateContent` answers in one piece."""

MAX_NAMES = 40
"""A caller is told of so many fields at most."""

TIERS = {"flex": "flex", "priority": "priority"}

_READ = frozenset({
    "model", "contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "serviceTier",
    *GATEWAY_FIELDS,
})  # fmt: skip
"""Fields that are read into something; every other one only Google can be told."""


def read(call: Call) -> Ask:
    """Read and check an ask. Raises `CallerError` that names the field, or line and column of broken JSON.

    The model is in the path, and whether the reply is a stream is the method's name. None of the caller's headers goes
    on to a provider: Google's clients send their own bookkeeping and accounts in them.
    """
    model = model_of(call)
    raw = parse_object(call.raw)
    given = camel(raw)
    capability, strict = wishes(raw, call.headers)
    own: set[str] = set()
    stream = call.method == STREAMS
    # Calls have their arguments as an object, which becomes text here: with the digits that the caller wrote.
    messages = read_contents(camel(with_numbers_as_written(raw, call.raw)), own)
    body: JsonObject = {"model": model, "messages": messages}
    if stream:
        # Usage is part of every stream here, so a provider is always asked for it.
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    body |= read_config(given, own) | read_tools(given, own)
    if (tier := given.get("serviceTier")) is not None:
        tier = str(tier).lower()
        if tier in TIERS:
            body["service_tier"] = TIERS[tier]
        elif tier not in ("standard", "unspecified"):
            own.add("serviceTier")
    body |= {name: raw[name] for name in GATEWAY_FIELDS if raw.get(name) is not None}
    own |= {name_of(name) for name in given.keys() - _READ if given[name] not in (None, [], {})}
    return Ask(
        model=model,
        stream=stream,
        body=body,
        raw=call.raw,
        include_usage=True,
        capability=capability,
        form="google.generate",
        own_fields=tuple(sorted(own)[:MAX_NAMES]),
        strict=strict,
    )


def model_of(call: Call) -> str:
    """The model that the path names."""
    model = call.model.removeprefix("models/")
    if not model.strip():
        raise CallerError("the path names no model", hint="GET /v1beta/models lists what can be asked for")
    if len(model) > MAX_MODEL_CHARS:
        raise CallerError(f"the model's name is longer than {MAX_MODEL_CHARS} characters, as no model's name is")
    return model
