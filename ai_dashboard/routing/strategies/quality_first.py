"""The best first, whatever it costs; within a tier, the order in which the operator wrote them down."""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import by_score
from ai_dashboard.routing.tiers import RANK
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("quality_first",)


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:  # noqa: ARG001
    scores = [(1 + RANK[it.tier]) / len(RANK) for it in candidates]
    return by_score(candidates, scores, [(("quality", it.tier),) for it in candidates])
