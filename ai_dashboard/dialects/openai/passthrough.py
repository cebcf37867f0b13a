"""An ask for a provider of its own form: the caller's bytes, and only what must be different in them is.

Writing a long body anew costs more than everything else that is done with it, so the model's name and the wish for
usage are put into the bytes as they stand, wherever it is certain that they land in the right place.
"""

import re

import orjson

from ai_dashboard.core.chat import GATEWAY_FIELDS, Ask, Form, HttpRequest, Target
from ai_dashboard.dialects.body import encode, with_numbers_as_written
from ai_dashboard.dialects.forms import Written
from ai_dashboard.dialects.kinds import Auth, Kind
from ai_dashboard.dialects.openai.read import parse_object

NEAR = 4096
"""So close to the end a model's name is proven to be the ask's by reading only what follows it."""

_MODEL = b'"model"'
_MODEL_AND_VALUE = re.compile(rb'"model"[ \t\r\n]*:[ \t\r\n]*("[^"\\]*")')
_USAGE = b'"stream_options":{"include_usage":true},'
_TYPE = ("content-type", "application/json")
_ACCEPT = {True: ("accept", "text/event-stream"), False: ("accept", "application/json")}
_ESCAPED = rb"\u006"
"""How every escape begins that stands for a letter of `model`."""


def pass_on(ask: Ask, target: Target, kind: Kind) -> Written:
    """An ask as it came, for a provider that takes its form."""
    return Written(request_of(ask, target, kind, ask.form, own_bytes(ask, target.model, wants_usage(ask, kind))))


def wants_usage(ask: Ask, kind: Kind) -> bool:
    """Whether a stream's usage has to be asked for, since the caller did not."""
    return ask.stream and kind.stream_usage and not ask.include_usage and ask.operation == "chat"


def own_bytes(ask: Ask, model: str, usage: bool) -> bytes:
    """The caller's bytes, with the provider's name for the model and, where it is wanted, with the wish for usage."""
    if GATEWAY_FIELDS.isdisjoint(ask.body) and not (usage and "stream_options" in ask.body):
        raw = ask.raw if ask.model == model else with_model(ask.raw, model)
        if raw is not None:
            return _with_usage(raw) if usage else raw
    body = with_numbers_as_written(ask.body if ask.form == "openai.chat" else parse_object(ask.raw), ask.raw)
    changed = {name: value for name, value in body.items() if name not in GATEWAY_FIELDS} | {"model": model}
    if usage:
        options = body.get("stream_options")
        changed["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
    return encode(changed)


def with_model(raw: bytes, model: str) -> bytes | None:
    """The JSON of an ask with another model's name in it; None where the place is not certain.

    `raw` is known to be an object with a `model` at its top. Written without an escape that key is `"model"`, so when
    there is one such place it is the one. When the last such place is close to the end, reading what follows it is
    cheaper: only at the top is that, behind a brace, an object of its own.
    """
    place = raw.rfind(_MODEL)
    found = _MODEL_AND_VALUE.match(raw, max(place, 0))
    if found is None:
        return None
    if len(raw) - place <= NEAR:
        rest = raw[place:]
        certain = raw[place - 1 : place] != b"\\" and _ESCAPED not in rest and _is_object(b"{" + rest)
    else:
        certain = raw.find(_MODEL) == place and _ESCAPED not in raw
    return raw[: found.start(1)] + orjson.dumps(model) + raw[found.end(1) :] if certain else None


def request_of(ask: Ask, target: Target, kind: Kind, form: Form, body: bytes) -> HttpRequest:
    """The request that carries a body. What the operator says of headers holds against everything else."""
    headers = [_TYPE, _ACCEPT[ask.stream]]
    if target.api_key:
        headers.append(key_header(kind.auth, target.api_key))
    if ask.form == form:
        headers += ask.headers
    if target.headers:
        said = {name for name, _ in target.headers}
        headers = [header for header in headers if header[0] not in said]
    return HttpRequest("POST", target.base_path + kind.paths[form], (*headers, *target.headers), body)


def key_header(auth: Auth, key: str) -> tuple[str, str]:
    """The header that carries a provider's key."""
    return ("authorization", f"Bearer {key}") if auth == "bearer" else (auth, key)


def _with_usage(raw: bytes) -> bytes:
    """As the first field: the object has at least its model behind it."""
    start = raw.index(b"{") + 1
    return raw[:start] + _USAGE + raw[start:]


def _is_object(data: bytes) -> bool:
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True
