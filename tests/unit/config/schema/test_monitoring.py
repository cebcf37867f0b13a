import pytest
from pydantic import ValidationError

from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.config.schema.monitoring import MetricsSettings, OtelSettings


def test_figures_are_told_and_traces_are_not_unless_somebody_wants_it() -> None:
    settings = GatewaySettings()
    assert (settings.metrics.enabled, settings.metrics.port, settings.otel.enabled) == (True, None, False)


@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:4318/v1/traces", "https://otel.example/v1/traces"])
def test_a_collector_is_an_address(endpoint: str) -> None:
    assert OtelSettings(endpoint=endpoint).endpoint == endpoint


@pytest.mark.parametrize("endpoint", ["127.0.0.1:4318", "ftp://c/v1/traces", "http://user:secret@c:4318/v1/traces"])
def test_anything_else_is_not(endpoint: str) -> None:
    with pytest.raises(ValidationError, match="should look like http") as refused:
        OtelSettings(endpoint=endpoint)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("fields", [{"port": 0}, {"port": 65536}, {"max_models": 0}, {"max_models": 20_001}])
def test_ports_and_sizes_have_bounds(fields: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        MetricsSettings.model_validate(fields)
