from pathlib import Path

import pytest

from ai_dashboard.config.locate import find_folder
from ai_dashboard.core.errors import ConfigError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of its own: nothing in the user's folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def folder(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "providers.yaml").touch()
    return path


def test_the_order(home: Path) -> None:
    flag, variable, here = folder(home / "flag"), folder(home / "variable"), folder(home / "config")
    env = {"AI_DASHBOARD_CONFIG_DIR": str(variable)}
    assert find_folder("flag", env, home) == flag
    assert find_folder(None, env, home) == variable
    assert find_folder(None, {}, home) == here


def test_a_folder_of_that_name_without_the_file_is_not_ours(home: Path) -> None:
    (home / "config").mkdir()
    assert find_folder(None, {}, home) is None


def test_the_users_folder(home: Path) -> None:
    usual = folder(home / "xdg" / "ai-dashboard")
    assert find_folder(None, {}, home) == usual


@pytest.mark.parametrize(
    ("flag", "env", "says"),
    [
        ("gone", {}, "--config-dir: .* does not exist"),
        ("file", {}, "--config-dir: .* is not a folder"),
        (None, {"AI_DASHBOARD_CONFIG_DIR": "gone"}, r"\$AI_DASHBOARD_CONFIG_DIR: .* does not exist"),
    ],
)
def test_a_folder_that_was_named_must_exist(home: Path, flag: str | None, env: dict[str, str], says: str) -> None:
    (home / "file").touch()
    with pytest.raises(ConfigError, match=says):
        find_folder(flag, env, home)


def test_home_is_understood(home: Path) -> None:
    mine = folder(home / "mine")
    assert find_folder("~/mine", {}, Path("/")) == mine
