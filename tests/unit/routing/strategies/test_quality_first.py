"""The best first."""

from collections.abc import Callable


def test_the_highest_tier_first_and_the_operators_order_within_it(order: Callable[..., list[str]]) -> None:
    providers = {
        "small": [{"name": "m", "size": "3B"}],
        "middle": [{"name": "m", "size": "8B"}],
        "large": [{"name": "m", "size": "70B"}],
        "larger": [{"name": "m", "size": "405B"}],
    }
    assert order("quality_first", providers) == ["large", "larger", "middle", "small"]
