"""A model's name says what it takes."""

import pytest

from ai_dashboard.dialects.anthropic.families import OTHER, family_of


@pytest.mark.parametrize(
    ("model", "thinks", "off", "sampling", "forced", "structured", "most"),
    [
        ("claude-opus-5-5", "adaptive", "never", False, False, True, 128_000),
        ("claude-fable-5-2", "adaptive", "never", False, False, True, 128_000),
        ("claude-fable-5", "adaptive", "never", False, True, True, 128_000),
        ("claude-mythos-preview", "adaptive", "never", False, True, True, 128_000),
        ("claude-sonnet-5-5", "adaptive", "between_tools", False, False, True, 128_000),
        ("claude-haiku-5-5", "adaptive", "disabled", False, True, True, 128_000),
        ("claude-opus-5", "adaptive", "disabled", False, True, True, 128_000),
        ("claude-opus-4-8", "adaptive", "absent", False, True, True, 128_000),
        ("claude-sonnet-4-6", "either", "absent", True, True, True, 128_000),
        ("claude-haiku-4-5-20251001", "budget", "absent", True, True, True, 64_000),
        ("claude-opus-4-1-20250805", "budget", "absent", True, True, False, 32_000),
        ("claude-sonnet-4-20250514", "budget", "absent", True, True, False, 64_000),
        ("claude-3-7-sonnet-latest", "budget", "absent", True, True, False, 64_000),
        ("claude-3-5-haiku-20241022", "never", "absent", True, True, False, 8192),
        ("claude-3-haiku-20240307", "never", "absent", True, True, False, 4096),
    ],
)
def test_a_version_is_read_from_the_name(
    model: str, thinks: str, off: str, sampling: bool, forced: bool, structured: bool, most: int
) -> None:
    family = family_of(model)
    assert (family.thinks, family.off, family.sampling) == (thinks, off, sampling)
    assert (family.forced_tools, family.structured, family.max_output) == (forced, structured, most)


@pytest.mark.parametrize(
    ("other", "plain"),
    [
        ("anthropic/claude-opus-4.5", "claude-opus-4-5"),
        ("eu.anthropic.claude-sonnet-4-20250514-v1:0", "claude-sonnet-4-20250514"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("claude-4-opus-20250514", "claude-opus-4-20250514"),
        ("claude-opus-9", "claude-opus-5-5"),
    ],
)
def test_other_spellings_mean_the_same(other: str, plain: str) -> None:
    assert family_of(other) is family_of(plain)


@pytest.mark.parametrize(
    "model", ["kimi-k2", "my-claude", "claude", "claude-", "claude-2.1", "", "claude-opus-" + "9" * 99]
)
def test_a_name_without_a_version_is_asked_as_the_api_was_first_documented(model: str) -> None:
    assert family_of(model) is OTHER
