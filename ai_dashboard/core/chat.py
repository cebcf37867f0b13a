"""One ask in its canonical form: OpenAI chat JSON, whatever dialect it arrived in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

JsonObject = dict[str, Any]
"""A parsed JSON object. `Any` because callers may send fields that we pass on without knowing them."""

DialectName = Literal["openai", "ollama"]
"""How callers and providers speak. Grows by one with each dialect package."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat completion somebody asked for.

    `body` is the whole ask in OpenAI form, unknown fields included; `raw` the bytes it came in. `include_usage` says
    whether the caller asked to see usage at the end of a stream.
    """

    model: str
    stream: bool
    body: JsonObject
    raw: bytes
    include_usage: bool
    capability: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where an attempt is sent: everything a dialect needs to write the request, and nothing about the network.

    `base_path` is the path part of the provider's `base_url` without `/v1` and without a trailing slash; `api_key` is
    the secret itself, so a `Target` is never shown or logged; `options` are
    the model's own settings from the configuration (Ollama's `num_ctx` and the like).
    """

    provider: str
    kind: str
    model: str
    base_path: str = ""
    api_key: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Target({self.provider}/{self.model})"


class HttpRequest(NamedTuple):
    """What a dialect wants sent: `path` with its query, header names in lower case, `body` already encoded."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
