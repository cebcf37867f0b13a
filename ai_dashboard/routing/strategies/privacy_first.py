"""Only machines of the operator's own, in the order in which they were written down: nothing leaves the house."""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import by_place
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("privacy_first",)

ORDER = "listed"


def bars(candidate: Eligible) -> str | None:
    """Why a candidate is out of the question."""
    return None if candidate.home else "not_local: privacy_first keeps requests on your own machines"


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:  # noqa: ARG001
    return by_place(candidates)
