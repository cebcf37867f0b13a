"""The smallest window that fits."""

from collections.abc import Callable

import pytest

PROVIDERS = {
    "unknown": ["m"],
    "huge": [{"name": "m", "context_length": 100_000}],
    "large": [{"name": "m", "context_length": 10_000}],
    "small": [{"name": "m", "context_length": 1000}],
}


@pytest.mark.parametrize("name", ["token_aware", "context_based"])
@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (900, ["small", "large", "huge", "unknown"]),
        (950, ["large", "huge", "small", "unknown"]),  # fits, without a tenth to spare
        (9500, ["huge", "large", "unknown"]),
        (99_000, ["huge", "unknown"]),
    ],
)
def test_large_windows_are_kept_for_those_who_need_them(
    name: str, tokens: int, expected: list[str], order: Callable[..., list[str]]
) -> None:
    assert order(name, PROVIDERS, prompt_tokens=tokens - 100, max_tokens=100) == expected


@pytest.mark.parametrize(
    ("thresholds", "tokens", "expected"),
    [
        ({"small": 4000}, 900, ["small", "huge", "large", "unknown"]),
        ({"small": 500}, 900, ["huge", "large", "small", "unknown"]),
        ({"small": 4000, "large": 50_000}, 900, ["small", "large", "huge", "unknown"]),
        ([4000], 5000, ["huge", "large", "unknown"]),
        ([4000, 50_000], 5000, ["large", "huge", "unknown"]),
    ],
)
def test_windows_between_two_thresholds_go_in_the_operators_order(
    thresholds: dict[str, int] | list[int], tokens: int, expected: list[str], order: Callable[..., list[str]]
) -> None:
    rules = {"context_thresholds": thresholds}
    assert order("context_based", PROVIDERS, rules=rules, prompt_tokens=tokens) == expected
