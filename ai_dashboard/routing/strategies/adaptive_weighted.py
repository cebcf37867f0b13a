"""In turn by weights that are learned, anew every 10 requests: observed latency 0.4, success 0.4 and cost 0.2.

Nobody's weight falls below a twentieth, or it would never be seen to get better. What is not known counts as middling.
"""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import by_place, closeness, health_of, latency_of, share
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("adaptive_weighted",)

EVERY = 10
LATENCY, SUCCESS, COST = 0.4, 0.4, 0.2
FLOOR = 0.05
UNKNOWN = 0.5
CENT = 0.01


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:
    keys = [it.key for it in candidates]
    if view.turns.weights_due(view.pool, keys, EVERY):
        view.turns.weigh(view.pool, dict(zip(keys, _learned(candidates, facts, view), strict=True)))
    weights = view.turns.weights_of(view.pool, keys)
    order = view.turns.by_weight(view.pool, keys, weights)
    return by_place(
        [candidates[place] for place in order], [(("learned weight", share(weights[place])),) for place in order]
    )


def _learned(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[float]:
    fast = closeness([latency_of(it, facts) for it in candidates], unknown=UNKNOWN)
    cheap = closeness([view.cost(it, facts) for it in candidates], unknown=UNKNOWN, unit=CENT)
    return [
        max(FLOOR, LATENCY * latency + SUCCESS * health_of(it) + COST * cost)
        for it, latency, cost in zip(candidates, fast, cheap, strict=True)
    ]
