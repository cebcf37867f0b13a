"""A copy of configuration and state as they are at one moment, also while gateways write into them.

Databases are copied by SQLite's own backup, from readers that all looked before the first byte was copied; the audit
log under its lock; files that are replaced as a whole by reading them, and again where one has changed meanwhile.
"""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from ai_dashboard.cli.saving.contents import files_in, is_database
from ai_dashboard.state.sqlite_file import open_reader
from ai_dashboard.telemetry.audit import LOCK as AUDIT_LOCK

TRIES = 5
"""So often a folder that changes while it is copied is copied anew."""


class NotCopied(Exception):
    """What is there cannot be copied; the message says why."""


def copy_config(folder: Path, target: Path) -> None:
    """Raises `OSError`, and `NotCopied` for one that does not hold still."""
    for _ in range(TRIES):
        before = _signature(folder)
        for path in before:
            _copy(folder / path, target / path)
        if _signature(folder) == before:
            return
        shutil.rmtree(target, ignore_errors=True)
    raise NotCopied(f"{folder} changes all the time; try again when nobody edits it")


def copy_state(folder: Path, audit: Path, target: Path) -> None:
    """`audit` is where the audit log is. Raises `OSError`, and `NotCopied` for a database that cannot be read."""
    paths = list(files_in(folder))
    with ExitStack() as stack:
        readers = [(path, stack.enter_context(closing(_reader(folder / path)))) for path in paths if is_database(path)]
        with _held(audit / AUDIT_LOCK):
            for path in paths:
                if not is_database(path):
                    _copy(folder / path, target / path)
        for path, reader in readers:
            _copy_database(reader, folder / path, target / path)


def _signature(folder: Path) -> dict[Path, tuple[int, int, int]]:
    signed = {}
    for path in files_in(folder):
        known = (folder / path).stat()
        signed[path] = known.st_ino, known.st_size, known.st_mtime_ns
    return signed


def _copy(source: Path, target: Path) -> None:
    try:
        content = source.open("rb")
    except FileNotFoundError:
        return  # a log that has made room for the next one
    with content:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as copy:
            shutil.copyfileobj(content, copy)
        target.chmod(os.fstat(content.fileno()).st_mode & 0o777 | 0o600)


def _reader(path: Path) -> sqlite3.Connection:
    """One that sees the database as it is now, whatever is written from now on."""
    try:
        reader = open_reader(path)
        try:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.Error:
            reader.close()
            raise
    except sqlite3.Error as error:
        raise NotCopied(f"{path} cannot be read ({error}); move it away, and try again") from None
    return reader


def _copy_database(reader: sqlite3.Connection, source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT, 0o600))
    try:
        with closing(sqlite3.connect(target)) as copy:
            reader.backup(copy)
    except sqlite3.Error as error:
        raise NotCopied(f"{source} cannot be copied ({error})") from None


@contextmanager
def _held(lock: Path) -> Iterator[None]:
    """Nobody adds to the audit log meanwhile: its files belong together."""
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)
