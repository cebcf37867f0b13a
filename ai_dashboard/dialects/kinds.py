"""Provider kinds as data: where each kind is asked, how it wants its key, and what it can be asked for.

A new kind is one entry here. Which fields a service refuses is in its own reference: platform.openai.com/docs,
docs.anthropic.com, ai.google.dev/api, github.com/ollama/ollama/blob/main/docs/api.md.
"""

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Literal

from ai_dashboard.core.chat import DialectName, Form, Operation
from ai_dashboard.core.data import dataclass

Auth = Literal["bearer", "x-api-key", "x-goog-api-key"]
"""The header that carries a provider's key."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`paths` are the forms that a kind takes, each with where it takes them below the provider's base path (`{model}`
    and `{method}` are filled in); what comes in another form is translated into `chat` or `embed`. `stream_usage`:
    understands `stream_options.include_usage`. `local_engine`: usually runs on the operator's own machine and may
    withhold headers while it loads a model. `strict_fields`: refuses fields that it does not know, so what
    belongs to other dialects is taken out. `prefill`: goes on from an assistant's message at the end of a conversation,
    told to do so by the fields in it; None where such a message is answered instead. `bytes_below`: paths below `/v1/`
    that are passed on as they come."""

    name: str
    dialect: DialectName
    chat: Form
    paths: Mapping[Form, str]
    models_path: str
    embed: Form | None = None
    auth: Auth = "bearer"
    stream_usage: bool = True
    local_engine: bool = False
    strict_fields: bool = False
    prefill: Mapping[str, bool] | None = None
    bytes_below: tuple[str, ...] = field(default=())

    def form_for(self, form: Form, operation: Operation) -> Form | None:
        """The form in which to ask this kind: the caller's own where it is taken. None when it offers no such thing."""
        if form in self.paths:
            return form
        return self.chat if operation == "chat" else self.embed


_OPENAI: Mapping[Form, str] = {
    "openai.chat": "/v1/chat/completions",
    "openai.completions": "/v1/completions",
    "openai.embeddings": "/v1/embeddings",
}
_ANTHROPIC: Mapping[Form, str] = {"anthropic.messages": "/v1/messages"}
_GOOGLE: Mapping[Form, str] = {
    "google.generate": "/v1beta/models/{model}:{method}",
    "google.embed": "/v1beta/models/{model}:embedContent",
    "google.batch_embed": "/v1beta/models/{model}:batchEmbedContents",
}
_OLLAMA: Mapping[Form, str] = {
    "ollama.chat": "/api/chat",
    "ollama.generate": "/api/generate",
    "ollama.embed": "/api/embed",
    "ollama.embeddings": "/api/embeddings",
}
_RESPONSES: Mapping[Form, str] = {"openai.responses": "/v1/responses"}
_SERVICES = ("audio/", "images/", "moderations", "rerank", "files", "batches", "fine_tuning/")
_MODELS = "/v1/models"

KINDS: Mapping[str, Kind] = MappingProxyType({
    kind.name: kind
    for kind in (
        Kind("openai", "openai", "openai.chat", {**_OPENAI, **_RESPONSES}, _MODELS, "openai.embeddings",
             strict_fields=True, bytes_below=_SERVICES),
        Kind("openai_compatible", "openai", "openai.chat", _OPENAI, _MODELS, "openai.embeddings",
             bytes_below=_SERVICES),
        Kind("vllm", "openai", "openai.chat", _OPENAI, _MODELS, "openai.embeddings", local_engine=True,
             prefill={"continue_final_message": True, "add_generation_prompt": False},
             bytes_below=("audio/", "rerank")),
        Kind("llama_cpp", "openai", "openai.chat", _OPENAI, _MODELS, "openai.embeddings", local_engine=True,
             prefill={}, bytes_below=("rerank",)),
        Kind("anthropic", "anthropic", "anthropic.messages", _ANTHROPIC, _MODELS, auth="x-api-key",
             strict_fields=True, prefill={}),
        Kind("google", "google", "google.generate", _GOOGLE, "/v1beta/models", "google.batch_embed",
             auth="x-goog-api-key", strict_fields=True),
        Kind("ollama", "ollama", "ollama.chat", _OLLAMA, "/api/tags", "ollama.embed", local_engine=True,
             prefill={}),
        Kind("demo", "openai", "openai.chat", _OPENAI, _MODELS, "openai.embeddings"),
    )
})  # fmt: skip
