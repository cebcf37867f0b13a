"""Provider kinds as data: where each kind is asked, how it wants its key, and what it can be asked for.

A new kind is one entry here. Anthropic and Google are reached through the OpenAI-compatible endpoints that both
document (docs.anthropic.com "OpenAI SDK compatibility", ai.google.dev "OpenAI compatibility").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ai_dashboard.core.chat import DialectName


@dataclass(frozen=True, slots=True)
class Kind:
    """`chat_path` and `models_path` follow the provider's base path. `stream_usage`: understands
    `stream_options.include_usage`. `local_engine`: usually runs on the operator's own machine and may withhold headers
    while it loads a model."""

    name: str
    dialect: DialectName
    chat_path: str
    models_path: str
    stream_usage: bool = True
    local_engine: bool = False


KINDS: Mapping[str, Kind] = MappingProxyType({
    kind.name: kind
    for kind in (
        Kind("openai", "openai", "/v1/chat/completions", "/v1/models"),
        Kind("openai_compatible", "openai", "/v1/chat/completions", "/v1/models"),
        Kind("vllm", "openai", "/v1/chat/completions", "/v1/models", local_engine=True),
        Kind("llama_cpp", "openai", "/v1/chat/completions", "/v1/models", local_engine=True),
        Kind("anthropic", "openai", "/v1/chat/completions", "/v1/models", stream_usage=False),
        Kind("google", "openai", "/v1beta/openai/chat/completions", "/v1beta/openai/models"),
        Kind("ollama", "ollama", "/api/chat", "/api/tags", local_engine=True),
        Kind("demo", "openai", "/v1/chat/completions", "/v1/models"),
    )
})  # fmt: skip
