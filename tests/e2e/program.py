"""The real program as a process of its own, on a free port and with a state folder of its own."""

import http.client
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from typing import Any

import psutil

PROGRAM = (sys.executable, "-m", "ai_dashboard")
PATIENCE_S = 20.0
ENDS_WITHIN_S = 2.0
LOOK_S = 0.02

_ADDRESS = re.compile(r"listening on http://([\d.]+):(\d+)/v1")


def environment(state: Path) -> dict[str, str]:
    """What a process is given: nothing of the keys, configuration or folders of whoever runs the tests."""
    home = {"HOME": str(state), "XDG_CONFIG_HOME": str(state), "AI_DASHBOARD_STATE_DIR": str(state / "state")}
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color", **home}


def run(
    *arguments: str, state: Path, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The program, to its end."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        env=environment(state) | (env or {}),
        cwd=cwd or state,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def until(true: Callable[[], bool], *, within_s: float = PATIENCE_S, what: str) -> float:
    """Look until `true()`; returns how many seconds that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < within_s, f"not within {within_s} s: {what}"
        time.sleep(LOOK_S)
    return time.monotonic() - began


# ── without a screen ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Serving:
    """A gateway in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    state: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of a GET with the admin token."""
        token = (self.state / "state" / "admin-token").read_text()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("GET", path, headers={"authorization": f"Bearer {token}"})
        reply = connection.getresponse()
        value = json.loads(reply.read())
        connection.close()
        return reply.status, value

    def end(self, number: signal.Signals) -> float:
        """Send a signal; returns the seconds until the process has ended."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(PATIENCE_S)
        return time.monotonic() - began


@contextmanager
def serving(*arguments: str, state: Path, env: dict[str, str] | None = None) -> Iterator[Serving]:
    """`ai-dashboard serve` with these arguments, listening on a free port."""
    process = subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0", *arguments],
        env=environment(state) | (env or {}),
        cwd=state,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stderr is not None
        said = ""
        while not (found := _ADDRESS.search(said)):
            line = process.stderr.readline()
            assert line, f"it ended before it listened: {said}"
            said += line
        yield Serving(process, int(found[2]), state)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def complaints(told: str) -> list[str]:
    """What standard error holds besides events that are no error; empty after a calm end."""
    return [line for line in told.splitlines() if not _is_calm(line)]


def _is_calm(line: str) -> bool:
    try:
        event = json.loads(line)
    except ValueError:
        return False
    return isinstance(event, dict) and event.get("level") in ("debug", "info", "warning")


def descendants(pid: int) -> list[psutil.Process]:
    """Every process that a process has started, down to the last."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def alive(process: psutil.Process) -> bool:
    """Whether a process still does something. An orphan that has ended may wait a while for whoever adopted it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


# ── with a screen ────────────────────────────────────────────────────────────────────────────────────────────────────


class Terminal:
    """A process on a pseudo-terminal. `seen` is everything that it has written so far."""

    def __init__(self, pid: int, fd: int) -> None:
        self.pid = pid
        self.seen = b""
        self._fd = fd
        self._status: int | None = None

    def read(self) -> None:
        """Take in what was written."""
        while select.select([self._fd], [], [], 0)[0]:
            try:
                data = os.read(self._fd, 65536)
            except OSError:
                return  # the other side is closed
            if not data:
                return
            self.seen += data

    def press(self, keys: bytes) -> None:
        os.write(self._fd, keys)

    def shows(self, text: str) -> bool:
        self.read()
        return text.encode() in self.seen

    def ended(self) -> bool:
        """Whether the process is over."""
        self.read()
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._status = status if pid else None
        return self._status is not None

    @property
    def exit_code(self) -> int:
        """Negative for the signal that ended it."""
        assert self._status is not None
        return os.waitstatus_to_exitcode(self._status)

    def hang_up(self) -> None:
        """Close the terminal, as a window that is closed does."""
        os.close(self._fd)
        self._fd = -1

    def close(self) -> None:
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self._fd >= 0:
            os.close(self._fd)


@contextmanager
def terminal(
    arguments: Sequence[str], *, state: Path, size: tuple[int, int] = (120, 40), program: Sequence[str] = PROGRAM
) -> Iterator[Terminal]:
    """The program in a terminal of `size` columns and lines. Its terminal is its own, as in a real window."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(state)
        os.execve(program[0], [*program, *arguments], environment(state))  # noqa: S606 - no shell is what is meant
    ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    shown = Terminal(pid, fd)
    try:
        yield shown
    finally:
        shown.close()
