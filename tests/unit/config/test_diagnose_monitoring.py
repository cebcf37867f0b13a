import pytest

from ai_dashboard.config.diagnose_monitoring import check_monitoring, is_installed
from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.config.validate import Source, validate
from ai_dashboard.config.yaml_read import parse
from ai_dashboard.core.diagnostics import Diagnostic


def found(text: str, *, installed: bool = True) -> list[str]:
    source = Source("gateway.yaml", parse(text))
    settings, wrong = validate(GatewaySettings, source)
    assert settings is not None, wrong
    told: list[Diagnostic] = [*check_monitoring(settings, source, lambda _package: installed)]
    return [f"{it.severity}: {it.message}" for it in told]


@pytest.mark.parametrize(
    "text",
    ["metrics: {port: 9464}", "otel: {enabled: true, endpoint: 'http://c:4318/v1/traces'}", "metrics: {enabled: no}"],
)
def test_what_can_work_is_not_talked_about(text: str) -> None:
    assert found(text) == []


def test_traces_without_what_sends_them_are_told() -> None:
    assert found("otel: {enabled: true}", installed=False) == [
        "warning: traces need what is not installed: the OpenTelemetry SDK"
    ]
    assert found("otel: {enabled: false}", installed=False) == []


def test_a_port_that_is_taken_or_never_opened_is_told() -> None:
    assert found("listen: {port: 4100}\nmetrics: {port: 4100}") == ["error: the gateway itself listens on this port"]
    assert found("metrics: {port: 9464, enabled: false}") == [
        "warning: it has no effect while `metrics.enabled` is false"
    ]


def test_a_part_of_what_is_not_there_is_not_there() -> None:
    assert not is_installed("nobody_has_this.part")
    assert is_installed("os.path")
