"""What a backup holds of a folder: everything in it but what belongs to the moment or to others."""

import os
import stat
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from ai_dashboard.cli.saving.occupied import LOCK

JOURNAL = ".restore.json"
STAGED = ".restore-"
KEPT = "before-restore-"

_PASSED_OVER = (".git", LOCK, JOURNAL, f"{STAGED}*", f"{KEPT}*", ".*.draft", "valkey-*")
_BESIDE_DATABASES = ("*.sqlite-wal", "*.sqlite-shm", "*.sqlite-journal")


def passed_over(name: str) -> bool:
    """Whether a file or folder of this name is in no backup, and is left alone by whoever restores one."""
    return any(fnmatchcase(name, pattern) for pattern in _PASSED_OVER)


def is_database(path: Path) -> bool:
    """Whether SQLite may be writing to it now, so that its bytes alone are not all of it."""
    return path.suffix == ".sqlite"


def files_in(folder: Path) -> Iterator[Path]:
    """Every file that a backup of the folder holds, relative to it; a link stands for the file that it leads to. Raises
    `OSError` for what cannot be read: a backup without it would be none."""
    for place, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = sorted(name for name in folders if not passed_over(name))
        for name in sorted(names):
            path = Path(place, name)
            if not (passed_over(name) or _beside_database(name)) and _is_file(path):
                yield path.relative_to(folder)


def entries_of(folder: Path) -> tuple[str, ...]:
    """What is in the folder itself and has to make room for what a backup holds."""
    return tuple(sorted(path.name for path in folder.iterdir() if not passed_over(path.name)))


def _beside_database(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in _BESIDE_DATABASES)


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False  # gone since, or a link to nothing


def _raise(error: OSError) -> None:
    raise error
