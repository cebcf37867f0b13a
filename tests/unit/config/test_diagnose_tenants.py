"""Tenants that name what is not there."""

from pathlib import Path

import pytest

from ai_dashboard.config.load import load
from ai_dashboard.core.diagnostics import Severity

PROVIDERS = """providers:
  home: {type: ollama}
  spare: {type: ollama, status: disabled, base_url: "http://127.0.0.1:1"}
"""
REGIONS = "data_residency: {rules: {eu: {regions: [local], groups: [europe]}}}"
GOOD = (
    "{allowed_providers: [home], preferred_providers: [home], residency: europe, strategy: least_loaded, limits: 5/s}"
)


def findings(folder: Path, gateway: str) -> list[tuple[Severity, str, str]]:
    (folder / "providers.yaml").write_text(PROVIDERS)
    (folder / "multi-region.yaml").write_text(REGIONS)
    (folder / "gateway.yaml").write_text(gateway)
    found = load(folder, {}).diagnostics
    return [(it.severity, it.path, it.message) for it in found if it.file == "gateway.yaml"]


def test_what_is_there_is_not_complained_about(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{}")
    jwt = "auth: {jwt: {algorithm: ES256, jwks_file: keys.json}}"
    assert findings(tmp_path, f"tenants: {{acme: {GOOD}, '*': {{}}}}\n{jwt}\n") == []


@pytest.mark.parametrize(
    ("gateway", "severity", "path", "message"),
    [
        ("tenants: {acme: {residency: asia}}", Severity.ERROR, "tenants.acme.residency", "no residency rule"),
        ("tenants: {a b: {}}", Severity.ERROR, "tenants.a b", "no tenant can be called so"),
        ("tenants: {acme: {strategy: best}}", Severity.WARNING, "tenants.acme.strategy", "no such strategy"),
        (
            "tenants: {acme: {preferred_providers: [home, nobody]}}",
            Severity.WARNING,
            "tenants.acme.preferred_providers.1",
            "no provider `nobody`",
        ),
        (
            "tenants: {acme: {allowed_providers: spare}}",
            Severity.WARNING,
            "tenants.acme.allowed_providers",
            "no active",
        ),
        (
            "auth: {jwt: {algorithm: RS256, key_file: nowhere.pem}}",
            Severity.ERROR,
            "auth.jwt.key_file",
            "there is no such file",
        ),
    ],
)
def test_what_is_not_there_is_said(tmp_path: Path, gateway: str, severity: Severity, path: str, message: str) -> None:
    [finding] = findings(tmp_path, gateway)
    assert finding[:2] == (severity, path)
    assert message in finding[2]


def test_a_secret_can_be_a_reference(tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text("auth: {jwt: {algorithm: HS256, secret: os.environ/JWT_SECRET}}")
    loaded = load(tmp_path, {"JWT_SECRET": "a-secret-of-thirty-two-bytes-or-more"})
    assert loaded.config is not None
    jwt = loaded.config.gateway.auth.jwt
    assert jwt is not None
    assert jwt.secret is not None
    assert jwt.secret.get_secret_value() == "a-secret-of-thirty-two-bytes-or-more"
