"""Finer points of choosing, which only some strategies look at: an order of the operator's own, and where sizes part.

| what | strategy | default |
|---|---|---|
| `priority_order` | `quality_first` | the tier decides alone |
| `context_thresholds` | `context_based` (`token_aware`) | the smallest window that fits |
| `complexity_thresholds` | `complexity_based`, and the name `complexity` in conditions | 500 and 4000 tokens |
"""

from ai_dashboard.config.schema.mappings import Choosing, ComplexityThresholds
from ai_dashboard.core.data import dataclass


@dataclass(frozen=True, slots=True)
class Finer:
    """`priority` holds models, providers and `provider/model`, best first; `windows` the sizes in tokens at which
    windows begin to count as larger; `steps` the prompts in tokens from which a request is `medium` and `high`."""

    priority: tuple[str, ...] = ()
    windows: tuple[int, ...] = ()
    steps: tuple[int, int] = (500, 4000)

    def priority_of(self, provider: str, model: str) -> int:
        """The place of a model at a provider in the order, that of the first name that means it; behind all others when
        none does."""
        names = (provider, model, f"{provider}/{model}")
        return next((place for place, name in enumerate(self.priority) if name in names), len(self.priority))

    def window_class(self, tokens: int) -> int:
        """Which of the sizes a window has: 0 below the first of them."""
        return sum(tokens >= window for window in self.windows)


USUAL = Finer()
"""Where nothing is said."""


def finer_points(written: Choosing, usual: Finer) -> Finer:
    """What is said of them, completed by what is usual. What makes no sense has been complained about, and counts as
    not said."""
    return Finer(
        written.priority_order or usual.priority,
        tuple(sorted(set(written.context_thresholds.values()))) or usual.windows,
        steps_in(written.complexity_thresholds, usual.steps) or usual.steps,
    )


def steps_in(written: ComplexityThresholds, usual: tuple[int, int]) -> tuple[int, int] | None:
    """The steps that thresholds mean; None where they do not rise. One that is not said gives way to the other."""
    medium, high = written.medium, written.high
    if medium is None:
        medium = usual[0] if high is None else min(usual[0], high)
    if high is None:
        high = max(usual[1], medium)
    return (medium, high) if medium <= high else None
