"""How hard a request looks, from its size alone: `low`, `medium` or `high`.

The prompt decides: below 500 tokens `low`, below 4000 `medium`, from there `high`, unless `complexity_thresholds` say
otherwise. Code fences make it one step harder, so do files; both together two. Nothing of the text is read for its
meaning.
"""

from typing import Literal

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.finer import USUAL

Complexity = Literal["low", "medium", "high"]

_STEPS: tuple[Complexity, ...] = ("low", "medium", "high")


def complexity_of(facts: RouteFacts, steps: tuple[int, int] = USUAL.steps) -> Complexity:
    """How hard a request looks. `steps` are the tokens from which it is `medium` and `high`."""
    medium, high = steps
    step = (facts.prompt_tokens >= medium) + (facts.prompt_tokens >= high)
    return _STEPS[min(step + facts.code + (facts.files > 0), len(_STEPS) - 1)]
