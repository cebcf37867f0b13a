"""Leaving a gateway running when its screen is left: another process takes its listening sockets, and its place.

The sockets themselves are handed on, so that no connection is refused at any time: who waits to be accepted is accepted
by one or the other. The old gateway finishes what it has begun; both keep the same state folder meanwhile, as several
workers do.
"""

import os
import select
import subprocess
from collections.abc import Sequence
from pathlib import Path
from socket import socket

from ai_dashboard.cli.child import START_S, serve_command
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import ConfigError

LAST_WORDS = "daemon.err"
"""In the state folder: what Python itself says when it breaks; events are in the log."""


@dataclass(frozen=True, slots=True)
class Heir:
    """The gateway that goes on, and where it says what goes wrong with it."""

    pid: int
    words: Path


def hand_over(arguments: Sequence[str], sockets: Sequence[socket], state: Path) -> Heir:
    """Start `serve` with these arguments on these sockets, in a session of its own; returns once it listens. Raises
    `ConfigError` with its own words when it does not come up."""
    numbers = [each.fileno() for each in sockets]
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    words = state / LAST_WORDS
    with os.fdopen(os.open(words, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            serve_command(f"--inherit={','.join(map(str, numbers))}", *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            pass_fds=numbers,
            start_new_session=True,  # the terminal goes, and its signals with it
        )
    if not _listens(process):
        process.kill()
        process.wait()
        said = words.read_text(errors="replace").splitlines()
        raise ConfigError(("ai-dashboard: the gateway could not be left running", *said))
    process.returncode = 0  # it is nobody's child from now on, and its end no concern of ours
    return Heir(process.pid, words)


def _listens(process: subprocess.Popen[bytes]) -> bool:
    """Wait for its first line."""
    if process.stdout is None:
        return False
    with process.stdout as output:
        ready, _, _ = select.select([output], [], [], START_S)
        return bool(ready and output.readline())
