"""What files were before, with who and why; the newest are kept."""

import stat
from pathlib import Path

from ai_dashboard.config.backups import FOLDER, INDEX, Backups, content_hash


def test_a_backup_is_found_again_with_who_and_why(tmp_path: Path) -> None:
    backups = Backups(tmp_path)
    made = backups.keep("providers.yaml", b"a: 1\n", at=1_700_000_000.25, who="ada", why="try a model")
    (found,) = backups.all()
    assert (found.id, found.file, found.who, found.why) == (made.id, "providers.yaml", "ada", "try a model")
    assert found.at == 1_700_000_000.25
    assert backups.read(made.id) == (found, b"a: 1\n")
    assert made.id.startswith("providers.20231114T221320250000Z.")
    assert made.id.endswith(f".{content_hash(b'a: 1' + bytes([10]))[:8]}.yaml")
    assert stat.S_IMODE((tmp_path / FOLDER / made.id).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / FOLDER).stat().st_mode) == 0o700


def test_the_newest_are_kept_for_each_file(tmp_path: Path) -> None:
    backups = Backups(tmp_path, keep=3)
    for second in range(5):
        backups.keep("providers.yaml", b"%d" % second, at=float(second), who="", why="")
    backups.keep("gateway.yaml", b"x", at=0.0, who="", why="")
    assert [backup.at for backup in backups.all("providers.yaml")] == [4.0, 3.0, 2.0]
    assert len(backups.all()) == 4


def test_a_cut_index_costs_only_the_words(tmp_path: Path) -> None:
    backups = Backups(tmp_path)
    made = backups.keep("gateway.yaml", b"x", at=1.0, who="ada", why="because")
    index = tmp_path / FOLDER / INDEX
    index.write_bytes(index.read_bytes()[:-10] + b"\n[]\n\xff\n")
    (found,) = backups.all()
    assert (found.id, found.who, found.why) == (made.id, "", "")


def test_a_backup_that_was_tampered_with_is_none(tmp_path: Path) -> None:
    backups = Backups(tmp_path)
    made = backups.keep("gateway.yaml", b"listen: {}\n", at=1.0, who="", why="")
    (tmp_path / FOLDER / made.id).write_bytes(b"listen")
    assert backups.read(made.id) is None
    assert backups.read("../gateway.yaml") is None


def test_a_folder_without_backups_has_none(tmp_path: Path) -> None:
    assert Backups(tmp_path).all() == ()
