"""The `metrics` and `otel` of `gateway.yaml` held against what is installed, and against each other."""

import importlib.util
from collections.abc import Callable, Iterator

from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.config.validate import Source
from ai_dashboard.core.diagnostics import Diagnostic, Severity

SDK = "opentelemetry.sdk"
INSTALL = "pip install 'ai-dashboard[otel]'"


def is_installed(package: str) -> bool:
    """Whether a package could be imported, whatever it is part of."""
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def check_monitoring(
    gateway: GatewaySettings, source: Source, installed: Callable[[str], bool] = is_installed
) -> Iterator[Diagnostic]:
    """Traces that nobody can send, and figures on a port that is taken or that nobody opens."""
    metrics, otel = gateway.metrics, gateway.otel
    if otel.enabled and not installed(SDK):
        message = "traces need what is not installed: the OpenTelemetry SDK"
        yield source.say(Severity.WARNING, ("otel", "enabled"), message, INSTALL)
    if metrics.port is not None and metrics.port == gateway.listen.port:
        message, fix = "the gateway itself listens on this port", "name another one, or leave it out"
        yield source.say(Severity.ERROR, ("metrics", "port"), message, fix)
    if metrics.port is not None and not metrics.enabled:
        message, fix = "it has no effect while `metrics.enabled` is false", "set `metrics.enabled: true`"
        yield source.say(Severity.WARNING, ("metrics", "port"), message, fix)
