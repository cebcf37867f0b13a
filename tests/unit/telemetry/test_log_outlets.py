import fcntl
import os
import pty
import termios
from pathlib import Path

import pytest

from ai_dashboard.core.logs import LogEvent, LogLevel
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.telemetry.log_outlets import PIECE, RotatingFile, Stream, aside, files


def event(name: str) -> LogEvent:
    return LogEvent(0, 0.0, LogLevel.INFO, name)


def line(it: LogEvent) -> bytes:
    return f"{it.event}\n".encode()


# ── a stream ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_pipe_gets_every_line_and_stays_as_it_was() -> None:
    read, write = os.pipe()
    before = fcntl.fcntl(write, fcntl.F_GETFL)
    stream = Stream(write, line, SystemClock())
    assert stream.write([event("a"), event("b")]) == 0
    assert os.read(read, 100) == b"a\nb\n"
    assert fcntl.fcntl(write, fcntl.F_GETFL) == before
    stream.close()
    os.write(write, b"x")  # it is not ours to close
    for descriptor in (read, write):
        os.close(descriptor)


def test_a_pipe_that_nobody_reads_holds_nobody_up_and_what_it_does_not_take_is_counted() -> None:
    read, write = os.pipe()
    size = fcntl.fcntl(write, fcntl.F_GETPIPE_SZ)
    stream = Stream(write, line, SystemClock())
    events = [event("x" * (PIECE - 1)) for _ in range(size // PIECE + 5)]
    assert stream.write(events) == 5
    assert stream.write([event("again")]) == 1  # at once: it took nothing the time before
    os.read(read, size)
    assert stream.write([event("back")]) == 0
    assert os.read(read, 100) == b"back\n"
    for descriptor in (read, write):
        os.close(descriptor)


def test_a_stream_without_a_reader_is_lost_lines_and_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    assert Stream(write, line, SystemClock()).write([event("a")]) == 1
    os.close(write)


def test_a_terminal_that_is_stopped_holds_nobody_up() -> None:
    ours, theirs = pty.openpty()
    stream = Stream(theirs, line, SystemClock())
    assert stream.write([event("seen")]) == 0
    assert b"seen" in os.read(ours, 100)
    termios.tcflow(theirs, termios.TCOOFF)
    assert stream.write([event("y" * 3000) for _ in range(40)]) > 0
    termios.tcflow(theirs, termios.TCOON)
    stream.close()
    for descriptor in (ours, theirs):
        os.close(descriptor)


# ── a file ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    kept = RotatingFile(tmp_path / "logs", line, 100, 2)
    assert kept.write([event("a")]) == 0
    assert kept.path.read_bytes() == b"a\n"
    assert kept.path.stat().st_mode & 0o777 == 0o600
    assert kept.path.parent.stat().st_mode & 0o777 == 0o700
    kept.close()


def test_it_is_put_aside_when_it_is_full_and_only_so_many_are_kept(tmp_path: Path) -> None:
    kept = RotatingFile(tmp_path, line, 10, 2)
    for number in range(5):
        assert kept.write([event(f"line-{number}")]) == 0
    kept.close()
    assert [path.read_text() for path in files(tmp_path)] == ["line-2\n", "line-3\n", "line-4\n"]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files(tmp_path))


def test_fewer_files_from_the_next_start_on_let_the_oldest_go(tmp_path: Path) -> None:
    for keep in (3, 1):
        kept = RotatingFile(tmp_path, line, 1, keep)
        for number in range(4):
            kept.write([event(f"{keep}{number}")])
        kept.close()
    assert [path.read_text() for path in files(tmp_path)] == ["12\n", "13\n"]


def test_two_processes_may_share_a_file(tmp_path: Path) -> None:
    one, other = (RotatingFile(tmp_path, line, 20, 3) for _ in range(2))
    for number in range(6):
        one.write([event(f"one-{number}")])
        other.write([event(f"two-{number}")])
    one.close()
    other.close()
    told = "".join(path.read_text() for path in files(tmp_path)).splitlines()
    assert told == [f"{who}-{number}" for number in range(6) for who in ("one", "two")][-len(told) :]
    assert len(told) >= 6


def test_a_file_that_was_taken_away_is_made_anew(tmp_path: Path) -> None:
    kept = RotatingFile(tmp_path, line, 100, 2)
    kept.write([event("a")])
    kept.path.unlink()
    kept.write([event("b")])
    kept.close()
    assert kept.path.read_text() == "b\n"


@pytest.mark.parametrize("what", ["folder", "fifo", "link"])
def test_what_is_no_file_is_lost_lines_and_no_error(what: str, tmp_path: Path) -> None:
    kept = RotatingFile(tmp_path, line, 100, 2)
    if what == "folder":
        kept.path.mkdir()
    elif what == "fifo":
        os.mkfifo(kept.path)
    else:
        kept.path.symlink_to(tmp_path / "elsewhere")
    assert kept.write([event("a"), event("b")]) == 2
    assert not (tmp_path / "elsewhere").exists()


def test_a_line_that_was_cut_short_does_not_spoil_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = RotatingFile(tmp_path, line, 100, 2)
    kept.write([event("whole")])
    real = os.write
    room = [3]

    def full(descriptor: int, data: bytes) -> int:
        """A disk that has room for three bytes more."""
        if not room[0]:
            raise OSError(28, "No space left on device")
        taken = real(descriptor, data[: room[0]])
        room[0] -= taken
        return taken

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        assert kept.write([event("broken")]) == 1
        assert kept.write([event("lost")]) == 1
    assert kept.write([event("next")]) == 0
    kept.close()
    assert kept.path.read_text() == "whole\nbro\nnext\n"


def test_names_of_files_are_in_order_beyond_nine(tmp_path: Path) -> None:
    kept = RotatingFile(tmp_path, line, 100, 20)
    for number in (1, 2, 10, 11):
        aside(kept.path, number).write_text(str(number))
    assert [path.read_text() for path in files(tmp_path)] == ["11", "10", "2", "1"]
