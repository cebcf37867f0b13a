from typing import Any

import pytest

from ai_dashboard.config.load import Loaded, load
from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.gateway.findings import first_error, restart_needed


@pytest.mark.parametrize(
    ("now", "fixed", "said"),
    [
        ({}, (), None),
        ({"retries": {"max": 1}, "limits": {"max_in_flight": 3}}, (), None),
        ({"listen": {"port": 4100}}, (), "listen.port takes effect at the next start"),
        ({"listen": {"port": 4100}}, ("listen.port",), None),
        (
            {"listen": {"host": "0.0.0.0"}, "limits": {"max_body_mb": 1}},
            ("listen.port",),
            "listen.host, limits.max_body_mb take",
        ),
        ({"allowed_hosts": ["box"], "auth": {"master_key": "sk-1"}}, (), None),
        ({"redis": {"url": "redis://box:6379"}}, (), "redis.url takes effect at the next start"),
        ({"limits": {"max_body_mb": 1, "max_connections": 5}}, (), "limits.max_connections, limits.max_body_mb take"),
    ],
)
def test_what_is_read_at_the_start_only_is_said(now: dict[str, Any], fixed: tuple[str, ...], said: str | None) -> None:
    found = restart_needed(GatewaySettings(), GatewaySettings.model_validate(now), frozenset(fixed))
    if said is None:
        assert found == ()
    else:
        assert said in found[0].message
        assert found[0].severity is Severity.WARNING


def test_the_first_error_speaks_for_the_others() -> None:
    finding = Diagnostic(Severity.ERROR, "providers.yaml", 1, 2, "a", "is wrong")
    warning = Diagnostic(Severity.WARNING, "providers.yaml", 1, 1, "b", "is odd")
    assert first_error(Loaded(None, (warning, finding), None)) == str(finding)
    assert first_error(Loaded(None, (finding, finding, finding), None)).endswith("(and 2 more)")
    assert load(None, {}).config is not None
