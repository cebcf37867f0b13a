"""Files of ours: made step by step, by several processes at once, and kept when they are broken."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ai_dashboard.state.sqlite_file import NewerFile, is_damage, is_refusal, move_aside, open_file, open_reader

FIRST = "CREATE TABLE a (x); CREATE INDEX a_x ON a (x)"
SECOND = "ALTER TABLE a ADD COLUMN y DEFAULT 2"


def test_a_file_is_brought_up_from_whatever_version_it_has(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite"
    open_file(path, [FIRST]).execute("INSERT INTO a VALUES (1)")
    connection = open_file(path, [FIRST, SECOND])
    assert connection.execute("SELECT x, y FROM a").fetchall() == [(1, 2)]
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    with pytest.raises(NewerFile, match="later version"):
        open_file(path, [FIRST])


def test_a_step_that_fails_leaves_the_version_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite"
    with pytest.raises(sqlite3.OperationalError):
        open_file(path, [FIRST, "CREATE TABLE b (x); CREATE TABLE a (x)"])
    connection = open_file(path, [])
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    connection.close()


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite"

    def open_and_write(number: int) -> None:
        connection = open_file(path, [FIRST])
        connection.execute("INSERT INTO a VALUES (?)", (number,))
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(open_and_write, range(16)))
    reader = open_reader(path)
    assert sorted(row["x"] for row in reader.execute("SELECT x FROM a")) == list(range(16))
    with pytest.raises(sqlite3.OperationalError):
        reader.execute("INSERT INTO a VALUES (1)")
    reader.close()


def test_a_reader_does_not_make_a_file(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        open_reader(tmp_path / "none.sqlite").execute("SELECT 1")
    assert list(tmp_path.iterdir()) == []


def test_damaged_files_are_kept_one_beside_the_other(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite"
    for text in ("first", "second"):
        path.write_text(text)
        path.with_name("file.sqlite-wal").write_text(f"{text} log")
        move_aside(path)
    assert {it.name: it.read_text() for it in tmp_path.iterdir()} == {
        "file.sqlite.damaged-1": "first",
        "file.sqlite.damaged-1-wal": "first log",
        "file.sqlite.damaged-2": "second",
        "file.sqlite.damaged-2-wal": "second log",
    }


def test_errors_are_told_apart_by_their_codes(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite"
    path.write_text("no database at all" * 100)
    with pytest.raises(sqlite3.DatabaseError) as damaged:
        open_file(path, [FIRST])
    assert (is_damage(damaged.value), is_refusal(damaged.value)) == (True, False)
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE a (x UNIQUE)")
    connection.execute("INSERT INTO a VALUES (1)")
    with pytest.raises(sqlite3.IntegrityError) as refused:
        connection.execute("INSERT INTO a VALUES (1)")
    assert (is_damage(refused.value), is_refusal(refused.value)) == (False, True)
    with pytest.raises(sqlite3.ProgrammingError) as wrong:
        connection.execute("INSERT INTO a VALUES (?)", ())
    assert is_refusal(wrong.value)
    connection.close()
    locked = sqlite3.OperationalError("database is locked")
    assert (is_damage(locked), is_refusal(locked)) == (False, False)
