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
