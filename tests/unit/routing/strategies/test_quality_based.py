"""The tier that is asked for."""

from collections.abc import Callable

import pytest

from ai_dashboard.core.plan import Plan, Requirements, Tier

PROVIDERS = {
    "low": [{"name": "m", "size": "3B"}],
    "high": [{"name": "m", "size": "70B"}],
    "medium": [{"name": "m", "size": "8B"}],
}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [(None, ["medium", "high", "low"]), ("low", ["low", "medium", "high"]), ("high", ["high"])],
)
def test_no_better_than_is_asked_for(wanted: Tier | None, expected: list[str], order: Callable[..., list[str]]) -> None:
    requirements = Requirements(min_quality=wanted) if wanted else None
    assert order("quality_based", PROVIDERS, requirements=requirements) == expected


def test_the_cheaper_within_a_tier(plans: Callable[..., list[Plan]]) -> None:
    cloud = {"base_url": "https://x.example.com", "models": [{"name": "m", "size": "8B"}], "cost_per_1k_tokens": 0.1}
    (made,) = plans("quality_based", {"cloud": cloud, "home": [{"name": "m", "size": "8B"}]})
    assert [it.provider for it in made.attempts] == ["home", "cloud"]
    assert made.attempts[0].facts == (("quality", "medium, wanted medium"), ("cost", "$0"))
