"""Who was given the fewest tokens lately: evens out work where round robin evens out requests.

Counted is what a request's prompt is estimated at and what it reserves for its answer; old days count ever less.
"""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import by_place
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("usage_based",)


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:
    tokens = facts.prompt_tokens + facts.max_tokens
    order = view.turns.least_given(view.pool, [it.key for it in candidates], tokens)
    return by_place([candidates[place] for place in order])
