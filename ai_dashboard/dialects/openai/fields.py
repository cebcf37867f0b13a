"""The fields of a chat completions ask, and which of them belong to whom.

OpenAI's own are those of https://developers.openai.com/api/reference/resources/chat (November 2026); its service
answers 400 to any other. What the canonical form has beyond them is in `docs/decisions/0003-canonical-form.md`.
"""

from collections.abc import Mapping
from types import MappingProxyType

CHAT_FIELDS = frozenset({
    "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens",
    "max_tokens", "messages", "metadata", "modalities", "model", "moderation", "n", "parallel_tool_calls", "prediction",
    "presence_penalty", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning_effort",
    "response_format", "safety_identifier", "seed", "service_tier", "stop", "store", "stream", "stream_options",
    "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity", "web_search_options",
})  # fmt: skip

SAMPLING = frozenset({"top_k", "min_p", "repeat_penalty"})
"""Sampling that other dialects know, and most engines behind OpenAI's form as well."""

REPEAT_PENALTY: Mapping[str, str] = MappingProxyType({"llama_cpp": "repeat_penalty"})
"""What a kind calls `repeat_penalty`; vLLM, SGLang, OpenRouter, Together and Fireworks call it otherwise."""

REPETITION_PENALTY = "repetition_penalty"

OLLAMA_ONLY = frozenset({"keep_alive", "options"})

BEYOND_IN_MESSAGES = frozenset({"reasoning_content", "thinking_blocks", "cache_control", "is_error", "extra_content"})
"""What the canonical form adds to a message."""
