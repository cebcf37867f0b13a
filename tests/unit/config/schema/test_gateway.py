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
        {"retries": {"max": -1}},
        {"retries": {"budget_ratio": 1.5}},
        {"breaker": {"failures": 0}},
        {"breaker": {"error_ratio": 0}},
        {"breaker": {"ramp": []}},
        {"breaker": {"ramp": [0.1, 2]}},
        {"hedge": {"after": "p50"}},
        {"hedge": {"after": 0}},
        {"stream": {"on_cut": "splice"}},
        {"stream": {"holdback_ms": -1}},
        {"routes": {"code": {"on_cut": "splice"}}},
        {"routes": {"code": {"retries": {"max": 1}}}},
    ],
)
def test_bounds(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GatewaySettings.model_validate(written)


def test_the_usual_way_of_failing_is_that_of_the_manual() -> None:
    settings = GatewaySettings.model_validate({})
    assert (settings.retries.max, settings.retries.base_delay_s, settings.retries.budget_ratio) == (3, 1, 0.2)
    assert (settings.breaker.failures, settings.breaker.window_s, settings.breaker.cooldown_s) == (3, 60, 300)
    assert settings.breaker.ramp == (0.1, 0.25, 0.5)
    assert (settings.hedge.after, settings.stream.on_cut, settings.stream.holdback_ms) == (None, "error", 0)


def test_a_name_can_be_handled_in_a_way_of_its_own() -> None:
    settings = GatewaySettings.model_validate(
        {"routes": {"code": {"hedge_after": "p95", "on_cut": "continue", "timeouts": {"total_s": 20}}}}
    )
    own = settings.routes["code"]
    assert (own.hedge_after, own.on_cut, own.timeouts.total_s) == ("p95", "continue", 20)
    assert (own.max_retries, own.holdback_ms, own.timeouts.idle_s) == (None, None, None)


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
