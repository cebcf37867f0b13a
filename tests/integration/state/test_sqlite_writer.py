"""Rows on their way into a real file: in order, in batches, past a disk that refuses, a file that is broken, a kill."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_dashboard.state.sqlite_file import Value, open_reader
from ai_dashboard.state.sqlite_writer import FileState, NotWritten, Rows, SqliteWriter

STEPS = ("CREATE TABLE notes (number INTEGER NOT NULL UNIQUE, text)",)
SOON_S = 10.0

Note = tuple[int, Value]
NOTES: Rows[Note] = Rows("notes", ("number", "text"), row=lambda note: note)
SPARE: Rows[Note] = Rows("notes", ("number", "text"), row=lambda note: note, may_be_lost=True)
LATEST: Rows[Note] = Rows(
    "notes", ("number", "text"), row=lambda note: note, tail="ON CONFLICT (number) DO UPDATE SET text = excluded.text"
)


@contextmanager
def writer_to(path: Path, **options: float) -> Iterator[tuple[SqliteWriter, list[FileState]]]:
    told: list[FileState] = []
    max_waiting = int(options.pop("max_waiting", 100_000))
    writer = SqliteWriter(path, STEPS, tell=told.append, max_waiting=max_waiting, again_s=0.01, **options)
    writer.start()
    try:
        yield writer, told
    finally:
        writer.close()


def notes(path: Path) -> list[Note]:
    connection = open_reader(path)
    try:
        return [(row["number"], row["text"]) for row in connection.execute("SELECT * FROM notes ORDER BY rowid")]
    finally:
        connection.close()


def test_what_is_handed_over_is_there_after_a_flush_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "made" / "on" / "the" / "way" / "notes.sqlite"
    with writer_to(path, gather_s=60) as (writer, told):
        for number in range(10_000):
            assert writer.put(NOTES, (number, f"n{number}"))
        writer.flush().result(SOON_S)
        assert notes(path) == [(number, f"n{number}") for number in range(10_000)]
        assert (writer.written, writer.waiting, writer.dropped, told) == (10_000, 0, 0, [])
        assert path.stat().st_mode & 0o777 == 0o600


def test_there_are_few_statements_however_many_rows_come_together(tmp_path: Path) -> None:
    ran: list[str] = []
    with writer_to(tmp_path / "notes.sqlite", gather_s=60) as (writer, _):
        writer.ask(lambda connection: connection.set_trace_callback(ran.append)).result(SOON_S)
        for together in range(1, 140):
            for number in range(together):
                writer.put(NOTES, (1000 * together + number, None))
            writer.flush().result(SOON_S)
    sizes = {statement.count(", NULL)") for statement in ran if statement.startswith("INSERT")}
    assert sizes <= {1, 2, 4, 8, 16, 32, 64}
    assert len(notes(tmp_path / "notes.sqlite")) == sum(range(1, 140))


def test_a_row_is_in_the_file_within_a_second_although_nobody_asks(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    with writer_to(path) as (writer, _):
        writer.flush().result(SOON_S)
        handed_over = time.monotonic()
        writer.put(NOTES, (1, "a"))
        while not notes(path):
            assert time.monotonic() - handed_over < 1.0


def test_closing_writes_everything_and_takes_nothing_more(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    writer = SqliteWriter(path, STEPS, gather_s=60)
    writer.start()
    for number in range(9000):
        writer.put(NOTES, (number, None))
    assert writer.close() == 0
    assert len(notes(path)) == 9000
    assert not writer.put(NOTES, (9001, None))
    assert writer.dropped == 1
    with pytest.raises(NotWritten, match="closed"):
        writer.flush().result(SOON_S)


def test_many_threads_may_hand_over(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    with writer_to(path) as (writer, _):

        def hand_over(first: int) -> None:
            for number in range(first, first + 500):
                writer.put(NOTES, (number, None))

        threads = [threading.Thread(target=hand_over, args=(first,)) for first in range(0, 4000, 500)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        writer.flush().result(SOON_S)
        assert sorted(number for number, _ in notes(path)) == list(range(4000))


def test_jobs_keep_their_place_among_the_rows_and_bring_something_back(tmp_path: Path) -> None:
    with writer_to(tmp_path / "notes.sqlite", gather_s=60) as (writer, _):
        counts = []
        for number in range(5):
            writer.put(NOTES, (number, None))
            counts.append(writer.ask(lambda it: int(it.execute("SELECT count(*) FROM notes").fetchone()[0])))
        assert [count.result(SOON_S) for count in counts] == [1, 2, 3, 4, 5]


def test_a_job_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"

    def half(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO notes VALUES (1, 'half')")
        connection.execute("INSERT INTO nowhere VALUES (1)")

    with writer_to(path) as (writer, told):
        with pytest.raises(NotWritten, match="no such table: nowhere"):
            writer.ask(half).result(SOON_S)
        writer.flush().result(SOON_S)
        assert (notes(path), told) == ([], [])


def test_a_job_that_nobody_waits_for_any_more_is_not_done(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    with writer_to(path) as (writer, _):
        begun, go_on = threading.Event(), threading.Event()

        def slow(_connection: sqlite3.Connection) -> None:
            begun.set()
            go_on.wait(SOON_S)

        writer.ask(slow)
        assert begun.wait(SOON_S)
        unwanted = writer.ask(lambda it: it.execute("INSERT INTO notes VALUES (1, 'unwanted')"))
        assert unwanted.cancel()
        go_on.set()
        writer.flush().result(SOON_S)
        assert notes(path) == []


def test_the_tail_of_a_statement_counts_for_every_row(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    with writer_to(path) as (writer, _):
        for text in "abc":
            for number in range(100):
                writer.put(LATEST, (number, text))
        writer.flush().result(SOON_S)
        assert notes(path) == [(number, "c") for number in range(100)]


@given(rows=st.lists(st.tuples(st.integers(0, 9), st.sampled_from(("good", "\ud800", 1 << 70))), max_size=12))
@settings(deadline=None, max_examples=60)
def test_rows_that_the_file_never_takes_cost_no_other_row(
    rows: list[tuple[int, Value]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A number that is there already breaks a rule of the table; the other two cannot be written at all."""
    path = tmp_path_factory.mktemp("refused") / "notes.sqlite"
    expected: dict[int, Value] = {}
    for number, text in rows:
        if text == "good":
            expected.setdefault(number, text)
    with writer_to(path, gather_s=60) as (writer, told):
        for row in rows:
            writer.put(NOTES, row)
        writer.flush().result(SOON_S)
        assert dict(notes(path)) == expected
        assert (writer.refused, told) == (len(rows) - len(expected), [])


def test_when_too_many_wait_those_that_may_be_lost_are_dropped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    with writer_to(path, gather_s=60, max_waiting=10) as (writer, _):
        assert [writer.put(SPARE, (number, None), weight=4) for number in range(4)] == [True, True, False, False]
        assert writer.put(NOTES, (9, None), weight=100)
        assert (writer.waiting, writer.dropped) == (108, 2)
        writer.flush().result(SOON_S)
        assert [number for number, _ in notes(path)] == [0, 1, 9]
        assert writer.waiting == 0


def test_a_folder_that_cannot_be_made_is_told_once_and_tried_until_it_can(tmp_path: Path) -> None:
    in_the_way = tmp_path / "state"
    in_the_way.write_text("a file where the folder should be")
    path = in_the_way / "notes.sqlite"
    with writer_to(path) as (writer, told):
        writer.put(NOTES, (1, "kept"))
        with pytest.raises(NotWritten):
            writer.flush().result(SOON_S)
        with pytest.raises(NotWritten):
            writer.flush().result(SOON_S)
        assert not writer.state.well
        assert writer.waiting == 1
        in_the_way.unlink()
        began = time.monotonic()
        while writer.waiting:
            assert time.monotonic() - began < SOON_S
        assert notes(path) == [(1, "kept")]
        assert [state.well for state in told] == [False, True]
        assert str(path) in told[0].message


def test_what_a_disk_refuses_to_the_end_is_counted_when_it_is_closed(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with writer_to(tmp_path / "state" / "notes.sqlite") as (writer, _):
        for number in range(3):
            writer.put(NOTES, (number, None))
        assert writer.close() == 3


FULL_DISK = """
import resource, sys
from pathlib import Path
from ai_dashboard.state.sqlite_writer import Rows, SqliteWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
told = []
writer = SqliteWriter(Path(sys.argv[1]), ("CREATE TABLE notes (number INTEGER UNIQUE, text)",), tell=told.append,
    again_s=0.01)
kind = Rows("notes", ("number", "text"), row=lambda it: it)
writer.start()
writer.put(kind, (0, "small"))
writer.flush().result(10)
for number in range(1, 101):
    writer.put(kind, (number, "x" * 10_000))
while not told:
    pass
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
while writer.waiting:
    pass
print([state.well for state in told], writer.close())
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="files cannot be limited here")
def test_a_disk_that_is_full_loses_nothing_once_there_is_room_again(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("[False, True] 0", "")
    assert sorted(number for number, _ in notes(path)) == list(range(101))


@pytest.mark.parametrize(
    "broken", [b"this is no database, and it is long enough to look at" * 50, b"SQLite format 3\0" * 400]
)
def test_a_file_that_is_no_database_is_kept_aside_and_a_new_one_begun(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "notes.sqlite"
    path.write_bytes(broken)
    with writer_to(path) as (writer, told):
        writer.put(NOTES, (1, "after"))
        began = time.monotonic()
        while writer.written < 1:
            assert time.monotonic() - began < SOON_S
        assert notes(path) == [(1, "after")]
        assert (tmp_path / "notes.sqlite.damaged-1").read_bytes() == broken
        assert [state.well for state in told] == [False, True]
        assert "notes.sqlite.damaged-1" in told[0].message


def test_a_file_that_breaks_while_it_is_used_is_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    with writer_to(path) as (writer, _):
        for number in range(5000):
            writer.put(NOTES, (number, "x" * 50))
        writer.flush().result(SOON_S)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    with writer_to(path) as (writer, told):
        writer.put(NOTES, (1, "after"))
        began = time.monotonic()
        while writer.written < 1:
            assert time.monotonic() - began < SOON_S
        assert notes(path) == [(1, "after")]
        assert (tmp_path / "notes.sqlite.damaged-1").stat().st_size == size
        assert [state.well for state in told] == [False, True]


def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 7")
    connection.close()
    before = path.read_bytes()
    with writer_to(path) as (writer, _):
        writer.put(NOTES, (1, None))
        with pytest.raises(NotWritten, match="later version"):
            writer.flush().result(SOON_S)
    assert path.read_bytes() == before


KILLED = """
import itertools, sys, time
from pathlib import Path
from ai_dashboard.state.sqlite_writer import Rows, SqliteWriter
writer = SqliteWriter(Path(sys.argv[1]), ("CREATE TABLE notes (number INTEGER NOT NULL UNIQUE, text)",))
kind = Rows("notes", ("number", "text"), row=lambda it: it)
writer.start()
for number in itertools.count():
    writer.put(kind, (number, "x" * 200))
    if number % 50 == 0:
        print(number, time.monotonic(), flush=True)
        time.sleep(0.01)
"""


@pytest.mark.parametrize("lives_s", [1.2, 1.45, 1.7])
def test_a_kill_costs_a_second_of_rows_at_most_and_never_the_file(tmp_path: Path, lives_s: float) -> None:
    path = tmp_path / "notes.sqlite"
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    handed_over: list[tuple[int, float]] = []
    for line in child.stdout:
        number, at = line.split()
        handed_over.append((int(number), float(at)))
        if handed_over[-1][1] - handed_over[0][1] > lives_s:
            break
    killed_at = time.monotonic()
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    numbers = [number for number, _ in notes(path)]
    assert numbers == list(range(len(numbers)))
    assert [number for number, at in handed_over if at < killed_at - 1.0 and number >= len(numbers)] == []
    # and it goes on where it was
    with writer_to(path) as (writer, told):
        writer.put(NOTES, (-1, "after"))
        writer.flush().result(SOON_S)
        assert (notes(path)[-1], told) == ((-1, "after"), [])
