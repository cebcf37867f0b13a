"""The fewest requests in flight."""

from collections.abc import Callable

import pytest

from ai_dashboard.core.plan import Plan
from ai_dashboard.routing.live import KnownProvider

PROVIDERS = {"a": ["m"], "b": ["m"], "c": ["m"]}


@pytest.mark.parametrize("name", ["least_loaded", "least_connections"])
@pytest.mark.parametrize(
    ("loads", "expected"),
    [
        (((3, None), (1, None), (2, None)), "bca"),
        # of what each bears: 3 of 10, 1 of 2, 2 of 8
        (((3, 10), (1, 2), (2, 8)), "cab"),
        # one capacity is not known, so plain numbers count
        (((3, 10), (1, 2), (2, None)), "bca"),
        (((0, None), (0, None), (0, None)), "abc"),
    ],
)
def test_the_least_loaded_goes_first(
    name: str, loads: tuple[tuple[int, int | None], ...], expected: str, order: Callable[..., list[str]]
) -> None:
    live = {
        provider: KnownProvider(in_flight=in_flight, capacity=capacity)
        for provider, (in_flight, capacity) in zip("abc", loads, strict=True)
    }
    assert "".join(order(name, PROVIDERS, live)) == expected


def test_equals_take_turns(firsts: Callable[..., list[str]]) -> None:
    live = {"c": KnownProvider(in_flight=1)}
    assert firsts("least_loaded", PROVIDERS, live, times=4) == ["a", "b", "a", "b"]


def test_what_it_rests_on_is_told(plans: Callable[..., list[Plan]]) -> None:
    live = {"a": KnownProvider(in_flight=1, capacity=4), "b": KnownProvider(in_flight=3)}
    (made,) = plans("least_loaded", {"a": ["m"], "b": ["m"]}, live)
    assert [it.facts for it in made.attempts] == [(("in flight", "1 of 4"),), (("in flight", "3"),)]
