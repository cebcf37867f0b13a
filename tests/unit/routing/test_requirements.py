"""What a caller insists on."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.plan import Requirements, RouteFacts
from ai_dashboard.routing.live import KnownProvider, KnownTarget
from ai_dashboard.routing.requirements import broken_by, read
from ai_dashboard.routing.resolve import Route
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.turns import Turns
from ai_dashboard.routing.view import Eligible, View

CLOUD: dict[str, Any] = {
    "base_url": "https://x.example.com",
    "models": [{"name": "m", "size": "8B"}],
    "cost_per_1k_tokens": {"m": {"input": 0.001, "output": 0.02}},
}
HOME: dict[str, Any] = {"models": [{"name": "m", "size": "8B"}]}
FACTS = RouteFacts("m", prompt_tokens=1000, max_tokens=1000)
VIEW = View("pool", {}, Turns(), Random(1), 0.0, lambda _: 1.0)


@pytest.mark.parametrize(
    ("entry", "wanted", "limit"),
    [
        (CLOUD, Requirements(), None),
        (CLOUD, Requirements(max_cost=0.021), None),
        (CLOUD, Requirements(max_cost=0.02), "max_cost: $0.0210 > $0.0200"),
        (CLOUD | {"cost_per_1k_tokens": {}}, Requirements(max_cost=9.0), "max_cost: its price is not known"),
        (HOME, Requirements(max_cost=0.0), None),
        (CLOUD, Requirements(max_latency_ms=2400), None),
        (CLOUD, Requirements(max_latency_ms=2399), "max_latency_ms: 2400 (p95) > 2399"),
        (CLOUD, Requirements(min_quality="medium"), None),
        (CLOUD, Requirements(min_quality="high"), "min_quality: medium, below high"),
        (CLOUD, Requirements(region="eu-west"), None),
        (CLOUD, Requirements(region="us-east"), "region: eu-west, not us-east"),
        (CLOUD, Requirements(local_only=True), "local_only: it runs elsewhere"),
        (HOME, Requirements(local_only=True), None),
    ],
)
def test_the_limit_that_is_broken(
    entry: dict[str, Any], wanted: Requirements, limit: str | None, compiled: Callable[..., Table]
) -> None:
    made = compiled({"p": entry}).providers["p"]
    target = KnownTarget(p95_s=2.4)
    candidate = Eligible(Route("p", "m", ""), made, made.models["m"], KnownProvider(), target, "eu-west")
    assert broken_by(candidate, wanted, FACTS, VIEW) == limit


def test_what_is_not_known(compiled: Callable[..., Table]) -> None:
    made = compiled({"p": HOME}).providers["p"]
    candidate = Eligible(Route("p", "m", ""), made, made.models["m"], KnownProvider(), KnownTarget(), "")
    assert broken_by(candidate, Requirements(max_latency_ms=1), FACTS, VIEW) is None
    region = broken_by(candidate, Requirements(region="eu-west"), FACTS, VIEW)
    assert region == "region: not known, not eu-west"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ({}, Requirements()),
        ({"max_cost": 1, "max_latency_ms": 2.5}, Requirements(1.0, 2.5)),
        (
            {"min_quality": "low", "region": "eu-west", "local_only": True},
            Requirements(None, None, "low", "eu-west", True),
        ),
        ({"min_quality": None, "region": "", "local_only": False}, Requirements()),
    ],
)
def test_how_they_are_written(value: object, expected: Requirements | None) -> None:
    assert read(value) == expected


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ([], "`requirements` is not an object"),
        ({"max_costs": 1}, "`requirements` has no 'max_costs'"),
        ({"max_cost": "1"}, "`requirements.max_cost` is not a number from 0"),
        ({"max_cost": True}, "`requirements.max_cost` is not a number from 0"),
        ({"max_cost": -1}, "`requirements.max_cost` is not a number from 0"),
        ({"max_latency_ms": float("nan")}, "`requirements.max_latency_ms` is not a number from 0"),
        ({"max_latency_ms": float("inf")}, "`requirements.max_latency_ms` is not a number from 0"),
        ({"min_quality": "best"}, "`requirements.min_quality` is none of low, medium, high"),
        ({"min_quality": ["high"]}, "`requirements.min_quality` is none of low, medium, high"),
        ({"region": 5}, "`requirements.region` is not the name of a region"),
        ({"local_only": "yes"}, "`requirements.local_only` is neither true nor false"),
    ],
)
def test_a_limit_that_was_mistyped_does_not_pass(value: object, complaint: str) -> None:
    with pytest.raises(CallerError) as caught:
        read(value)
    assert caught.value.message == complaint
