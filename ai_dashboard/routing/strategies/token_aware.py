"""The smallest window that fits with a tenth to spare: large windows are kept for those who need them.

What fits without that margin comes after what fits with it, the largest first, since the estimate may be short. Windows
that nobody knows come last. With `context_thresholds` windows between two of them are alike, and those that are alike
go in the order in which they were written down.
"""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import by_place, window_of
from ai_dashboard.routing.finer import Finer
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("token_aware", "context_based")

ORDER = "merit"

MARGIN = 1.1


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:
    needed = (facts.prompt_tokens + facts.max_tokens) * MARGIN
    ordered = sorted(candidates, key=lambda it: _place(window_of(it), needed, view.finer))
    return by_place(ordered, [_figures(window_of(it)) for it in ordered])


def _place(window: int | None, needed: float, finer: Finer) -> tuple[int, int]:
    if window is None:
        return 2, 0
    if window < needed:
        return 1, -window
    return 0, finer.window_class(window) if finer.windows else window


def _figures(window: int | None) -> tuple[tuple[str, str], ...]:
    return (("window", "not known" if window is None else f"{window} tokens"),)
