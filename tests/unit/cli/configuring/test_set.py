"""`config set`: one value of a file, checked, backed up, and nothing else touched."""

from pathlib import Path

import pytest

from tests.unit.cli.configuring.conftest import PROVIDERS, Config

Said = pytest.CaptureFixture[str]


def test_one_value_changes_and_the_old_file_is_backed_up(config: Config, folder: Path, capsys: Said) -> None:
    assert config("set", "providers.yaml", "providers.one.base_url", "http://127.0.0.1:2", "--why", "moved") == 0
    assert (folder / "providers.yaml").read_text() == PROVIDERS.replace("127.0.0.1:1", "127.0.0.1:2")
    out = capsys.readouterr().out
    assert "changed provider one: base_url http://127.0.0.1:1 → http://127.0.0.1:2" in out
    assert "the old one is backup providers." in out
    assert config("backups") == 0
    assert ": moved" in capsys.readouterr().out


def test_a_key_is_added_also_to_a_file_that_is_not_there(config: Config, folder: Path) -> None:
    assert config("set", "providers.yaml", "providers.one.status", "disabled") == 0
    assert "models: [a], status: disabled}   # keep" in (folder / "providers.yaml").read_text()
    assert config("set", "gateway.yaml", "listen.port", "4100") == 0
    assert (folder / "gateway.yaml").read_text() == "listen:\n  port: 4100\n"


def test_a_text_that_looks_like_a_number_is_one_on_request(config: Config, folder: Path) -> None:
    assert config("set", "providers.yaml", "providers.one.description", "0123", "--text") == 0
    assert "description: '0123'" in (folder / "providers.yaml").read_text()


def test_nothing_is_written_for_a_trial(config: Config, folder: Path, capsys: Said) -> None:
    assert config("set", "providers.yaml", "providers.one.models", "[a, b]", "--dry-run") == 0
    assert capsys.readouterr().out == "added model one/b\n"
    assert (folder / "providers.yaml").read_text() == PROVIDERS


def test_what_is_so_already_is_not_written_again(config: Config, folder: Path, capsys: Said) -> None:
    assert config("set", "providers.yaml", "providers.one.type", "vllm") == 0
    assert "it says so already" in capsys.readouterr().out
    assert not (folder / ".backups").exists()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["providers.one.type", "nonsense"], 1, "it would not load"),
        (["providers", "x"], 1, "a map over several lines"),
        (["providers.one.", "x"], 2, "is no path"),
        (["providers.one.models", "[a, b"], 2, "this is not YAML"),
    ],
)
def test_what_is_refused_changes_nothing(
    config: Config, folder: Path, words: list[str], code: int, says: str, capsys: Said
) -> None:
    assert config("set", "providers.yaml", *words) == code
    assert says in capsys.readouterr().err
    assert (folder / "providers.yaml").read_text() == PROVIDERS


def test_a_broken_file_is_pointed_at(config: Config, folder: Path, capsys: Said) -> None:
    (folder / "providers.yaml").write_text("providers: ]")
    assert config("set", "providers.yaml", "providers.one.type", "vllm") == 1
    assert "providers.yaml is as it was: line 1, column 12: this is not YAML" in capsys.readouterr().err
