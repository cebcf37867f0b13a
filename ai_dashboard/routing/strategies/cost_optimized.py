"""The cheapest for this prompt and the answer that it reserves; what costs about the same goes by quality.

Who costs at most a tenth more than the cheapest counts as equally cheap, and the better tier goes first; the same again
among the rest. Prices that nobody knows go last.
"""

from collections.abc import Iterable, Sequence

from ai_dashboard.core.plan import RouteFacts, Tier
from ai_dashboard.routing.figures import dollars
from ai_dashboard.routing.tiers import RANK
from ai_dashboard.routing.view import Eligible, Scored, View, scored

NAMES = ("cost_optimized",)

ORDER = "merit"

TIE = 1.1
"""Up to this times the cheapest is equally cheap."""

CENT = 0.01


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:
    costs = view.costs(candidates, facts)
    judged = _judged(costs)
    order: list[tuple[float, int, float, int, Tier]] = []
    for place, (it, cost) in enumerate(zip(candidates, costs, strict=True)):
        tier = it.tier
        order.append((-judged[cost][0], -RANK[tier], cost or 0.0, place, tier))
    order.sort()
    return [
        scored((candidates[place], -score, (("cost", judged[costs[place]][1]), ("quality", tier))))
        for score, _, _, place, tier in order
    ]


def _judged(costs: Iterable[float | None]) -> dict[float | None, tuple[float, str]]:
    """How near each cost comes to the cheapest, and the cost in words. Those that are about as cheap share the score of
    the cheapest of them, so that the better tier may stand first among them."""
    judged: dict[float | None, tuple[float, str]] = {None: (0.0, dollars(None))}
    best = leader = score = -1.0
    for cost in sorted({cost for cost in costs if cost is not None}):
        if best < 0:
            best, leader, score = cost, cost, 1.0
        elif cost > leader * TIE:
            leader, score = cost, (best + CENT) / (cost + CENT)
        judged[cost] = score, dollars(cost)
    return judged
