"""List order, and nothing else."""

from collections.abc import Callable

from ai_dashboard.core.plan import Plan
from ai_dashboard.routing.live import KnownProvider

BUSY = KnownProvider(in_flight=99)


def test_the_operators_order_whoever_is_busy(plans: Callable[..., list[Plan]]) -> None:
    for made in plans("direct", {"a": ["m"], "b": ["m"], "c": ["m"]}, {"a": BUSY}, times=3):
        assert [(it.provider, it.score) for it in made.attempts] == [("a", 1.0), ("b", 0.5), ("c", 0.333)]
        assert made.strategy == "direct"
