"""`queue:` and `redis:`."""

import pytest
from pydantic import ValidationError

from ai_dashboard.config.schema.gateway import GatewaySettings
from ai_dashboard.config.schema.queue import RedisSettings


def test_everything_has_a_default() -> None:
    settings = GatewaySettings()
    assert (settings.queue.max_size, settings.queue.age_boost_s, settings.queue.adaptive) == (1000, 30, True)
    assert (settings.redis.url, settings.redis.protocol) == (None, 2)


@pytest.mark.parametrize(
    "url",
    [
        "redis://a:6379/0",
        "rediss://:secret@a?ssl_cert_reqs=none&ssl_check_hostname=no",
        "unix:///run/valkey.sock?db=1&password=secret",
    ],
)
def test_an_address_is_kept_and_not_shown(url: str) -> None:
    settings = RedisSettings.model_validate({"url": url})
    assert settings.url is not None
    assert settings.url.get_secret_value() == url
    assert url not in repr(settings)


@pytest.mark.parametrize("wrong", [{"url": "localhost:6379"}, {"protocol": 4}, {"ur1": "redis://a"}])
def test_nonsense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RedisSettings.model_validate(wrong)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis://a:port", "should look like"),
        ("redis://a:99999", "should look like"),
        ("redis://[::1", "should look like"),
        ("redis://a?db=first", "cannot be used: db"),
        ("redis://a?retries=3", "cannot be used: retries"),
        ("redis://a?ssl_cert_reqs=none", "cannot be used: ssl_cert_reqs"),
    ],
)
def test_an_address_that_no_link_could_be_made_of_is_refused_without_being_shown(url: str, said: str) -> None:
    secret = url.replace("//", "//:hush@", 1)
    with pytest.raises(ValidationError, match=said) as refused:
        RedisSettings.model_validate({"url": secret})
    assert "hush" not in str(refused.value)
