"""Who has most left of what it lets through: the scarcer of its rate limits and its places. Equals take turns.

Rate limits are those of the `x-ratelimit-…` headers of replies and those of the configuration. Whoever has no known
limit is put in the middle: neither untouched nor spent.
"""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import by_score, room_of, share
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("capacity_aware", "most_capacity")

UNKNOWN_ROOM = 0.5


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:  # noqa: ARG001
    in_turn = [candidates[place] for place in view.turns.waiting(view.pool, [it.key for it in candidates])]
    rooms = [room_of(it) for it in in_turn]
    scores = [UNKNOWN_ROOM if room is None else room for room in rooms]
    ranked = by_score(in_turn, scores, [(("room left", share(room)),) for room in rooms])
    view.turns.taken(view.pool, ranked[0].candidate.key)
    return ranked
