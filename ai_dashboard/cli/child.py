"""A gateway in a process of its own, for a screen that must not cost it a thing.

The child is `serve` with two strings attached: a unix socket on which the screen reaches it, and a pipe as its standard
input. When the pipe breaks, because the screen has ended or crashed, the child ends too, unless it was told to stay.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import ConfigError
from ai_dashboard.gateway.state import ADMIN_KEY_VARIABLE

START_S = 15.0
END_S = 2.0
LOOK_EVERY_S = 0.02

STAY = b"stay\n"
"""What the child is told when it shall go on without a screen."""


@dataclass(slots=True)
class Child:
    """A gateway that listens on `socket` for whoever holds its `token`; one that `stays` goes on when the screen has
    ended."""

    socket: Path
    token: str
    pid: int
    stays: bool = False


@contextmanager
def running(arguments: Sequence[str], *, token: str) -> Iterator[Child]:
    """Start a gateway with `serve`'s arguments; it ends with the block. Raises `ConfigError` with the child's own words
    when it does not come up."""
    with tempfile.TemporaryDirectory(prefix="ai-dashboard-") as folder:
        socket = Path(folder) / "control"
        said = Path(folder) / "said"
        with said.open("wb") as words:
            process = subprocess.Popen(  # noqa: S603 - ourselves
                serve_command("--control", str(socket), *arguments),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=words,
                env=environment(token),
                start_new_session=True,  # ctrl+c in the terminal is the screen's to understand
            )
        child = Child(socket, token, process.pid)
        try:
            _wait_for(process, socket, said)
            yield child
        finally:
            _end(process, stays=child.stays)


def serve_command(*arguments: str) -> list[str]:
    """`serve` as another process runs it."""
    return [sys.executable, "-m", "ai_dashboard", "serve", *arguments]


def environment(token: str) -> dict[str, str]:
    """Ours, with the admin token: it is on no command line, which everybody on the machine can read."""
    return {**os.environ, ADMIN_KEY_VARIABLE: token}


def _wait_for(process: subprocess.Popen[bytes], socket: Path, said: Path) -> None:
    give_up = time.monotonic() + START_S
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > give_up:
            lines = said.read_text(errors="replace").splitlines()
            raise ConfigError(tuple(lines) or ("ai-dashboard: the gateway's process did not come up",))
        time.sleep(LOOK_EVERY_S)


def _end(process: subprocess.Popen[bytes], *, stays: bool) -> None:
    """Let go of the pipe; a child that does not take the hint is killed."""
    if process.stdin is not None:
        if stays:
            process.stdin.write(STAY)
        process.stdin.close()
    if stays and process.poll() is None:
        process.returncode = 0  # it is nobody's child from now on, and its end no concern of ours
        return
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
