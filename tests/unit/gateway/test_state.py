"""The state folder: one token for all gateways of a user, readable by nobody else."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ai_dashboard.gateway.state import TOKEN_FILE, admin_token, known_admin_token, state_folder


@pytest.fixture(autouse=True)
def lax_umask() -> object:
    """A umask that protects nothing, so that only what the code asks for does."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_the_folder_is_the_one_that_is_named(tmp_path: Path) -> None:
    assert state_folder({"AI_DASHBOARD_STATE_DIR": str(tmp_path)}) == tmp_path
    assert state_folder({}).name == "ai-dashboard"


def test_a_token_is_made_once_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "state"
    assert known_admin_token(folder, {}) is None
    token = admin_token(folder, {})
    assert len(token) >= 32
    assert admin_token(folder, {}) == token == known_admin_token(folder, {})
    assert [path.name for path in folder.iterdir()] == [TOKEN_FILE]


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    admin_token(folder, {})
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / TOKEN_FILE).stat().st_mode & 0o777 == 0o600


def test_many_that_start_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        tokens = set(pool.map(lambda _: admin_token(tmp_path / "state", {}), range(64)))
    assert tokens == {known_admin_token(tmp_path / "state", {})}


def test_the_environment_wins_and_nothing_is_written(tmp_path: Path) -> None:
    env = {"AI_DASHBOARD_ADMIN_KEY": "from the environment"}
    assert admin_token(tmp_path / "state", env) == "from the environment"
    assert known_admin_token(tmp_path / "state", env) == "from the environment"
    assert not (tmp_path / "state").exists()


def test_where_nothing_can_be_written_the_token_lives_as_long_as_the_process(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "state"
    assert admin_token(folder, {}) != admin_token(folder, {})
    assert known_admin_token(folder, {}) is None


def test_where_links_cannot_be_made_no_draft_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert admin_token(tmp_path, {})
    assert not list(tmp_path.iterdir())
