"""Everybody in turn, by weight: 0.7 and 0.3 are exactly 700 and 300 of 1000, well mixed.

Smooth weighted round robin as in nginx (`ngx_http_upstream_round_robin.c`). A weight of 0 is a spare: it is asked when
nobody else can answer.
"""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import by_place, share
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("weighted_round_robin", "load_balance")


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:  # noqa: ARG001
    weights = view.weights_of(candidates)
    order = view.turns.by_weight(view.pool, [it.route[:2] for it in candidates], weights)
    total = sum(weights) or 1.0
    return by_place(
        [candidates[place] for place in order], [(("share", share(weights[place] / total)),) for place in order]
    )
