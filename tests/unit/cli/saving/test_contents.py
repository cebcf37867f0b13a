"""What is in a backup, and what is not."""

import os
from pathlib import Path

import pytest

from ai_dashboard.cli.saving.contents import entries_of, files_in, passed_over


def made(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def test_everything_but_what_belongs_to_the_moment_or_to_others(tmp_path: Path) -> None:
    kept = ("a.yaml", ".backups/a.1.yaml", "costs.sqlite", "costs.sqlite.damaged-1", "logs/events.jsonl")
    made(tmp_path, *kept)
    made(tmp_path, ".git/config", "valkey-12/x", ".in-use", ".restore-ab/a.yaml", "before-restore-1/a.yaml")
    made(tmp_path, ".a.yaml.12.draft", "costs.sqlite-wal", "costs.sqlite-shm", "logs/.git/x")
    os.mkfifo(tmp_path / "pipe")
    assert {str(path) for path in files_in(tmp_path)} == set(kept)
    # A journal of SQLite's is in no backup, and has to make room all the same: it belongs to the old database.
    assert set(entries_of(tmp_path)) == {
        "a.yaml", ".backups", "costs.sqlite", "costs.sqlite.damaged-1", "costs.sqlite-wal", "costs.sqlite-shm", "logs",
        "pipe",
    }  # fmt: skip


def test_a_link_stands_for_its_file_and_one_to_nothing_for_nothing(tmp_path: Path) -> None:
    made(tmp_path, "real.yaml")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    (tmp_path / "lost.yaml").symlink_to("nowhere")
    assert [str(path) for path in files_in(tmp_path)] == ["link.yaml", "real.yaml"]


def test_what_cannot_be_read_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(files_in(tmp_path / "nowhere"))


@pytest.mark.parametrize("name", [".git", ".in-use", ".restore.json", ".restore-1", "before-restore-1", "valkey-7"])
def test_what_a_restore_works_with_is_in_none(name: str) -> None:
    assert passed_over(name)
    assert not passed_over(f"x{name}")
