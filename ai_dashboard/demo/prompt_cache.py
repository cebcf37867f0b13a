"""What a simulated server still has in memory of earlier prompts, as servers with prefix caching do."""

from bisect import bisect_left
from collections import OrderedDict

from ai_dashboard.demo.prose import tokens_of

BLOCK = 16
"""Prompts are kept in blocks of so many tokens; vLLM's default."""

MAX_PROMPTS = 32

MAX_CHARS = 64 * 1024
"""Of a longer prompt only the beginning is remembered."""


class PromptCache:
    """Remembers the latest prompts of each model."""

    def __init__(self) -> None:
        self._prompts: OrderedDict[tuple[str, str], None] = OrderedDict()

    def reuse(self, model: str, prompt: str) -> int:
        """How many tokens at the beginning of a prompt were there already; the prompt is remembered."""
        prompt = prompt[:MAX_CHARS]
        shared = max((_shared(prompt, known) for of, known in self._prompts if of == model), default=0)
        self._prompts[model, prompt] = None
        self._prompts.move_to_end((model, prompt))
        if len(self._prompts) > MAX_PROMPTS:
            self._prompts.popitem(last=False)
        return len(tokens_of(prompt[:shared])) // BLOCK * BLOCK


def _shared(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginnings, found by halves."""
    longest = min(len(one), len(other))
    return bisect_left(range(longest), True, key=lambda size: one[: size + 1] != other[: size + 1])
