"""Where lines go: a stream that may be slow or stuck, and a file of a bounded size that several processes may share.

Both are written on a thread that nobody waits for, and neither holds it up for long: a stream is given a moment, and
what it does not take then is lost and counted by whoever asked.
"""

import fcntl
import os
import select
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeAlias

from ai_dashboard.core.clock import Clock
from ai_dashboard.core.logs import LogEvent

PIECE = select.PIPE_BUF
"""Bytes written at one time: a pipe that takes any takes so many without a wait, and mixes them with nobody's."""

PATIENCE_S = 0.5
"""What a stream is given for all lines of one time, unless it has taken nothing the time before."""

MIB = 1 << 20
FILE = "gateway.jsonl"
LOCK = "lock"


Form: TypeAlias = Callable[[LogEvent], bytes]
"""Makes one line of an event, with its end."""


class Outlet(Protocol):
    """Takes events; says how many of them it could not."""

    def write(self, events: Sequence[LogEvent]) -> int: ...
    def close(self) -> None: ...


class Stream:
    """A descriptor of the process, which gets events in that form. It stays as it is, blocking: others write to it."""

    def __init__(self, descriptor: int, form: Form, clock: Clock) -> None:
        self._form = form
        self._clock = clock
        self._stuck = False
        self._own = _another_way(descriptor)
        self._descriptor = descriptor if self._own is None else self._own
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLOUT)

    def write(self, events: Sequence[LogEvent]) -> int:
        until = self._clock.monotonic() + (0.0 if self._stuck else PATIENCE_S)
        lines = [self._form(event) for event in events]
        left = len(lines)
        for count, piece in _pieces(lines):
            if not self._write(piece, until):
                self._stuck = True
                return left
            left -= count
        self._stuck = False
        return 0

    def close(self) -> None:
        if self._own is not None:
            os.close(self._own)

    def _write(self, piece: bytes, until: float) -> bool:
        """False when the time is over, or nobody is there any more."""
        while piece:
            wait_ms = max(0, int((until - self._clock.monotonic()) * 1000))
            try:
                if not self._poll.poll(wait_ms):
                    return False
                piece = piece[os.write(self._descriptor, piece[:PIECE]) :]
            except BlockingIOError:
                continue
            except OSError:
                return False
        return True


def _another_way(descriptor: int) -> int | None:
    """A terminal, opened once more: this way to it may be non-blocking without being so for anybody else. A terminal
    that is stopped says that it takes something and then does not."""
    try:
        if not os.isatty(descriptor):
            return None
        return os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None


def _pieces(lines: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """As many whole lines together as a piece holds, and how many those are."""
    together: list[bytes] = []
    size = 0
    for line in lines:
        if together and size + len(line) > PIECE:
            yield len(together), b"".join(together)
            together, size = [], 0
        together.append(line)
        size += len(line)
    if together:
        yield len(together), b"".join(together)


class RotatingFile:
    """`folder/gateway.jsonl`, for its owner alone. Beyond `max_bytes` it is put aside as `.1`, what was there before as
    `.2` and so on; `keep` of those stay."""

    def __init__(self, folder: Path, form: Form, max_bytes: int, keep: int) -> None:
        self.path = folder / FILE
        self.max_bytes = max_bytes
        self.keep = keep
        self._form = form
        self._descriptor: int | None = None
        self._torn = False

    def write(self, events: Sequence[LogEvent]) -> int:
        data = b"".join(map(self._form, events))
        try:
            size = os.fstat(descriptor := self._opened()).st_size
            if size and size + len(data) > self.max_bytes:
                self._rotate()
                descriptor = self._opened()
            self._append(descriptor, b"\n" + data if self._torn else data)
        except OSError:
            return len(events)
        return 0

    def _append(self, descriptor: int, data: bytes) -> None:
        """Raises `OSError`; what a full disk has taken of a line is ended before the next one begins."""
        left = data
        try:
            while left:
                left = left[os.write(descriptor, left) :]
        finally:
            self._torn = bool(left) and (self._torn or len(left) < len(data))

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _opened(self) -> int:
        """The file that has the name now: another process may have put aside the one that had it."""
        if self._descriptor is not None:
            try:
                if os.path.samestat(self.path.stat(), os.fstat(self._descriptor)):
                    return self._descriptor
            except FileNotFoundError:
                pass
            self.close()
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(self.path, flags, 0o600)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise FileExistsError(0, f"{self.path} is no file")
        self._descriptor = descriptor
        return descriptor

    def _rotate(self) -> None:
        """Put all one further, unless somebody else has done so meanwhile."""
        with _locked(self.path.with_name(LOCK)):
            if self.path.exists() and self.path.stat().st_size and self._is_ours():
                for number in range(self.keep - 1, 0, -1):
                    older = aside(self.path, number)
                    if older.exists():
                        older.replace(aside(self.path, number + 1))
                self.path.replace(aside(self.path, 1))
                for number, path in _put_aside(self.path.parent):
                    if number > self.keep:
                        path.unlink()
        self.close()

    def _is_ours(self) -> bool:
        return self._descriptor is not None and os.path.samestat(self.path.stat(), os.fstat(self._descriptor))


def aside(path: Path, number: int) -> Path:
    """Under which name a file is put aside; 1 is the newest."""
    return path.with_name(f"{path.name}.{number}")


def files(folder: Path) -> list[Path]:
    """All that there are, the oldest first, the one that is written last."""
    written = folder / FILE
    older = [path for _, path in sorted(_put_aside(folder), reverse=True)]
    return [*older, written] if written.exists() else older


def _put_aside(folder: Path) -> list[tuple[int, Path]]:
    """Files and their numbers."""
    found = ((path.suffix.removeprefix("."), path) for path in folder.glob(f"{FILE}.*"))
    return [(int(number), path) for number, path in found if number.isascii() and number.isdecimal()]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time; a process that dies lets go."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
