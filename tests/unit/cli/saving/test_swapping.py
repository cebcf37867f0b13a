"""All or nothing, wherever it is cut off."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from ai_dashboard.cli.saving.occupied import alone
from ai_dashboard.cli.saving.swapping import commit, cut_off, finish, finish_first, planned, tidy
from ai_dashboard.core.errors import ConfigError

OLD = {"config": {"a": "old a", "b": "old b", "same": "1"}, "state": {"token": "old", "gone": "old", "logs/x": "old"}}
NEW = {"config": {"a": "new a", "c": "new c", "same": "1"}, "state": {"token": "new", "logs/y": "new"}}
MOVES = 11
STAGED, KEPT = ".restore-1", "before-restore-1"
Files = dict[str, dict[str, str]]


class Killed(BaseException):
    """As SIGKILL: nothing that would tidy up runs."""


def dying_after(moves: int) -> Callable[[Path, Path], None]:
    left = iter(range(moves))

    def move(source: Path, target: Path) -> None:
        if next(left, None) is None:
            raise Killed
        source.rename(target)

    return move


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def read(folder: Path) -> dict[str, str]:
    found = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    return {name: text for name, text in found.items() if not name.startswith((KEPT, STAGED, ".in-use", ".restore"))}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for group, files in OLD.items():
        write(tmp_path / group, files)
        write(tmp_path / group / STAGED, NEW[group])
    return tmp_path


def both(home: Path) -> Files:
    return {group: read(home / group) for group in OLD}


def decide(home: Path, move: Callable[[Path, Path], object] = Path.rename) -> None:
    commit(home / "state", tuple(planned(home / group, STAGED, KEPT) for group in OLD), move)


def test_all_comes_into_place_and_what_was_there_is_kept(home: Path) -> None:
    decide(home)
    assert both(home) == NEW
    assert {group: read(home / group / KEPT) for group in OLD} == OLD
    assert not cut_off(home / "state")
    assert not list(home.rglob(f"{STAGED}*"))


@pytest.mark.parametrize("moves", range(MOVES))
def test_one_that_is_killed_is_finished_by_whoever_comes_next(home: Path, moves: int) -> None:
    with pytest.raises(Killed):
        decide(home, dying_after(moves))
    assert cut_off(home / "state")
    with pytest.raises(Killed):
        finish(home / "state", dying_after(0))
    finish_first(home / "state")
    assert both(home) == NEW
    assert {group: read(home / group / KEPT) for group in OLD} == OLD
    assert not finish(home / "state")


def test_there_are_as_many_moves_as_were_tried(home: Path) -> None:
    decide(home, dying_after(MOVES))
    assert both(home) == NEW


def test_before_it_is_decided_nothing_has_changed(home: Path) -> None:
    (home / "state" / ".restore.json").mkdir()  # the journal cannot be written
    with pytest.raises(OSError, match=r"\.restore\.json"):
        decide(home)
    assert both(home) == OLD
    tidy(home / "config")
    assert not list((home / "config").glob(f"{STAGED}*"))


@pytest.mark.parametrize("stuck", ["config/b", "config/a", "state/token", "state/gone"])
def test_an_entry_that_cannot_be_moved_leaves_all_as_it_was(home: Path, stuck: str) -> None:
    def move(source: Path, target: Path) -> None:
        if source == home / stuck:
            raise OSError(errno.EBUSY, "it is a mount point", str(source))
        source.rename(target)

    with pytest.raises(OSError, match="mount point"):
        decide(home, move)
    assert both(home) == OLD
    assert not cut_off(home / "state")
    assert not list(home.rglob(KEPT))


def test_what_somebody_made_meanwhile_is_kept_as_well(home: Path) -> None:
    with pytest.raises(Killed):
        decide(home, dying_after(1))
    write(home / "config", {"a": "made meanwhile"})
    finish(home / "state")
    assert both(home) == NEW
    assert read(home / "config" / KEPT) == OLD["config"] | {"a.1": "made meanwhile"}


def test_a_gateway_does_not_start_while_it_is_being_finished(home: Path) -> None:
    with pytest.raises(Killed):
        decide(home, dying_after(1))
    with alone(home / "state"), pytest.raises(ConfigError, match="cut off and cannot be finished"):
        finish_first(home / "state")
