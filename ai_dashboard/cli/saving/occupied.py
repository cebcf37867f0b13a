"""Who has a state folder in hand: any number of gateways share it, whoever replaces what is in it wants it alone.

The lock is the system's own on a file in the folder, so that a process that dies lets go of it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ai_dashboard.core.errors import ConfigError

LOCK = ".in-use"

_LOCKS = Path("/proc/locks")


class Occupied(Exception):
    """Somebody else has the folder. `pids` are those of whom the system tells."""

    def __init__(self, pids: tuple[int, ...]) -> None:
        super().__init__(f"in use by {', '.join(f'pid {pid}' for pid in pids) or 'another process'}")
        self.pids = pids


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Have the folder in hand together with other gateways. Raises `ConfigError` while what is in it is replaced. Where
    it cannot be written nobody can replace anything either."""
    try:
        descriptor = _open(folder)
    except OSError:
        yield
        return
    try:
        if not _taken(descriptor, fcntl.LOCK_SH):
            raise ConfigError((f"ai-dashboard: a backup is being restored to {folder}; start again when that is done",))
        yield
    finally:
        os.close(descriptor)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Have the folder for oneself. Raises `Occupied` where a gateway runs on it, and `OSError`."""
    descriptor = _open(folder)
    try:
        if not _taken(descriptor, fcntl.LOCK_EX):
            raise Occupied(_holders(descriptor))
        yield
    finally:
        os.close(descriptor)


def _open(folder: Path) -> int:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _taken(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holders(descriptor: int) -> tuple[int, ...]:
    """Where Linux tells: one lock a line, `1: FLOCK ADVISORY READ 4711 08:01:1234 0 EOF`."""
    inode = str(os.fstat(descriptor).st_ino)
    try:
        locks = [line.split() for line in _LOCKS.read_text().splitlines()]
    except OSError:
        return ()
    held = (it for it in locks if len(it) > 5 and it[1] == "FLOCK" and it[5].rpartition(":")[2] == inode)
    return tuple(sorted({int(it[4]) for it in held if it[4].isdigit()} - {0, os.getpid()}))
