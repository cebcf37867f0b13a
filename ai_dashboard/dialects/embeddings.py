"""Embeddings between the dialects: one ask with its texts, one reply with a vector for each of them.

The canonical ask is OpenAI's embeddings JSON: `model`, `input`, `dimensions`, `encoding_format`. A reply is read into
`Vectors` and written from them; it is never a stream, so another provider can answer until it is whole.
"""

import sys
from array import array
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from math import isfinite
from typing import Any

from ai_dashboard.core.chat import Ask, Form, JsonObject, Target
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError, GatewayError, UpstreamInvalid
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.forms import Call, Written
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.tap import check_held

_NUMBERS = frozenset({int, float})
_FLOAT32_BYTES = 4


@dataclass(frozen=True, slots=True)
class Vectors:
    """A reply: one vector for each input, in their order. `prompt_tokens` is None where the provider does not say;
    `model` is its own name for the model, "" where it gives none."""

    vectors: list[list[float]]
    prompt_tokens: int | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class EmbedCaller:
    """How callers speak a form of embeddings. Each dialect lists its own in `forms.py` as `EMBED_CALLERS`."""

    form: Form
    read: Callable[[Call], Ask]
    encode: Callable[[Ask, Vectors], bytes]
    error_body: Callable[[GatewayError, str], bytes]


@dataclass(frozen=True, slots=True)
class EmbedProvider:
    """How providers speak a form of embeddings (`EMBED_PROVIDERS` in `forms.py`). `write` passes the caller's own bytes
    on when the ask came in this very form. `decode` raises `UpstreamInvalid` for what is no answer."""

    form: Form
    write: Callable[[Ask, Target, Kind], Written]
    decode: Callable[[bytes], Vectors]


class EmbedTranslation:
    """The relay for one reply: held until it is whole, checked, and written as the caller reads it."""

    __slots__ = ("_ask", "_decode", "_encode", "_held", "_pieces", "committed", "failure", "finish", "said", "usage")

    def __init__(
        self, ask: Ask, decode: Callable[[bytes], Vectors], encode: Callable[[Ask, Vectors], bytes] | None
    ) -> None:
        """Without `encode` the provider's own bytes go to the caller, since both speak the same form."""
        self.committed = False
        self.usage: Usage | None = None
        self.finish: str | None = None
        self.failure: str | None = None
        self.said = 0
        self._ask = ask
        self._decode = decode
        self._encode = encode
        self._pieces: list[bytes] = []
        self._held = 0

    def feed(self, chunk: bytes) -> bytes:
        self._held = check_held(self._held + len(chunk))
        self._pieces.append(chunk)
        return b""

    def close(self) -> bytes:
        body = b"".join(self._pieces)
        reply = self._decode(body)
        wanted = len(inputs_of(self._ask.body))
        if len(reply.vectors) != wanted:
            raise UpstreamInvalid(f"the provider sent {len(reply.vectors)} vectors for {wanted} inputs")
        if reply.prompt_tokens is not None:
            self.usage = Usage(reply.prompt_tokens, 0)
        written = body if self._encode is None else self._encode(self._ask, reply)
        self.committed = True
        return written


def inputs_of(body: JsonObject) -> list[str | list[int]]:
    """What is to be embedded: texts, or texts as token ids. Raises `CallerError` when a canonical ask has none."""
    asked: object = body.get("input")
    inputs: list[Any] = asked if isinstance(asked, list) and not _are_tokens(asked) else [asked]
    if not inputs or not all(isinstance(item, str) or _are_tokens(item) for item in inputs):
        raise CallerError("`input` is neither text nor a list with at least one text, nor token ids")
    return inputs


def texts_of(body: JsonObject, provider: str) -> list[str]:
    """The texts to be embedded, for a provider that takes no token ids."""
    inputs = inputs_of(body)
    texts = [item for item in inputs if isinstance(item, str)]
    if len(texts) != len(inputs):
        raise CallerError(f"`input` has token ids, and {provider} takes text only", hint="send the text itself")
    return texts


def vector_of(value: object) -> list[float]:
    """One vector of a reply, as a list of numbers or as base64. Raises `UpstreamInvalid` when it is neither."""
    if isinstance(value, str):
        return from_base64(value)
    if not isinstance(value, list) or not value or not _NUMBERS.issuperset(map(type, value)):
        raise UpstreamInvalid("the provider's answer has a vector that is no list of numbers")
    return value


def to_base64(vector: list[float]) -> str:
    """A vector as OpenAI writes it for `encoding_format: base64`: 32-bit floats, the lowest byte first."""
    try:
        floats = array("f", vector)
    except OverflowError:
        raise UpstreamInvalid("the provider's answer has a vector with a number that is no 32-bit float") from None
    if not all(map(isfinite, floats)):
        raise UpstreamInvalid("the provider's answer has a vector with a number that is no 32-bit float")
    if sys.byteorder == "big":
        floats.byteswap()
    return b64encode(floats.tobytes()).decode()


def from_base64(text: str) -> list[float]:
    """A vector from its base64. Raises `UpstreamInvalid` when it is none."""
    try:
        data = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        raise UpstreamInvalid("the provider's answer has a vector that is no base64") from None
    if not data or len(data) % _FLOAT32_BYTES:
        raise UpstreamInvalid("the provider's answer has a vector that is no list of 32-bit floats")
    floats = array("f", data)
    if sys.byteorder == "big":
        floats.byteswap()
    if not all(map(isfinite, floats)):
        raise UpstreamInvalid("the provider's answer has a vector with a number that is not finite")
    return floats.tolist()


def _are_tokens(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(type(item) is int for item in value)
