"""What makes two asks the same: everything that can change the answer, whatever dialect it was said in.

A field that nobody here knows counts. What never counts says only how the reply travels or who is asking (`NOISE`); the
tenant and the residency group count first of all: there is no key without them.
"""

from hashlib import sha256
from typing import NamedTuple

import orjson

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.dialects.openai.responses_read import ResponsesAsk

NOISE = frozenset({
    "stream", "stream_options", "user", "metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_options",
    "prompt_cache_retention", "store", "service_tier", "keep_alive", "cache", "priority", "deadline",
})  # fmt: skip
"""Fields that cannot change the answer."""

TRANSPORT = frozenset({"stream", "stream_options", "cache", "priority", "deadline"})
"""The part of it that does not show in a reply either: some forms repeat the rest (`metadata` of a response)."""

SAYS_MORE = frozenset({"openai.responses", "openai.completions"})
"""Forms whose asks say more than their canonical body, and whose replies can be read back in that form only."""

_LONG_NUMBER = b"0" * 19
"""Numbers as long as this are rounded when they are read, so that two of them could look alike."""

_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")


class Scope(NamedTuple):
    """Whose answers may be shared: those of one tenant, within one residency group ("" where there is none), under the
    `rules` for it as they are written now: once they are changed, no older answer is given any more."""

    tenant: str
    residency: str
    rules: str = ""


class ExactKey(NamedTuple):
    """The name of an answer. The digest covers everything; tenant and model stand beside it, so that their answers can
    be found and forgotten."""

    tenant: str
    model: str
    digest: bytes


def exact_key(scope: Scope, ask: Ask, facts: RouteFacts) -> ExactKey | None:
    """The key; None for an ask that is nested too deeply to be written."""
    try:
        said = orjson.dumps(_parts(scope, ask, facts, counting(ask.body)), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return None
    return ExactKey(scope.tenant, ask.model, sha256(said).digest())


def bucket_key(scope: Scope, ask: Ask, facts: RouteFacts, body: JsonObject) -> bytes | None:
    """As `exact_key` for a body that lacks what is compared by meaning: answers are shared within one such bucket."""
    try:
        said = orjson.dumps(["meaning", *_parts(scope, ask, facts, body)], option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return None
    return sha256(said).digest()


def counting(body: JsonObject) -> JsonObject:
    """The fields of a body that count."""
    if NOISE.isdisjoint(body):
        return body
    return {name: value for name, value in body.items() if name not in NOISE}


def _parts(scope: Scope, ask: Ask, facts: RouteFacts, body: JsonObject) -> list[object]:
    parts: list[object] = [scope.tenant, scope.residency, ask.operation, body]
    if scope.rules:
        parts.append({"rules": scope.rules})
    if ask.headers:
        parts.append({"headers": ask.headers})
    if facts.task or facts.capability or facts.strategy or facts.requirements or facts.only or facts.weights:
        wishes = (facts.task, facts.capability, facts.strategy, facts.requirements, facts.only, facts.weights)
        parts.append({"wishes": wishes})
    if ask.form in SAYS_MORE or ask.own_fields:
        parts.append({"form": ask.form, "own": _own(ask)})
        if ask.form in SAYS_MORE:
            parts.append({"stream": ask.stream, "usage": ask.include_usage})  # neither can be made of the other
    elif ask.operation == "embed":
        parts.append({"form": ask.form})
    # A tenth of the time of a regular expression.
    if _LONG_NUMBER in ask.raw.translate(_DIGITS_AS_ZEROS):
        parts.append({"raw": sha256(ask.raw).hexdigest()})
    return parts


def _own(ask: Ask) -> JsonObject:
    """The ask as its caller wrote it, where the canonical body does not say it all."""
    said: JsonObject = ask.asked if isinstance(ask, ResponsesAsk) else orjson.loads(ask.raw)
    return {name: value for name, value in said.items() if name not in TRANSPORT}
