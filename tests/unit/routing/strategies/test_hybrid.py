"""A bit of everything."""

from collections.abc import Callable
from typing import Any

import pytest

from ai_dashboard.core.plan import Plan
from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing.live import KnownProvider, KnownTarget
from ai_dashboard.routing.strategies.hybrid import WEIGHTS, weights_from

CLOUD: dict[str, Any] = {"base_url": "https://x.example.com", "models": ["m"], "cost_per_1k_tokens": 0.1}
PROVIDERS = {"dear": CLOUD, "slow": ["m"], "sick": ["m"], "full": ["m"]}
QUICK = {"m": KnownTarget(ewma_total_s=1.0)}
LIVE = {
    "dear": KnownProvider(headroom=0.9, targets=QUICK),
    "slow": KnownProvider(headroom=0.9, targets={"m": KnownTarget(ewma_total_s=10.0)}),
    "sick": KnownProvider(Health.DEGRADED, headroom=0.9, targets=QUICK),
    "full": KnownProvider(headroom=0.1, targets=QUICK),
}


def test_by_its_own_weights(plans: Callable[..., list[Plan]]) -> None:
    (made,) = plans("hybrid", PROVIDERS, LIVE, max_tokens=1000)
    # full loses most of 0.1, dear most of 0.2, sick half of 0.4, slow nine tenths of 0.3
    assert [it.provider for it in made.attempts] == ["full", "dear", "sick", "slow"]
    assert made.attempts[0].score == pytest.approx(0.91)
    assert made.attempts[0].facts == (
        ("health", "100 %"),
        ("latency", "1.00 s"),
        ("cost", "$0"),
        ("room left", "10 %"),
    )


@pytest.mark.parametrize(
    ("part", "last"), [("health", "sick"), ("latency", "slow"), ("cost", "dear"), ("capacity", "full")]
)
def test_a_request_may_weigh_otherwise(part: str, last: str, order: Callable[..., list[str]]) -> None:
    assert order("hybrid", PROVIDERS, LIVE, weights=((part, 5.0),), max_tokens=1000)[-1] == last


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, WEIGHTS),
        ({"a-provider": 3.0}, WEIGHTS),
        ({"cost": 0.0}, WEIGHTS),
        ({"cost": 3.0, "health": 1.0}, {"health": 0.25, "latency": 0.0, "cost": 0.75, "capacity": 0.0}),
        ({"cost": -3.0, "health": 1.0}, {"health": 1.0, "latency": 0.0, "cost": 0.0, "capacity": 0.0}),
    ],
)
def test_only_proportions_count(given: dict[str, float], expected: dict[str, float]) -> None:
    assert weights_from(given) == pytest.approx(expected)
