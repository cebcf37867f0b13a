"""`config check`: its JSON, its lines, and its exit code."""

import json
from pathlib import Path

import pytest

from ai_dashboard.cli.configuring.check import as_json
from ai_dashboard.cli.main import main
from ai_dashboard.core.diagnostics import Diagnostic, Severity

ERROR = Diagnostic(Severity.ERROR, "providers.yaml", 3, 7, "providers.ö.type", "no such type", "say `ollama`")
WARNING = Diagnostic(Severity.WARNING, "gateway.yaml", 1, 1, "x", "unknown key")


def test_the_json_has_every_finding_and_the_counts() -> None:
    assert json.loads(as_json((ERROR, WARNING, WARNING))) == {
        "diagnostics": [
            {
                "severity": "error",
                "file": "providers.yaml",
                "line": 3,
                "column": 7,
                "path": "providers.ö.type",
                "message": "no such type",
                "fix": "say `ollama`",
            },
            *[
                {
                    "severity": "warning",
                    "file": "gateway.yaml",
                    "line": 1,
                    "column": 1,
                    "path": "x",
                    "message": "unknown key",
                    "fix": "",
                }
            ]
            * 2,
        ],
        "errors": 1,
        "warnings": 2,
    }


def test_a_good_folder_exits_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "providers.yaml").write_text("providers: {}\n")
    assert main(["config", "check", "--config-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path}: 0 errors, 0 warnings\n"


def test_what_is_wrong_outside_the_files_is_said_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("AI_DASHBOARD_PORT", "many")
    assert main(["config", "check"]) == 2
    out = capsys.readouterr().out
    assert "AI_DASHBOARD_PORT should be a port number" in out
    assert out.splitlines()[-1].endswith(": 1 error, 0 warnings")
