"""Who has the fewest requests in flight, by what each bears at one time where that is known of all. Equals take turns.

A share of an unknown capacity means nothing, so where one is not known plain numbers are compared.
"""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import by_score, closeness, load_of
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("least_loaded", "least_connections")


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:  # noqa: ARG001
    in_turn = [candidates[place] for place in view.turns.waiting(view.pool, [it.key for it in candidates])]
    loads = [load_of(it) for it in in_turn]
    if all(capacity for _, capacity in loads):
        busy = [in_flight / (capacity or 1) for in_flight, capacity in loads]
        unit = 1 / max(capacity or 1 for _, capacity in loads)
    else:
        busy, unit = [float(in_flight) for in_flight, _ in loads], 1.0
    ranked = by_score(in_turn, closeness(busy, unknown=0.0, unit=unit), [_figures(*load) for load in loads])
    view.turns.taken(view.pool, ranked[0].candidate.key)
    return ranked


def _figures(in_flight: int, capacity: int | None) -> tuple[tuple[str, str], ...]:
    return (("in flight", f"{in_flight} of {capacity}" if capacity else str(in_flight)),)
