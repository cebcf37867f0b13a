"""Small models for small questions."""

from collections.abc import Callable
from typing import Any

import pytest

PROVIDERS = {
    "large": [{"name": "m", "size": "70B"}],
    "small": [{"name": "m", "size": "3B"}],
    "middle": [{"name": "m", "size": "8B"}],
}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"prompt_tokens": 20}, ["small", "middle", "large"]),
        ({"prompt_tokens": 600}, ["middle", "large", "small"]),
        ({"prompt_tokens": 20, "code": True, "files": 1}, ["large", "middle", "small"]),
        ({"prompt_tokens": 9000}, ["large", "middle", "small"]),
    ],
)
def test_the_tier_follows_from_the_request(
    facts: dict[str, Any], expected: list[str], order: Callable[..., list[str]]
) -> None:
    assert order("complexity_based", PROVIDERS, **facts) == expected


@pytest.mark.parametrize(
    ("thresholds", "tokens", "first"),
    [
        ({"medium": 10}, 9, "small"),
        ({"medium": 10}, 10, "middle"),
        ({"medium": 10, "high": 20}, 20, "large"),
        ({"high": 30}, 30, "large"),
        ({"high": 9000}, 8000, "middle"),
        ({"medium": 20, "high": 10}, 600, "middle"),
    ],
)
def test_thresholds_of_the_operators_own(
    thresholds: dict[str, int], tokens: int, first: str, order: Callable[..., list[str]]
) -> None:
    rules = {"complexity_thresholds": thresholds}
    assert order("complexity_based", PROVIDERS, rules=rules, prompt_tokens=tokens)[0] == first
