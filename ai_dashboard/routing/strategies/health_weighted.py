"""By chance, the healthier the likelier. Everybody has some chance, so that the sick can show that they are well."""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import by_place, health_of, share
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("health_weighted",)

FLOOR = 0.05


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:  # noqa: ARG001
    health = [max(FLOOR, health_of(it)) for it in candidates]
    # A draw without replacement in one pass: the largest u^(1/weight) is the first, with a chance of its weight's share
    # (Efraimidis and Spirakis, Weighted random sampling with a reservoir, 2006).
    drawn = [view.chance.random() ** (1 / weight) for weight in health]
    order = sorted(range(len(candidates)), key=lambda place: -drawn[place])
    return by_place(
        [candidates[place] for place in order], [(("health", share(health_of(candidates[place]))),) for place in order]
    )
