"""The cheapest for this prompt and the answer that it reserves; what costs about the same goes by quality.

Who costs at most a tenth more than the cheapest counts as equally cheap, and the better tier goes first; the same again
among the rest. Prices that nobody knows go last.
"""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import closeness, dollars
from ai_dashboard.routing.tiers import RANK
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("cost_optimized",)

ORDER = "merit"

TIE = 1.1
"""Up to this times the cheapest is equally cheap."""

CENT = 0.01


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:
    costs = [view.cost(it, facts) for it in candidates]
    grouped = _grouped(costs)
    # A group shares the score of its cheapest, so that the better tier may stand first in it.
    scores = closeness(grouped, unknown=0.0, unit=CENT)
    order = sorted(
        range(len(candidates)), key=lambda place: (-scores[place], -RANK[candidates[place].tier], costs[place] or 0.0)
    )
    return [
        Scored(
            candidates[place],
            scores[place],
            (("cost", dollars(costs[place])), ("quality", candidates[place].tier)),
        )
        for place in order
    ]


def _grouped(costs: Sequence[float | None]) -> list[float | None]:
    """Each cost as that of the cheapest of those that are about as cheap."""
    leaders: dict[float, float] = {}
    leader = -1.0
    for cost in sorted(cost for cost in costs if cost is not None):
        if leader < 0 or cost > leader * TIE:
            leader = cost
        leaders[cost] = leader
    return [None if cost is None else leaders[cost] for cost in costs]
