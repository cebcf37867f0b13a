"""A program in a pseudo-terminal that somebody reads, as a terminal would, and types into."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from benchmarks.processes import end

COLUMNS, ROWS = 120, 40
LOOK_S = 0.001


class Terminal:
    """`process` runs in it; `seen` is what it has written since it was asked last."""

    def __init__(self, process: subprocess.Popen[bytes], fd: int) -> None:
        self.process = process
        self.seen = b""
        self.written = 0
        self._fd = fd

    @property
    def pid(self) -> int:
        return self.process.pid

    def press(self, keys: str) -> None:
        """Type; what was seen before is forgotten."""
        self.read()
        self.seen = b""
        os.write(self._fd, keys.encode())

    def read(self, patience_s: float = 0.0) -> bool:
        """Take in what was written; whether it was anything."""
        if not select.select([self._fd], [], [], patience_s)[0]:
            return False
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:
            return False  # the other end is closed
        self.seen += data
        self.written += len(data)
        return bool(data)

    def until(self, words: str, within_s: float = 20.0) -> float:
        """Seconds until it has written these words."""
        begun = time.monotonic()
        while words.encode() not in self.seen:
            self.read(LOOK_S)
            if time.monotonic() - begun > within_s:
                sys.exit(f"bench: the screen did not show {words!r} within {within_s:g} s")
        return time.monotonic() - begun

    def watch(self, seconds: float) -> None:
        """Read for a while."""
        give_up = time.monotonic() + seconds
        while (left := give_up - time.monotonic()) > 0:
            self.read(left)
            self.seen = b""

    def ended(self, within_s: float = 10.0) -> float:
        """Seconds until it is over."""
        begun = time.monotonic()
        while self.process.poll() is None and time.monotonic() - begun < within_s:
            self.read(LOOK_S)
        return time.monotonic() - begun


@contextmanager
def in_a_terminal(command: Sequence[str], env: Mapping[str, str]) -> Iterator[Terminal]:
    """Run a command in a pseudo-terminal of its own, until the block ends."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    child = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, **env}, start_new_session=True
    )
    os.close(theirs)
    try:
        yield Terminal(child, ours)
    finally:
        end(child)
        os.close(ours)
