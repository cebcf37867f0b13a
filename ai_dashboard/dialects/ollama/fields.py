"""What Ollama and the canonical form call the same things (github.com/ollama/ollama, api/types.go)."""

from collections.abc import Mapping
from types import MappingProxyType

OPTIONS: Mapping[str, str] = MappingProxyType({
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "min_p": "min_p",
    "seed": "seed",
    "stop": "stop",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "repeat_penalty": "repeat_penalty",
    "max_tokens": "num_predict",
    "max_completion_tokens": "num_predict",
    "num_ctx": "num_ctx",
})  # fmt: skip
"""Sampling fields of the canonical form and what Ollama calls them inside `options`."""

SAME_OPTIONS = (
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "repeat_penalty",
)  # fmt: skip
"""Numbers among Ollama's `options` that the canonical form has at its top, under the same name."""

WHOLE_NUMBERS = frozenset({"top_k", "seed"})
"""Of these Ollama cuts off the fraction, and other providers refuse one."""

THINK: Mapping[str, bool | str] = MappingProxyType({
    "none": False,
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "max",
    "max": "max",
})  # fmt: skip
"""`reasoning_effort`, and the `think` that Ollama itself makes of it (openai/openai.go)."""

EFFORTS: Mapping[str, str] = MappingProxyType({"low": "low", "medium": "medium", "high": "high", "max": "xhigh"})
"""The levels of `think`, and the `reasoning_effort` that they are."""
