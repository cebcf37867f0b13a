"""The best first, whatever it costs; within a tier, the order in which the operator wrote them down.

What the operator names in `priority_order` goes before the rest, in that order.
"""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import by_score
from ai_dashboard.routing.tiers import RANK
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("quality_first",)

ORDER = "merit"


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:  # noqa: ARG001
    scores = [(1 + RANK[it.tier]) / len(RANK) for it in candidates]
    if not view.finer.priority:
        return by_score(candidates, scores, [(("quality", it.tier),) for it in candidates])
    places = [view.finer.priority_of(*it.key) for it in candidates]
    named = len(view.finer.priority)
    # Each place in the order counts more than any tier can.
    scores = [
        (named - place + score) / (named + 1) if place < named else score / (named + 1)
        for place, score in zip(places, scores, strict=True)
    ]
    return by_score(
        candidates,
        scores,
        [
            (("priority", str(place + 1) if place < named else "not named"), ("quality", it.tier))
            for it, place in zip(candidates, places, strict=True)
        ],
    )
