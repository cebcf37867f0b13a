"""All of them at once (`routing/ensemble.py`): nobody is better than the others; they stand in the operator's order."""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.ensemble import ENSEMBLE, MEMBER
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = (ENSEMBLE,)

ORDER = "listed"


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:  # noqa: ARG001
    return [Scored(candidate, 1.0, (MEMBER,)) for candidate in candidates]
