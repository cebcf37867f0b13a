"""The fewest tokens lately."""

from collections.abc import Callable
from random import Random

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.plan import plan
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.turns import Turns


def test_work_is_evened_out_not_requests(compiled: Callable[..., Table]) -> None:
    table, turns, chance = compiled({"a": ["m"], "b": ["m"]}), Turns(), Random(1)

    def pick(tokens: int) -> str:
        facts = RouteFacts("m", prompt_tokens=tokens, strategy="usage_based")
        return plan(facts, table, {}, now=0.0, turns=turns, chance=chance).attempts[0].provider

    assert pick(1000) == "a"
    assert [pick(100) for _ in range(10)] == ["b"] * 10
    assert [pick(100) for _ in range(2)] == ["a", "b"]
