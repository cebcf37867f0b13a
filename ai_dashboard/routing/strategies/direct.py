"""The order in which the operator wrote them down."""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import by_place
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("direct",)

ORDER = "listed"


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:  # noqa: ARG001
    return by_place(candidates)
