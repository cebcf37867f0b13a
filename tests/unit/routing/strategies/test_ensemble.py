"""All at once, in list order."""

from collections.abc import Callable

from ai_dashboard.core.plan import Plan
from ai_dashboard.routing.ensemble import MEMBER


def test_all_stand_in_the_operators_order_and_are_marked(plans: Callable[..., list[Plan]]) -> None:
    for made in plans("ensemble", {"a": ["m"], "b": ["m"], "c": ["m"]}, times=3):
        assert [(it.provider, it.score, it.facts) for it in made.attempts] == [
            ("a", 1.0, (MEMBER,)),
            ("b", 1.0, (MEMBER,)),
            ("c", 1.0, (MEMBER,)),
        ]
        assert made.strategy == "ensemble"
