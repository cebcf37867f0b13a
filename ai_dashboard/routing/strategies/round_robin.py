"""Everybody in turn: who has waited longest goes next. It comes out even, however often one of them is away."""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import by_place
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("round_robin",)


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:  # noqa: ARG001
    order = view.turns.in_turn(view.pool, [it.key for it in candidates])
    return by_place([candidates[place] for place in order])
