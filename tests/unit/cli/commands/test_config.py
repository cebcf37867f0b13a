"""`config check`: its JSON, its lines, and its exit code."""

import json
import shlex
from pathlib import Path

import pytest
import yaml

from ai_dashboard.cli.commands.config import ACTIONS
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
    assert main(["config", "check"]) == 1
    out = capsys.readouterr().out
    assert "AI_DASHBOARD_PORT should be a whole number" in out
    assert out.splitlines()[-1].endswith(": 1 error, 0 warnings")


def test_warnings_count_on_request(tmp_path: Path) -> None:
    (tmp_path / "providers.yaml").write_text("providers: {}\nmine: 1\n")
    assert main(["config", "check", "--config-dir", str(tmp_path)]) == 0
    assert main(["config", "check", "--strict", "--config-dir", str(tmp_path)]) == 1


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_explained_with_an_example_and_its_exit_codes(
    action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["config", action, "--help"])
    told = capsys.readouterr().out
    assert f"\n  ai-dashboard config {action}" in told
    assert "Exit code 0:" in told


@pytest.mark.parametrize("action", [*ACTIONS, "nonsense"])
def test_wrong_arguments_are_used_wrongly(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["config", action, "--no-such-option"])
    assert capsys.readouterr().err.startswith("usage: ai-dashboard config")


def test_the_hook_for_pre_commit_runs_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [hook] = yaml.safe_load((Path(__file__).parents[4] / ".pre-commit-hooks.yaml").read_text())
    assert {"id", "name", "entry", "language", "files"} <= set(hook)
    program, *words = shlex.split(hook["entry"])
    assert program == "ai-dashboard"
    (tmp_path / "providers.yaml").write_text("providers: {one: {type: nonsense}}\n")
    assert main([*words, "--config-dir", str(tmp_path)]) == 1
    assert "providers.yaml:1:25: error" in capsys.readouterr().out
