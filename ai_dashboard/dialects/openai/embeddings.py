"""OpenAI's embeddings: the canonical form of such an ask, and how replies to it are read and written."""

import orjson

from ai_dashboard.core.chat import GATEWAY_FIELDS, Ask, JsonObject, Target
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.dialects.body import encode as encode_body
from ai_dashboard.dialects.embeddings import Vectors, inputs_of, to_base64, vector_of
from ai_dashboard.dialects.forms import Call, Written
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.openai.passthrough import pass_on, request_of
from ai_dashboard.dialects.openai.read import embedded_tokens, model_of, parse_object, passed_headers, wishes
from ai_dashboard.dialects.openai.tap import error_in, usage_of
from ai_dashboard.dialects.tap import object_in

FIELDS = frozenset({"model", "input", "dimensions", "user"})
"""What an ask of another form is written with. Vectors come as numbers then, which every server can send."""


def read(call: Call) -> Ask:
    """Read and check an ask. Raises `CallerError` that names the field, or line and column of broken JSON."""
    body = parse_object(call.raw)
    model = model_of(body)
    inputs_of(body)
    capability, strict = wishes(body, call.headers)
    return Ask(
        model=model,
        stream=False,
        body=body,
        raw=call.raw,
        include_usage=False,
        capability=capability,
        form="openai.embeddings",
        operation="embed",
        headers=passed_headers(call.headers),
        strict=strict,
    )


def write(ask: Ask, target: Target, kind: Kind) -> Written:
    """The request as the provider wants it."""
    if ask.form == "openai.embeddings":
        return pass_on(ask, target, kind)
    body: JsonObject = {"model": target.model}
    warnings = []
    for name, value in ask.body.items():
        if name in GATEWAY_FIELDS or name in ("model", "encoding_format") or value is None:
            continue
        if name in FIELDS:
            body[name] = value
        else:
            warnings.append(f"`{name}` is left out: OpenAI's embeddings have no such field")
    return Written(request_of(ask, target, kind, "openai.embeddings", encode_body(body)), tuple(warnings))


def decode(body: bytes) -> Vectors:
    """A whole reply. Raises `UpstreamInvalid` when it is none."""
    reply = object_in(body)
    if (message := error_in(reply)) is not None:
        raise UpstreamInvalid(message)
    data = reply.get("data")
    if not isinstance(data, list) or not data or not all(isinstance(item, dict) for item in data):
        raise UpstreamInvalid("the provider's answer has no embeddings")
    places = [item.get("index") for item in data]
    if all(type(place) is int for place in places):
        data = sorted(data, key=lambda item: int(item["index"]))
    usage = usage_of(reply.get("usage"))
    model = reply.get("model")
    return Vectors(
        vectors=[vector_of(item.get("embedding")) for item in data],
        prompt_tokens=usage.prompt_tokens if usage is not None else None,
        model=model if isinstance(model, str) else "",
    )


def encode(ask: Ask, reply: Vectors) -> bytes:
    """The reply as the caller wants it. Where the provider did not say how many tokens it read, they are estimated:
    clients expect a number."""
    as_text = ask.body.get("encoding_format") == "base64"
    tokens = embedded_tokens(ask.body.get("input")) if reply.prompt_tokens is None else reply.prompt_tokens
    data = [
        {"object": "embedding", "index": place, "embedding": to_base64(vector) if as_text else vector}
        for place, vector in enumerate(reply.vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return orjson.dumps({"object": "list", "data": data, "model": reply.model or ask.model, "usage": usage})
