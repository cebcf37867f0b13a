"""Everybody in turn."""

from collections import Counter
from collections.abc import Callable
from random import Random

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing.live import KnownProvider
from ai_dashboard.routing.plan import plan
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.turns import Turns

PROVIDERS = {"a": ["m"], "b": ["m"], "c": ["m"]}


def test_next_in_turn(firsts: Callable[..., list[str]]) -> None:
    assert firsts("round_robin", PROVIDERS, times=7) == ["a", "b", "c", "a", "b", "c", "a"]


def test_the_rest_follow_in_turn_too(order: Callable[..., list[str]]) -> None:
    assert order("round_robin", PROVIDERS) == ["a", "b", "c"]


def test_it_is_even_across_those_that_are_well(compiled: Callable[..., Table]) -> None:
    table, turns, chance = compiled(PROVIDERS), Turns(), Random(1)
    down = {"b": KnownProvider(Health.UNAVAILABLE)}
    picked: Counter[str] = Counter()
    for number in range(60):
        live = down if 20 <= number < 40 else {}
        made = plan(RouteFacts("m", strategy="round_robin"), table, live, now=0.0, turns=turns, chance=chance)
        picked[made.attempts[0].provider] += 1
    # b is away for 20 of 60, in which the others share its turns; nobody is given them back afterwards
    assert picked["b"] in (13, 14)
    assert abs(picked["a"] - picked["c"]) <= 1
