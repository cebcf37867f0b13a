"""What an answer costs before it is asked for."""

import pytest

from ai_dashboard.config.schema import Price
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.prices import ASSUMED_ANSWER_TOKENS, FREE, cost_of, price_of

OWN, ALL = Price(input=1, output=2), Price(input=3, output=4)


@pytest.mark.parametrize(
    ("prices", "local", "expected"),
    [
        ({"m": OWN, "*": ALL}, False, OWN),
        ({"n": OWN, "*": ALL}, False, ALL),
        ({"m": OWN}, True, OWN),
        ({"n": OWN}, True, FREE),
        ({"n": OWN}, False, None),
        ({}, False, None),
    ],
)
def test_the_models_own_price_then_the_one_for_all(
    prices: dict[str, Price], local: bool, expected: Price | None
) -> None:
    assert price_of("m", prices, local=local) == expected


def test_a_prompt_and_its_reserved_answer() -> None:
    price = Price(input=0.002, output=0.01)
    assert cost_of(price, RouteFacts("m", prompt_tokens=5000, max_tokens=300)) == pytest.approx(0.013)
    assert cost_of(price, RouteFacts("m")) == pytest.approx(0.01 * ASSUMED_ANSWER_TOKENS / 1000)
    assert cost_of(FREE, RouteFacts("m", prompt_tokens=5000)) == 0
