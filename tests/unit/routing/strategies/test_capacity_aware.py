"""The most room left."""

from collections.abc import Callable

import pytest

from ai_dashboard.core.plan import Plan
from ai_dashboard.routing.live import KnownProvider

PROVIDERS = {"a": ["m"], "b": ["m"], "c": ["m"]}


@pytest.mark.parametrize("name", ["capacity_aware", "most_capacity"])
def test_the_scarcer_of_rate_limit_and_places_counts(name: str, plans: Callable[..., list[Plan]]) -> None:
    live = {
        "a": KnownProvider(headroom=0.9, in_flight=9, capacity=10),
        "b": KnownProvider(headroom=0.7),
        "c": KnownProvider(in_flight=2, capacity=10),
    }
    (made,) = plans(name, PROVIDERS, live)
    assert [(it.provider, it.score) for it in made.attempts] == [("c", 0.8), ("b", 0.7), ("a", 0.1)]
    assert made.attempts[0].facts == (("room left", "80 %"),)


def test_an_unknown_limit_is_neither_untouched_nor_spent(order: Callable[..., list[str]]) -> None:
    live = {"a": KnownProvider(headroom=0.4), "c": KnownProvider(headroom=0.6)}
    assert order("capacity_aware", PROVIDERS, live) == ["c", "b", "a"]


def test_equals_take_turns(firsts: Callable[..., list[str]]) -> None:
    assert firsts("capacity_aware", PROVIDERS, times=4) == ["a", "b", "c", "a"]
