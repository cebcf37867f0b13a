"""`config show`: every value in force, with its origin, for people and for programs."""

import json
from pathlib import Path

import pytest

from ai_dashboard.cli.configuring.show import dotted
from tests.unit.cli.configuring.conftest import Config

Said = pytest.CaptureFixture[str]


def test_a_flag_wins_over_the_environment_and_that_over_the_file(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    (folder / "gateway.yaml").write_text("listen: {port: 1}\n")
    monkeypatch.delenv("AI_DASHBOARD_PORT")
    told = []
    assert config("show", "--origin", "gateway.yaml") == 0
    told.append(capsys.readouterr().out)
    monkeypatch.setenv("AI_DASHBOARD_PORT", "2")
    assert config("show", "--origin", "gateway.yaml") == 0
    told.append(capsys.readouterr().out)
    assert config("show", "--origin", "--port", "3", "gateway.yaml") == 0
    told.append(capsys.readouterr().out)
    rows = [next(line.split() for line in out.splitlines() if "listen.port" in line) for out in told]
    assert rows == [
        ["listen.port", "1", "gateway.yaml:1"],
        ["listen.port", "2", "AI_DASHBOARD_PORT"],
        ["listen.port", "3", "--port"],
    ]
    assert told[0].startswith(f"folder  {folder}  (--config-dir)\n")


def test_origins_are_only_told_to_those_who_ask(config: Config, capsys: Said) -> None:
    assert config("show", "providers.yaml") == 0
    out = capsys.readouterr().out
    assert "  providers.one.base_url" in out
    assert "providers.yaml:3" not in out
    assert "gateway.yaml" not in out


def test_programs_are_told_everything_and_no_secret(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    monkeypatch.setenv("BUDGET_LIMIT", "5")
    assert config("show", "--json") == 0
    out = capsys.readouterr().out
    assert "sk-0123456789abcdef" not in out
    document = json.loads(out)
    [row] = [it for it in document["settings"] if it["path"] == "providers.one.base_url"]
    assert row == {
        "file": "providers.yaml",
        "path": "providers.one.base_url",
        "value": "http://127.0.0.1:1",
        "origin": {"kind": "file", "place": "providers.yaml:3", "named_in": ""},
    }
    assert document["folder"]["origin"] == "--config-dir"
    variables = {it["name"]: it for it in document["environment"]}
    assert variables["OPENAI_API_KEY"]["value"] == "sk-…cdef"
    assert variables["AI_DASHBOARD_PORT"]["effect"] == "gateway.yaml listen.port"


def test_a_folder_that_is_refused_says_why(config: Config, folder: Path, capsys: Said) -> None:
    (folder / "providers.yaml").write_text("providers: ]")
    assert config("show") == 1
    assert "providers.yaml:1:12: error" in capsys.readouterr().err


def test_a_wrong_file_is_used_wrongly(config: Config, capsys: Said) -> None:
    assert config("show", "secrets.yaml") == 2
    assert "is none of providers.yaml" in capsys.readouterr().err


def test_a_path_that_is_shown_can_be_asked_for() -> None:
    assert dotted(("exact_matches", "llama3.1:8b", "provider")) == 'exact_matches."llama3.1:8b".provider'
    assert dotted(("models", 0, "name")) == "models.0.name"
