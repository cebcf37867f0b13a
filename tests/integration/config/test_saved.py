"""What was last saved, whole: a file that was cut is told from one that was meant so, whatever was interrupted."""

from pathlib import Path

import pytest

from ai_dashboard.config.atomic import append_line
from ai_dashboard.config.backups import FOLDER, INDEX, Backups
from ai_dashboard.config.load import FILES, load
from ai_dashboard.config.saved import Saves, cut_short
from ai_dashboard.config.store import ConfigStore

FILE = "providers.yaml"
BEFORE = b"# mine\nproviders:\n  one: {type: vllm, base_url: http://127.0.0.1:1, models: [a]}\n"
AFTER = BEFORE + b"  two: {type: ollama, base_url: http://127.0.0.1:2, models: [b]}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / FILE).write_bytes(BEFORE)
    return tmp_path


def commit(folder: Path, content: bytes) -> None:
    store = ConfigStore(folder, {}, lambda: 1_700_000_000.0)
    store.commit(store.propose(FILE, content, None), who="ada", why="")


def test_another_process_recognises_a_cut_at_any_byte(folder: Path) -> None:
    commit(folder, AFTER)
    saves = Saves(folder)
    assert all(saves.cut(FILE, AFTER[:end]) for end in range(len(AFTER)))
    assert saves.cut(FILE, AFTER) is None
    assert saves.cut(FILE, AFTER + b"\n") is None
    assert saves.cut("gateway.yaml", b"") is None


def test_both_versions_are_whole_while_a_save_is_interrupted(folder: Path) -> None:
    """A save that adds to the end: what was there before is a beginning of it, and no cut."""
    saves = Saves(folder)
    Backups(folder).keep(FILE, BEFORE, at=1.0, who="ada", why="")
    saves.begin(FILE, AFTER)
    assert (saves.cut(FILE, BEFORE), saves.cut(FILE, AFTER)) == (None, None)
    assert saves.cut(FILE, BEFORE[:-1])
    assert saves.cut(FILE, AFTER[:-1])


def test_a_save_that_takes_something_away_is_no_cut_of_the_one_before(folder: Path) -> None:
    commit(folder, AFTER)
    Backups(folder).keep(FILE, AFTER, at=2_000_000_000.0, who="ada", why="")
    saves = Saves(folder)
    saves.begin(FILE, BEFORE)
    assert (saves.cut(FILE, AFTER), saves.cut(FILE, BEFORE)) == (None, None)
    saves.done(FILE)
    assert saves.cut(FILE, BEFORE) is None


@pytest.mark.parametrize(("is_now", "known_as"), [(AFTER, AFTER), (BEFORE, None)], ids=["made", "not made"])
def test_an_interrupted_save_is_settled_by_what_the_file_is(
    folder: Path, is_now: bytes, known_as: bytes | None
) -> None:
    Backups(folder).keep(FILE, BEFORE, at=1.0, who="ada", why="")
    Saves(folder).begin(FILE, AFTER)
    (folder / FILE).write_bytes(is_now)
    ConfigStore(folder, {}, lambda: 0.0).tidy()
    assert not (folder / FOLDER / f"{FILE}.saving").exists()
    saved = folder / FOLDER / f"{FILE}.saved"
    assert (saved.read_bytes() if saved.exists() else None) == known_as


def test_an_interrupted_save_of_which_a_piece_is_there_stays_known(folder: Path) -> None:
    Backups(folder).keep(FILE, BEFORE, at=1.0, who="ada", why="")
    Saves(folder).begin(FILE, AFTER)
    (folder / FILE).write_bytes(AFTER[:-5])
    ConfigStore(folder, {}, lambda: 0.0).tidy()
    assert Saves(folder).cut(FILE, AFTER[:-5])


def test_a_cut_file_does_not_load_and_the_finding_says_what_to_do(folder: Path) -> None:
    commit(folder, AFTER)
    (folder / FILE).write_bytes(BEFORE)
    loaded = load(folder, {})
    assert loaded.config is None
    (error,) = cut_short(folder, FILES)
    assert error in loaded.diagnostics
    assert error.message == f"is a shortened copy of what was saved here, its first {len(BEFORE)} bytes"
    whole = folder / FOLDER / f"{FILE}.saved"
    assert f"ai-dashboard config put --config-dir {folder} --as {FILE} {whole}" in error.fix
    assert whole.read_bytes() == AFTER


@pytest.mark.parametrize("kept", [BEFORE, AFTER], ids=["the short one", "the whole one"])
def test_either_can_be_made_to_count(folder: Path, kept: bytes) -> None:
    commit(folder, AFTER)
    (folder / FILE).write_bytes(BEFORE)
    commit(folder, kept)
    assert load(folder, {}).config is not None
    assert (folder / FILE).read_bytes() == kept


def test_what_was_kept_already_is_not_kept_again(folder: Path) -> None:
    store = ConfigStore(folder, {}, lambda: 1_700_000_000.0)
    first = store.keep(FILE, BEFORE, who="ada", why="")
    assert store.keep(FILE, BEFORE, who="bob", why="").id == first.id
    assert store.keep(FILE, AFTER, who="ada", why="").id != first.id
    assert len(store.backups.all()) == 2


def test_a_line_that_was_never_finished_costs_the_next_one_nothing(folder: Path) -> None:
    backups = Backups(folder)
    backups.keep(FILE, BEFORE, at=1.0, who="ada", why="first")
    index = folder / FOLDER / INDEX
    index.write_bytes(index.read_bytes() + b'{"id": "providers.20')
    backups.keep(FILE, AFTER, at=2.0, who="bob", why="second")
    assert [(it.who, it.why) for it in backups.all()] == [("bob", "second"), ("ada", "first")]


def test_a_line_is_added_to_what_is_there(tmp_path: Path) -> None:
    for line in (b"one", b"two"):
        append_line(tmp_path / "lines", line)
    assert (tmp_path / "lines").read_bytes() == b"one\ntwo\n"
