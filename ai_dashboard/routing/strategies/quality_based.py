"""The tier that is asked for, not more: what it costs decides within it.

The tier is the one that the request requires (`min_quality`), else `medium`. Tiers above it come next, nearest first,
then those below.
"""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import dollars
from ai_dashboard.routing.tiers import by_nearness
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("quality_based",)

ORDER = "merit"

LAST = float("inf")


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:
    wanted = (facts.requirements and facts.requirements.min_quality) or "medium"
    near = [by_nearness(it.tier, wanted) for it in candidates]
    costs = [view.cost(it, facts) for it in candidates]
    order = sorted(
        range(len(candidates)), key=lambda place: (-near[place], LAST if costs[place] is None else costs[place])
    )
    return [
        Scored(
            candidates[place],
            near[place],
            (("quality", f"{candidates[place].tier}, wanted {wanted}"), ("cost", dollars(costs[place]))),
        )
        for place in order
    ]
