import pytest

from ai_dashboard.core.secrets import is_reference, is_secret_key, mask


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("sk-proj-0123456789abcd", "sk-…abcd"),
        ("gsk-0123456789wxyz", "gsk-…wxyz"),
        ("AIzaSyD0123456789", "…6789"),
        ("sk-short", "…"),
        ("", "…"),
    ],
)
def test_mask(secret: str, shown: str) -> None:
    assert mask(secret) == shown


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("api_key", True),
        ("OPENAI_API_KEY", True),
        ("Authorization", True),
        ("x-access-token", True),
        ("requires_api_key_file", False),
        ("max_tokens", False),
        ("base_url", False),
    ],
)
def test_a_key_is_known_by_its_name(key: str, secret: bool) -> None:
    assert is_secret_key(key) is secret


@pytest.mark.parametrize("value", ["${KEY}", "os.environ/KEY", "null", "~", "true", "300"])
def test_a_reference_is_no_secret(value: str) -> None:
    assert is_reference(value)
    assert not is_reference(f"x{value}")
