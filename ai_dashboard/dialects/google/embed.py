"""Google's embeddings, one text at a time (`embedContent`) or many (`batchEmbedContents`), from both sides."""

import orjson

from ai_dashboard.core.chat import GATEWAY_FIELDS, Ask, Form, JsonObject, Target
from ai_dashboard.core.errors import CallerError, UpstreamInvalid
from ai_dashboard.dialects.body import encode as encode_body
from ai_dashboard.dialects.body import with_numbers_as_written
from ai_dashboard.dialects.embeddings import Vectors, texts_of, vector_of
from ai_dashboard.dialects.forms import Call, Written
from ai_dashboard.dialects.google.fields import camel, count_at, name_of, object_at, objects_at, text_at  # fmt: skip
from ai_dashboard.dialects.google.read import model_of
from ai_dashboard.dialects.google.replies import error_in, usage_of
from ai_dashboard.dialects.google.request import bare, request_of
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.openai.read import parse_object, wishes
from ai_dashboard.dialects.tap import object_in

_READ = frozenset({"model", "content", "outputDimensionality", *GATEWAY_FIELDS})
"""Fields of one request; every other one (`taskType`, `title`) only Google can be told."""

_WRITTEN = frozenset({"model", "input", "dimensions", "encoding_format", *GATEWAY_FIELDS})
"""`encoding_format` says how our reply is written; Google has only numbers."""


def read_one(call: Call) -> Ask:
    """Read and check an ask of `embedContent`. Raises `CallerError` that names the field."""
    given = parse_object(call.raw)
    return _ask(call, "google.embed", given, [camel(given)], [""])


def read_batch(call: Call) -> Ask:
    """Read and check an ask of `batchEmbedContents`."""
    given = parse_object(call.raw)
    requests = objects_at(given.get("requests"), "requests")
    if not requests:
        raise CallerError("`requests` is missing or has no request")
    return _ask(call, "google.batch_embed", given, requests, [f"requests[{place}]." for place in range(len(requests))])


def write(ask: Ask, target: Target, kind: Kind) -> Written:
    """The request as Google wants it: the caller's own form when that is one of these two, many texts otherwise."""
    if ask.form in ("google.embed", "google.batch_embed"):
        return Written(request_of(ask, target, kind, ask.form, _passed_on(ask, target)))
    model = f"models/{bare(target.model)}"
    more = {} if ask.body.get("dimensions") is None else {"outputDimensionality": ask.body["dimensions"]}
    requests = [
        {"model": model, "content": {"parts": [{"text": text}]}, **more} for text in texts_of(ask.body, "Google")
    ]
    warnings = tuple(
        f"`{name}` is left out: Google's embeddings have no such field"
        for name, value in ask.body.items()
        if name not in _WRITTEN and value is not None
    )
    return Written(request_of(ask, target, kind, "google.batch_embed", encode_body({"requests": requests})), warnings)


def decode(body: bytes) -> Vectors:
    """A whole reply, of one text or of many. Raises `UpstreamInvalid` when it is none."""
    reply = object_in(body)
    if (message := error_in(reply)) is not None:
        raise UpstreamInvalid(message)
    embeddings = reply.get("embeddings", [reply["embedding"]] if "embedding" in reply else None)
    if not isinstance(embeddings, list) or not embeddings or not all(isinstance(one, dict) for one in embeddings):
        raise UpstreamInvalid("the provider's answer has no embeddings")
    usage = usage_of(reply)
    return Vectors(
        vectors=[vector_of(one.get("values")) for one in embeddings],
        prompt_tokens=usage.prompt_tokens if usage is not None else None,
    )


def encode(ask: Ask, reply: Vectors) -> bytes:
    """The reply as the caller asked for it."""
    values = [{"values": vector} for vector in reply.vectors]
    body: JsonObject = {"embedding": values[0]} if ask.form == "google.embed" else {"embeddings": values}
    if reply.prompt_tokens is not None:
        body["usageMetadata"] = {"promptTokenCount": reply.prompt_tokens, "totalTokenCount": reply.prompt_tokens}
    return orjson.dumps(body)


def _ask(call: Call, form: Form, given: JsonObject, requests: list[JsonObject], wheres: list[str]) -> Ask:
    model = model_of(call)
    own: set[str] = set()
    texts = [_text(request, where, own) for request, where in zip(requests, wheres, strict=True)]
    body: JsonObject = {"model": model, "input": texts}
    sizes = {count_at(request, "outputDimensionality", where) for request, where in zip(requests, wheres, strict=True)}
    if len(sizes) > 1:
        own.add("outputDimensionality")  # one size for all is what others know
    elif (size := sizes.pop()) is not None:
        body["dimensions"] = size
    body |= {name: given[name] for name in GATEWAY_FIELDS if given.get(name) is not None}
    capability, strict = wishes(given, call.headers)
    return Ask(
        model=model,
        stream=False,
        body=body,
        raw=call.raw,
        include_usage=False,
        capability=capability,
        form=form,
        operation="embed",
        own_fields=tuple(sorted(own)),
        strict=strict,
    )


def _text(request: JsonObject, where: str, own: set[str]) -> str:
    content = object_at(request.get("content"), f"{where}content")
    texts = []
    for number, part in enumerate(objects_at(content.get("parts"), f"{where}content.parts")):
        if "text" in part:
            texts.append(text_at(part, "text", f"{where}content.parts[{number}]"))
        else:
            own |= {f"parts.{name_of(name)}" for name in part}
    own |= {name_of(name) for name in request.keys() - _READ if request[name] is not None}
    return "\n".join(texts)


def _passed_on(ask: Ask, target: Target) -> bytes:
    """The caller's own bytes, with the provider's name for the model wherever it stands in them."""
    given = parse_object(ask.raw)
    named = [holder for holder in (given, *_requests(given)) if "model" in holder]
    model = f"models/{bare(target.model)}"
    if given.keys().isdisjoint(GATEWAY_FIELDS) and all(holder["model"] == model for holder in named):
        return ask.raw
    body = {
        name: value for name, value in with_numbers_as_written(given, ask.raw).items() if name not in GATEWAY_FIELDS
    }
    for holder in (body, *_requests(body)):
        if "model" in holder:
            holder["model"] = model
    return encode_body(body)


def _requests(body: JsonObject) -> list[JsonObject]:
    requests = body.get("requests")
    return [request for request in requests if isinstance(request, dict)] if isinstance(requests, list) else []
