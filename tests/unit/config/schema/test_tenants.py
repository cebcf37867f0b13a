import pytest
from pydantic import ValidationError

from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.config.schema.tenants import Jwt

SECRET = "a-secret-of-thirty-two-bytes-or-more"


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"limits": "1000"}, "should be limits such as"),
        ({"limits": ["1/s", "often"]}, "should be limits such as"),
        ({"max_concurrent": 0}, "greater than 0"),
        ({"priority": "urgent"}, "'critical', 'high'"),
        ({"quotas": {"daily_tokens": 0}}, "greater than 0"),
        ({"budgets": 5}, "Extra inputs"),
    ],
)
def test_what_a_tenant_cannot_be(written: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        GatewaySettings.model_validate({"tenants": {"acme": written}})


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"algorithm": "HS256"}, "one of `secret`"),
        ({"algorithm": "HS256", "secret": SECRET, "key_file": "x"}, "one of `secret`"),
        ({"algorithm": "HS256", "secret": "short"}, "32 bytes"),
        ({"algorithm": "RS256", "secret": SECRET}, "is for HS256"),
        ({"algorithm": "none", "secret": SECRET}, "'HS256', 'RS256' or 'ES256'"),
        ({"secret": SECRET}, "algorithm"),
        ({"algorithm": "HS256", "secret": SECRET, "leeway_s": 301}, "less than or equal to 300"),
    ],
)
def test_what_tokens_cannot_be_checked_by(written: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint) as error:
        Jwt.model_validate(written)
    assert SECRET not in str(error.value)


def test_the_secret_of_tokens_is_not_shown() -> None:
    settings = GatewaySettings.model_validate({"auth": {"jwt": {"algorithm": "HS256", "secret": SECRET}}})
    assert SECRET not in repr(settings)
