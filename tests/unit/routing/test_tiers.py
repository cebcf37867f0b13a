"""What makes a model good, as far as one can tell."""

import pytest

from ai_dashboard.config.schema import Price
from ai_dashboard.core.plan import Tier
from ai_dashboard.routing.tiers import by_nearness, tier_of


@pytest.mark.parametrize(
    ("tags", "parameters", "output", "tier"),
    [
        ((), None, None, "medium"),
        ((), 3e9, None, "low"),
        ((), 7e9, None, "medium"),
        ((), 29.9e9, None, "medium"),
        ((), 30e9, None, "high"),
        ((), None, 0.0006, "low"),
        ((), None, 0.002, "medium"),
        ((), None, 0.01, "high"),
        ((), None, 0.0, "medium"),  # a price of nothing says nothing
        ((), 3e9, 0.01, "low"),  # the size is surer
        (("coding", "High"), 3e9, None, "high"),  # the operator's word is surest
        (("tier:low",), 70e9, 0.01, "low"),
        (("quality:medium", "quality:high"), 70e9, None, "medium"),
        (("highway",), 70e9, None, "high"),
    ],
)
def test_the_first_that_says_something_decides(
    tags: tuple[str, ...], parameters: float | None, output: float | None, tier: Tier
) -> None:
    assert tier_of(tags, parameters, None if output is None else Price(output=output)) == tier


def test_what_is_wanted_comes_first_then_better_then_worse() -> None:
    order: dict[Tier, list[Tier]] = {
        "low": ["low", "medium", "high"],
        "medium": ["medium", "high", "low"],
        "high": ["high", "medium", "low"],
    }
    for wanted, expected in order.items():
        assert sorted(order, key=lambda tier: -by_nearness(tier, wanted)) == expected
        assert all(0 < by_nearness(tier, wanted) <= 1 for tier in order)
