import pytest
from pydantic import ValidationError

from ai_dashboard.config.schema import NOT_YET, GatewaySettings
from ai_dashboard.config.schema.base import Section


def test_every_key_has_a_default() -> None:
    settings = GatewaySettings.model_validate({})
    assert settings.listen.host == "127.0.0.1"
    assert (settings.timeouts.first_token_s, settings.timeouts.first_token_local_s) == (30, 300)


def test_the_master_key_is_not_shown() -> None:
    assert "hush" not in repr(GatewaySettings.model_validate({"auth": {"master_key": "hush-hush"}}))


@pytest.mark.parametrize(
    "written",
    [
        {"listen": {"port": 70000}},
        {"listen": {"port": -1}},
        {"timeouts": {"idle_s": 0}},
        {"limits": {"max_in_flight": 1.5}},
        {"drain_s": -1},
        {"drain_s": float("inf")},
    ],
)
def test_bounds(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GatewaySettings.model_validate(written)


@pytest.mark.parametrize("key", sorted(NOT_YET))
def test_what_comes_later_is_not_there_yet(key: str) -> None:
    """A key that begins to have an effect must leave the list."""
    section: type[Section] = GatewaySettings
    *outer, last = key.split(".")
    for part in outer:
        default = section.model_fields[part].default
        assert isinstance(default, Section)
        section = type(default)
    assert last not in section.model_fields
