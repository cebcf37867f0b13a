"""How a SQLite file of ours is opened, what its errors mean, and what becomes of one that is broken."""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

Value: TypeAlias = str | bytes | int | float | None

BUSY_S = 5.0
"""How long other processes that write into the same file are waited for."""

CACHE_KB = 1024
MAX_WAL_BYTES = 64 << 20

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_REFUSALS = frozenset({
    sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE,
    sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISUSE,
})  # fmt: skip
_BESIDE = ("", "-wal", "-shm", "-journal")


class NewerFile(OSError):
    """The file was made by a later version of this program."""


def open_file(path: Path, steps: Sequence[str]) -> sqlite3.Connection:
    """Open it for writing, make it when it is not there, and bring it up to the last of `steps`. Only its owner can
    read it. Transactions are the caller's. Raises `sqlite3.Error` or `OSError`."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        if _version(connection) > len(steps):
            raise NewerFile(0, f"{path.name} was made by a later version of ai-dashboard")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # counts for files that are new, and has to come first
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        connection.execute(f"PRAGMA journal_size_limit = {MAX_WAL_BYTES}")
        _bring_up(connection, steps)
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open one that is there, for reading alone; may be used beside its writer. Raises `sqlite3.Error`."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def is_damage(error: BaseException) -> bool:
    """Whether the file is no database any more, or not a sound one."""
    return _code(error) in _DAMAGE


def is_refusal(error: BaseException) -> bool:
    """Whether it is what was written that is wrong, not the disk."""
    return isinstance(error, sqlite3.InterfaceError | sqlite3.ProgrammingError) or _code(error) in _REFUSALS


def move_aside(path: Path) -> Path:
    """Keep a damaged file, with what SQLite has beside it, under another name. Says which."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for ending in _BESIDE:
        try:
            path.with_name(f"{path.name}{ending}").rename(aside.with_name(f"{aside.name}{ending}"))
        except OSError:
            continue  # what is not there, or may not be moved: opening it again will say so
    return aside


def _bring_up(connection: sqlite3.Connection, steps: Sequence[str]) -> None:
    if _version(connection) == len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")  # of two that start at once, one makes the tables
    try:
        for step in steps[_version(connection) :]:
            for statement in step.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.rollback()


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _code(error: BaseException) -> int | None:
    """The primary code. What Python itself refuses to bind has none."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None
