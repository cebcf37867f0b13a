"""The best first."""

from collections.abc import Callable

import pytest


def test_the_highest_tier_first_and_the_operators_order_within_it(order: Callable[..., list[str]]) -> None:
    providers = {
        "small": [{"name": "m", "size": "3B"}],
        "middle": [{"name": "m", "size": "8B"}],
        "large": [{"name": "m", "size": "70B"}],
        "larger": [{"name": "m", "size": "405B"}],
    }
    assert order("quality_first", providers) == ["large", "larger", "middle", "small"]


@pytest.mark.parametrize(
    ("priority", "expected"),
    [
        (["small"], ["small", "large", "larger", "middle"]),
        (["middle", "larger"], ["middle", "larger", "large", "small"]),
        (["small/m", "middle"], ["small", "middle", "large", "larger"]),
        (["m"], ["large", "larger", "middle", "small"]),
        (["nobody"], ["large", "larger", "middle", "small"]),
    ],
)
def test_what_the_operator_names_goes_first_in_that_order(
    priority: list[str], expected: list[str], order: Callable[..., list[str]]
) -> None:
    providers = {
        "small": [{"name": "m", "size": "3B"}],
        "middle": [{"name": "m", "size": "8B"}],
        "large": [{"name": "m", "size": "70B"}],
        "larger": [{"name": "m", "size": "405B"}],
    }
    assert order("quality_first", providers, rules={"priority_order": priority}) == expected
