"""The actions of `ai-dashboard config`, as a person runs them one after the other."""

import json
from pathlib import Path

import pytest

from ai_dashboard.cli.main import main

BEFORE = "# mine\nproviders:\n  one: {type: vllm, base_url: http://127.0.0.1:1, models: [a]}\n"
AFTER = BEFORE.replace("[a]", "[a, b]")

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is put on record is put there, and not where whoever runs the tests keeps it."""
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "providers.yaml").write_text(BEFORE)
    return folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    copy = tmp_path / "providers.yaml"
    copy.write_text(AFTER)
    return copy


def config(folder: Path, *words: str) -> int:
    return main(["config", *words, "--config-dir", str(folder)])


def test_a_change_is_shown_put_in_place_listed_and_rolled_back(folder: Path, copy: Path, capsys: Said) -> None:
    assert config(folder, "diff", str(copy)) == 1
    assert capsys.readouterr().out == "added model one/b\n"
    assert (folder / "providers.yaml").read_text() == BEFORE

    assert config(folder, "put", str(copy), "--why", "try b") == 0
    assert (folder / "providers.yaml").read_text() == AFTER
    assert "is in place; the old one is backup providers." in capsys.readouterr().out

    assert config(folder, "backups", "--json") == 0
    (backup,) = json.loads(capsys.readouterr().out)
    assert backup["why"] == "try b"
    assert config(folder, "backups", "gateway.yaml") == 0
    assert "no backups" in capsys.readouterr().out

    assert config(folder, "rollback", backup["id"]) == 0
    assert (folder / "providers.yaml").read_text() == BEFORE
    assert "removed model one/b" in capsys.readouterr().out
    assert config(folder, "backups") == 0
    assert f"rollback to {backup['id']}" in capsys.readouterr().out


def test_no_difference_is_said(folder: Path, copy: Path, capsys: Said) -> None:
    copy.write_text("# yours\n" + BEFORE)
    assert config(folder, "diff", str(copy)) == 0
    assert "nothing that counts is different" in capsys.readouterr().out


def test_what_would_not_load_is_not_put_in_place(folder: Path, copy: Path, capsys: Said) -> None:
    copy.write_text("providers: {one: {type: nonsense}}\n")
    assert config(folder, "diff", str(copy)) == 2
    assert config(folder, "put", str(copy)) == 1
    assert "not put in place" in capsys.readouterr().err
    assert (folder / "providers.yaml").read_text() == BEFORE


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["diff", "--as", "providers.yaml", "no/such/file.yaml"], 2, "No such file"),
        (["diff", "--as", "secrets.yaml", __file__], 2, "is none of providers.yaml"),
        (["put", __file__], 2, "is none of providers.yaml"),
        (["rollback", "nothing"], 1, "no backup"),
        (["schema"], 2, "say which file"),
    ],
)
def test_mistakes_are_told_in_one_line(folder: Path, words: list[str], code: int, said: str, capsys: Said) -> None:
    assert config(folder, *words) == code
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_a_missing_folder_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert main(["config", "backups"]) == 2
    assert "`config init` makes" in capsys.readouterr().err


def test_init_writes_what_is_found_and_never_over_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-0123456789")
    folder = tmp_path / "new"
    assert config(folder, "init") == 0
    text = (folder / "providers.yaml").read_text()
    assert "env_var: ANTHROPIC_API_KEY" in text
    assert "sk-ant-0123456789" not in text
    assert text.startswith("# yaml-language-server: $schema=.schemas/providers.json\n")
    assert json.loads((folder / ".schemas" / "providers.json").read_text())["properties"]
    capsys.readouterr()
    assert config(folder, "check") == 0
    assert config(folder, "init") == 2
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["providers.yaml", "model-mappings.yaml", "multi-region.yaml", "gateway.yaml"])
def test_the_schema_of_each_file_describes_its_fields(name: str, capsys: Said) -> None:
    assert main(["config", "schema", name]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert all("description" in field for field in schema["properties"].values())


def test_the_schema_of_anything_else_is_refused(capsys: Said) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["config", "schema", "x.yaml"])
    assert "is none of providers.yaml" in capsys.readouterr().err
