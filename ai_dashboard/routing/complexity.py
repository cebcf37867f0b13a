"""How hard a request looks, from its size alone: `low`, `medium` or `high`.

The prompt decides: below 500 tokens `low`, below 4000 `medium`, from there `high`. Code fences make it one step harder,
so do files; both together two. Nothing of the text is read for its meaning.
"""

from typing import Literal

from ai_dashboard.core.plan import RouteFacts

Complexity = Literal["low", "medium", "high"]

MEDIUM_TOKENS, HIGH_TOKENS = 500, 4000

_STEPS: tuple[Complexity, ...] = ("low", "medium", "high")


def complexity_of(facts: RouteFacts) -> Complexity:
    """How hard a request looks."""
    step = (facts.prompt_tokens >= MEDIUM_TOKENS) + (facts.prompt_tokens >= HIGH_TOKENS)
    return _STEPS[min(step + facts.code + (facts.files > 0), len(_STEPS) - 1)]
