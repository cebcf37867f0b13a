"""One ask in its canonical form, whatever dialect it arrived in: OpenAI chat JSON, or OpenAI embeddings JSON.

`docs/decisions/0003-canonical-form.md` lists the fields that the canonical form has beyond OpenAI's own.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal, NamedTuple

from ai_dashboard.core.data import dataclass

JsonObject = dict[str, Any]
"""A parsed JSON object. `Any` because callers may send fields that we pass on without knowing them."""

DialectName = Literal["openai", "anthropic", "google", "ollama"]
"""How callers and providers speak."""

Operation = Literal["chat", "embed"]
"""What is asked for; each has a canonical form of its own."""

Form = Literal[
    "openai.chat",
    "openai.completions",
    "openai.responses",
    "openai.embeddings",
    "anthropic.messages",
    "google.generate",
    "google.embed",
    "google.batch_embed",
    "ollama.chat",
    "ollama.generate",
    "ollama.embed",
    "ollama.embeddings",
    "unified.chat",
]
"""How one ask and its reply are written on the wire. A provider that takes the form that the caller used is passed the
caller's own bytes; for any other the ask is translated."""

GATEWAY_FIELDS = frozenset(
    {"capability", "strict", "requirements", "task", "ensemble", "cache", "priority", "deadline"}
)
"""Fields at the top of an ask, in any dialect, that speak to the gateway and never leave it: OpenAI refuses fields that
it does not know."""


@dataclass(slots=True, unsafe_hash=True)  # a value, though not frozen: see `core.events.Usage`
class Ask:
    """What somebody asked for.

    `body` is the whole ask in canonical form; `raw` the bytes it came in, as `form`. `include_usage` says whether the
    caller asked to see usage at the end of a stream. `headers` are the caller's that speak to a provider of its dialect
    (`anthropic-beta`), names in lower case. `own_fields` names what only providers of the caller's own form can be
    told: another one is asked without it, and the caller is warned, or refused when it is `strict`.
    """

    model: str
    stream: bool
    body: JsonObject
    raw: bytes
    include_usage: bool
    capability: str | None = None
    form: Form = "openai.chat"
    operation: Operation = "chat"
    headers: tuple[tuple[str, str], ...] = ()
    own_fields: tuple[str, ...] = ()
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """Where an attempt is sent: everything a dialect needs to write the request, and nothing about the network.

    `base_path` is the path part of the provider's `base_url` without `/v1` and without a trailing slash; `api_key` is
    the secret itself, so a `Target` is never shown or logged; `options` are the model's own settings from the
    configuration (Ollama's `num_ctx` and the like); `context_length` is its window and `max_output` its
    longest answer, in tokens, when they are known.
    """

    provider: str
    kind: str
    model: str
    base_path: str = ""
    api_key: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    context_length: int | None = None
    max_output: int | None = None

    def __repr__(self) -> str:
        return f"Target({self.provider}/{self.model})"


class HttpRequest(NamedTuple):
    """What a dialect wants sent: `path` with its query, header names in lower case, `body` already encoded."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
