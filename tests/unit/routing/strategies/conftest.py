"""Plans under a strategy, from a configuration as it is written and providers in any state."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.routing.live import Live
from ai_dashboard.routing.plan import plan
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.turns import Turns

Plans = Callable[..., list[Plan]]


@pytest.fixture(scope="session")
def plans(compiled: Callable[..., Table]) -> Plans:
    """`plans(strategy, providers, live, times=n, seed=s, rules={…}, …)`: `n` plans in a row for model `m`, with these
    `routing_rules`; the rest are fields of `RouteFacts`. Turns and chance go on from one to the next."""

    def plans(
        strategy: str,
        providers: dict[str, Any],
        live: Live | None = None,
        *,
        times: int = 1,
        seed: int = 1,
        rules: dict[str, Any] | None = None,
        **facts: Any,  # noqa: ANN401 - any field
    ) -> list[Plan]:
        table, turns, chance = compiled(providers, routing_rules=rules or {}), Turns(), Random(seed)
        asked = RouteFacts("m", strategy=strategy, **facts)
        return [plan(asked, table, live or {}, now=0.0, turns=turns, chance=chance) for _ in range(times)]

    return plans


@pytest.fixture(scope="session")
def order(plans: Plans) -> Callable[..., list[str]]:
    """As `plans`, but the providers of one plan in order."""

    def order(*args: object, **more: object) -> list[str]:
        return [it.provider for it in plans(*args, **more)[0].attempts]

    return order


@pytest.fixture(scope="session")
def firsts(plans: Plans) -> Callable[..., list[str]]:
    """As `plans`, but the first provider of each plan."""

    def firsts(*args: object, **more: object) -> list[str]:
        return [made.attempts[0].provider for made in plans(*args, **more)]

    return firsts
