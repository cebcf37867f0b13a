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
