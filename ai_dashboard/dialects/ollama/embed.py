"""Embeddings as Ollama speaks of them: `/api/embed`, and the older `/api/embeddings` with its one text."""

import orjson

from ai_dashboard.core.chat import GATEWAY_FIELDS, Ask, Form, HttpRequest, JsonObject, Target
from ai_dashboard.core.errors import CallerError, UpstreamInvalid
from ai_dashboard.dialects.body import encode as dumped
from ai_dashboard.dialects.embeddings import Vectors, inputs_of, texts_of, vector_of
from ai_dashboard.dialects.forms import Call, Written
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.ollama.lines import error_in
from ai_dashboard.dialects.ollama.read import own_fields
from ai_dashboard.dialects.ollama.window import BYTES_PER_TOKEN, TOKENS_PER_MESSAGE, size_of, wider, window_for
from ai_dashboard.dialects.ollama.write import headers_of, with_options
from ai_dashboard.dialects.openai.read import model_of, parse_object, wishes
from ai_dashboard.dialects.tap import object_in

_EMBED = frozenset({"model", "input", "dimensions", *GATEWAY_FIELDS})
_EMBEDDINGS = frozenset({"model", "prompt", *GATEWAY_FIELDS})
_NATIVE = ("keep_alive", "truncate")
_WRITTEN = frozenset({"model", "input", "dimensions", "encoding_format", "options", *_NATIVE, *GATEWAY_FIELDS})
"""How the vectors are spelled (`encoding_format`) is between the caller and the gateway."""


def read_embed(call: Call) -> Ask:
    """Read and check an ask of `/api/embed`. Raises `CallerError` that names the field."""
    given = parse_object(call.raw)
    texts = given.get("input")
    many = isinstance(texts, list) and bool(texts) and all(isinstance(text, str) for text in texts)
    if not many and not isinstance(texts, str):
        raise CallerError("`input` is neither a text nor a list with at least one text")
    body: JsonObject = {"model": model_of(given), "input": texts}
    if dimensions := given.get("dimensions"):  # a zero asks for all of them
        body["dimensions"] = dimensions
    return _ask(call, "ollama.embed", given, body, _EMBED)


def read_embeddings(call: Call) -> Ask:
    """Read and check an ask of `/api/embeddings`."""
    given = parse_object(call.raw)
    text = given.get("prompt")
    if not isinstance(text, str):
        raise CallerError("`prompt` is missing or not a text")
    return _ask(call, "ollama.embeddings", given, {"model": model_of(given), "input": text}, _EMBEDDINGS)


def encode_embed(ask: Ask, reply: Vectors) -> bytes:
    """The reply of `/api/embed`."""
    body: JsonObject = {"model": reply.model or ask.model, "embeddings": reply.vectors}
    if reply.prompt_tokens is not None:
        body["prompt_eval_count"] = reply.prompt_tokens
    return orjson.dumps(body)


def encode_embeddings(_ask: Ask, reply: Vectors) -> bytes:
    """The reply of `/api/embeddings`, which has room for nothing but the vector."""
    return orjson.dumps({"embedding": reply.vectors[0]})


def write_embed(ask: Ask, target: Target, kind: Kind) -> Written:
    """The request for `/api/embed`. Raises `CallerError` for token ids. A text that is too long is refused, not cut:
    that is what other forms promise, and nobody sees it in a vector."""
    window = wider(_window(ask, target), target)
    if ask.form == "ollama.embed":
        return _request(ask, target, kind, with_options(ask, target, {**target.options, **window}))
    asked = ask.body
    texts = texts_of(asked, "Ollama")
    own = asked.get("options")
    options = {**target.options, **window, **(own if isinstance(own, dict) else {})}
    body: JsonObject = {"model": target.model, "input": texts, "truncate": False}
    if options:
        body["options"] = options
    body |= {name: asked[name] for name in ("dimensions", *_NATIVE) if asked.get(name) is not None}
    warnings = tuple(
        f"`{name[:64]}` is left out: Ollama has no such field"
        for name, value in asked.items()
        if name not in _WRITTEN and value
    )
    return _request(ask, target, kind, dumped(body), warnings)


def write_embeddings(ask: Ask, target: Target, kind: Kind) -> Written:
    """The request for `/api/embeddings`, which is asked only by those who came with it."""
    window = wider(_window(ask, target), target)
    return _request(ask, target, kind, with_options(ask, target, {**target.options, **window}))


def decode_embed(body: bytes) -> Vectors:
    """The reply of `/api/embed`. Raises `UpstreamInvalid` when it is none."""
    reply = _reply(body)
    vectors = reply.get("embeddings")
    if not isinstance(vectors, list):
        raise UpstreamInvalid("the provider's answer has no embeddings")
    tokens, model = reply.get("prompt_eval_count"), reply.get("model")
    return Vectors(
        [vector_of(vector) for vector in vectors],
        tokens if type(tokens) is int and tokens >= 0 else None,
        model if isinstance(model, str) else "",
    )


def decode_embeddings(body: bytes) -> Vectors:
    """The reply of `/api/embeddings`."""
    return Vectors([vector_of(_reply(body).get("embedding"))])


def _ask(call: Call, form: Form, given: JsonObject, body: JsonObject, canonical: frozenset[str]) -> Ask:
    if not isinstance(given.get("options"), dict | None):
        raise CallerError("`options` is not an object")
    body |= {name: given[name] for name in GATEWAY_FIELDS if given.get(name) is not None}
    capability, strict = wishes(given, call.headers)
    return Ask(
        model=body["model"],
        stream=False,
        body=body,
        raw=call.raw,
        include_usage=True,
        capability=capability,
        form=form,
        operation="embed",
        own_fields=own_fields(given, canonical),
        strict=strict,
    )


def _window(ask: Ask, target: Target) -> int:
    """A window for the longest of the texts: each is read for itself."""
    longest = max((size_of(text) for text in inputs_of(ask.body) if isinstance(text, str)), default=0)
    return window_for(-(-longest // BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE, target)


def _request(ask: Ask, target: Target, kind: Kind, body: bytes, warnings: tuple[str, ...] = ()) -> Written:
    form: Form = "ollama.embeddings" if ask.form == "ollama.embeddings" else "ollama.embed"
    headers = headers_of(ask, target, kind, "application/json")
    return Written(HttpRequest("POST", target.base_path + kind.paths[form], headers, body), warnings)


def _reply(body: bytes) -> JsonObject:
    reply = object_in(body)
    if (message := error_in(reply)) is not None:
        raise UpstreamInvalid(message)
    return reply
