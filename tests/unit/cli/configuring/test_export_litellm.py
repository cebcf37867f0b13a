"""`config export-litellm`: written, checked, never over somebody else's file."""

from pathlib import Path

import pytest
import yaml

from tests.unit.cli.configuring.conftest import Config

Said = pytest.CaptureFixture[str]


def test_it_is_written_and_found_out_of_date_once_the_folder_has_changed(
    config: Config, folder: Path, capsys: Said
) -> None:
    assert config("export-litellm", "--check") == 1
    assert config("export-litellm") == 0
    written = folder / "litellm-unified.yaml"
    assert [it["model_name"] for it in yaml.safe_load(written.read_text())["model_list"]] == ["one/a", "a"]
    assert config("export-litellm", "--check") == 0
    capsys.readouterr()
    assert config("check", "--strict") == 0

    assert config("set", "providers.yaml", "providers.one.models", "[a, b]") == 0
    assert config("export-litellm", "--check") == 1
    capsys.readouterr()
    assert config("check") == 0
    assert "litellm-unified.yaml:4:1: warning: providers.yaml has changed" in capsys.readouterr().out
    assert config("check", "--strict") == 1

    assert config("export-litellm") == 0
    assert config("check", "--strict") == 0


def test_it_can_go_elsewhere(config: Config, tmp_path: Path, folder: Path, capsys: Said) -> None:
    assert config("export-litellm", "-o", "-") == 0
    text = capsys.readouterr().out
    assert text.startswith("# Generated, do not edit:")
    assert config("export-litellm", "-o", str(tmp_path / "there.yaml")) == 0
    assert (tmp_path / "there.yaml").read_text() == text
    assert not (folder / "litellm-unified.yaml").exists()


def test_somebody_elses_file_is_left_alone(config: Config, folder: Path, capsys: Said) -> None:
    theirs = folder / "litellm-unified.yaml"
    theirs.write_text("model_list: []\n")
    assert config("export-litellm") == 2
    assert "--force" in capsys.readouterr().err
    assert theirs.read_text() == "model_list: []\n"
    assert config("export-litellm", "--force") == 0
    assert "one/a" in theirs.read_text()


def test_a_folder_that_is_refused_is_not_exported(config: Config, folder: Path, capsys: Said) -> None:
    (folder / "providers.yaml").write_text("providers: ]")
    assert config("export-litellm") == 1
    assert "providers.yaml:1:12: error" in capsys.readouterr().err
