"""Findings about the state folder."""

import shutil
import sqlite3
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import pytest

from ai_dashboard.cli.doctoring.finding import Finding, Level
from ai_dashboard.cli.doctoring.state import check_state
from ai_dashboard.cli.saving.contents import JOURNAL

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024 - as shutil's


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    with closing(sqlite3.connect(folder / "costs.sqlite")) as connection:
        connection.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    (folder / "costs.sqlite").chmod(0o600)
    return folder


def only(folder: Path) -> Finding:
    (found,) = check_state(folder)
    return found


def test_a_sound_one_says_how_much_room_there_is(state: Path) -> None:
    assert (only(state).level, " free" in only(state).text) == (Level.OK, True)


def test_none_is_made_later(tmp_path: Path) -> None:
    assert only(tmp_path / "nowhere").level is Level.NOTE


def test_one_that_others_can_look_into_is_a_problem(state: Path) -> None:
    (state / "admin-token").write_text("t")
    (state / "admin-token").chmod(0o644)
    state.chmod(0o755)
    folder, files = check_state(state)
    assert (folder.level, folder.fix) == (Level.PROBLEM, f"`chmod 700 {state}`")
    assert (files.level, "admin-token" in files.text) == (Level.PROBLEM, True)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch(mode=0o600)
    assert only(tmp_path / "file").text.endswith("is no folder")


@pytest.mark.parametrize(("free", "level"), [(500 << 20, Level.WARNING), (50 << 20, Level.PROBLEM)])
def test_a_disk_that_is_full_is_told(free: int, level: Level, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(1 << 40, 1 << 40, free))
    assert only(state).level is level


def test_a_damaged_database_is_named(state: Path) -> None:
    content = bytearray((state / "costs.sqlite").read_bytes())
    (state / "costs.sqlite").write_bytes(b"x" * len(content))
    found = only(state)
    assert (found.level, found.text.startswith("costs.sqlite is damaged: ")) == (Level.PROBLEM, True)
    content[4096:8192] = b"\xff" * 4096
    (state / "costs.sqlite").write_bytes(content)
    assert only(state).level is Level.PROBLEM


def test_what_was_moved_aside_is_told(state: Path) -> None:
    for number in range(5):
        (state / f"keys.sqlite.damaged-{number}").touch(mode=0o600)
    assert (only(state).level, "and 2 others" in only(state).text) == (Level.NOTE, True)


def test_a_restore_that_was_cut_off_is_told(state: Path) -> None:
    (state / JOURNAL).write_text("[]")
    assert (only(state).level, "cut off" in only(state).text) == (Level.PROBLEM, True)
