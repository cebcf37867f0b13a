"""Models of the services that discovery offers when their key is set: the same as in the shipped configuration.

A service lists hundreds of models, most of which cannot chat; these are the ones that people ask for. Windows are in
tokens, from the services' own model pages in November 2026.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ai_dashboard.config.schema import Model, ProviderType


def _models(*rows: tuple[str, int, int | None]) -> tuple[Model, ...]:
    return tuple(Model(name=name, context_length=window, max_output_tokens=longest) for name, window, longest in rows)


CATALOGUE: Mapping[ProviderType, tuple[Model, ...]] = MappingProxyType(
    {
        "openai": _models(
            ("gpt-6.1-sol", 1_050_000, 128_000),
            ("gpt-6.1-terra", 1_050_000, 128_000),
            ("gpt-5.4-mini", 400_000, 128_000),
            ("gpt-5-mini", 400_000, 128_000),
            ("gpt-4o", 128_000, 16_384),
            ("gpt-4o-mini", 128_000, 16_384),
            ("gpt-4-turbo", 128_000, 4_096),
            ("gpt-4", 8_192, 8_192),
            ("gpt-3.5-turbo", 16_385, 4_096),
            ("o1-preview", 128_000, 32_768),
            ("o1-mini", 128_000, 65_536),
        ),
        "anthropic": _models(
            ("claude-opus-5-5", 1_000_000, 128_000),
            ("claude-sonnet-5-5", 1_000_000, 128_000),
            ("claude-haiku-5-5", 1_000_000, 128_000),
            ("claude-3-5-sonnet-20241022", 200_000, 8_192),
            ("claude-3-5-haiku-20241022", 200_000, 8_192),
            ("claude-3-opus-20240229", 200_000, 4_096),
            ("claude-3-sonnet-20240229", 200_000, 4_096),
            ("claude-3-haiku-20240307", 200_000, 4_096),
        ),
        "google": _models(
            ("gemini-2.5-pro", 1_048_576, 65_536),
            ("gemini-2.5-flash", 1_048_576, 65_536),
            ("gemini-3.8-flash", 1_000_000, 65_536),
        ),
        "ollama": _models(
            ("gpt-oss:120b", 131_072, None),
            ("qwen3-coder:480b", 262_144, None),
            ("deepseek-v3.1:671b", 131_072, None),
            ("gemma4:31b", 262_144, None),
        ),
    }
)
