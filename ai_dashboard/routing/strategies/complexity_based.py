"""Small models for small questions: the tier follows from how hard the request looks (see `routing/complexity.py`).

A request that looks easy goes to tier `low`, a hard one to `high`. Where that tier has nobody, the nearest above comes
next, then the nearest below. `complexity_thresholds` say from how many tokens on it looks harder.
"""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.complexity import complexity_of
from ai_dashboard.routing.figures import by_score
from ai_dashboard.routing.tiers import by_nearness
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("complexity_based",)

ORDER = "merit"


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:
    wanted = complexity_of(facts, view.finer.steps)
    scores = [by_nearness(it.tier, wanted) for it in candidates]
    return by_score(candidates, scores, [(("quality", it.tier), ("complexity", wanted)) for it in candidates])
