"""Several gateways on one port, and the process that looks after them.

The supervisor answers no request: it starts `serve --worker` as often as asked, and the system hands each connection to
one of them. A worker that breaks is replaced; one that ends well was told to, and is not. Its standard input is the
supervisor's sign of life, the first line of its standard output says that it listens, and its standard error is ours.
"""

import asyncio
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from ai_dashboard.cli.hangup import on_hangup
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.logs import LogLevel

START_S = 30.0
"""How long a worker may take until it listens: many that start at once share few cores."""

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0

STEADY_S = 60.0
"""A worker that has lived this long is well: what breaks it then has nothing to do with what broke the one before."""


Say: TypeAlias = Callable[[LogLevel, str], None]
"""Tells whoever looks after the program what has become of its processes."""


@dataclass(frozen=True, slots=True)
class Crew:
    """How many workers there are, what each is started with, and where it is told how they are."""

    count: int
    command: Sequence[str]
    env: Mapping[str, str]
    say: Say


@dataclass(frozen=True, slots=True)
class Life:
    """What became of one worker: its exit code (None when it could not be started), and how to tell of it."""

    code: int | None
    story: str
    listened_s: float | None = None


async def supervise(crew: Crew, announce: Callable[[], None]) -> int:
    """Run the crew until a signal ends it; `announce` is called once all of them listen. Returns the exit code."""
    supervisor = Supervisor(crew, announce)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.end)
    loop.add_signal_handler(signal.SIGHUP, on_hangup(supervisor.end, partial(supervisor.pass_on, signal.SIGHUP)))
    return await supervisor.run()


def pause_s(failures: int) -> float:
    """Seconds until the next try, after that many in a row have broken: doubled each time, up to half a minute."""
    return float(min(FIRST_PAUSE_S * 2 ** min(failures - 1, 16), LONGEST_PAUSE_S))


def in_words(code: int) -> str:
    """What an exit code says of a process."""
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was ended by signal {-code} ({signal.strsignal(-code)})"


class Supervisor:
    """Keeps a crew at work."""

    def __init__(self, crew: Crew, announce: Callable[[], None], pause: Callable[[int], float] = pause_s) -> None:
        self._crew = crew
        self._announce = announce
        self._pause = pause
        self._announced = False
        self._listening: set[int] = set()
        self._processes: set[Process] = set()
        self._ending = asyncio.Event()

    async def run(self) -> int:
        """Until every worker has ended. 0 when all of them did so well, 1 when one did not or could not start."""
        async with asyncio.TaskGroup() as group:
            numbers = range(1, self._crew.count + 1)
            keepers = [group.create_task(self._keep(number), name=f"worker {number}") for number in numbers]
        return 0 if all(keeper.result() for keeper in keepers) else 1

    def end(self) -> None:
        """Let every worker finish what it has in flight. The second time means now."""
        number = signal.SIGKILL if self._ending.is_set() else signal.SIGTERM
        self._ending.set()
        self.pass_on(number)

    def pass_on(self, number: signal.Signals) -> None:
        """Send a signal to every worker that there is."""
        for process in self._processes:
            _send(process, number)

    async def _keep(self, number: int) -> bool:
        """One worker, life after life; returns whether the last one ended well."""
        failures = 0
        while not self._ending.is_set():
            life = await self._live(number)
            if self._ending.is_set():
                # One that did not listen yet had nothing to finish, however it went.
                return life.code == 0 or life.listened_s is None
            if not self._announced:
                self._crew.say(LogLevel.ERROR, f"worker {number} {life.story}; nothing is served")
                self.end()
                return False
            if life.code == 0:
                self._crew.say(LogLevel.INFO, f"worker {number} has ended because it was told to, and is not replaced")
                return True
            steady = life.listened_s is not None and life.listened_s >= STEADY_S
            failures = 1 if steady else failures + 1
            pause = self._pause(failures)
            self._crew.say(LogLevel.WARNING, f"worker {number} {life.story}; another takes its place in {pause:g} s")
            await self._ending_within(pause)
        return True

    async def _live(self, number: int) -> Life:
        """Start a worker and stay with it until it has ended."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._crew.command,
                stdin=PIPE,
                stdout=PIPE,
                env=self._crew.env,
                start_new_session=True,  # ctrl+c in the terminal is ours to understand
            )
        except OSError as error:
            return Life(None, f"could not be started: {error.strerror or error}")
        self._processes.add(process)
        try:
            if self._ending.is_set():
                _send(process, signal.SIGTERM)  # it was on its way when the others were told
            if not await _listens(process):
                return Life(await process.wait(), f"(pid {process.pid}) did not come up")
            since = asyncio.get_running_loop().time()
            self._welcome(number, process.pid)
            code = await process.wait()
            return Life(code, f"(pid {process.pid}) {in_words(code)}", asyncio.get_running_loop().time() - since)
        finally:
            self._listening.discard(number)
            self._processes.discard(process)
            if process.stdin is not None:
                process.stdin.close()

    def _welcome(self, number: int, pid: int) -> None:
        self._listening.add(number)
        if self._announced:
            self._crew.say(LogLevel.INFO, f"worker {number} listens again (pid {pid})")
        elif len(self._listening) == self._crew.count:
            self._announced = True
            self._announce()

    async def _ending_within(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._ending.wait()
        except TimeoutError:
            pass


async def _listens(process: Process) -> bool:
    """Wait for a worker's first line. One that says nothing in time is killed."""
    if process.stdout is None:
        return False
    try:
        async with asyncio.timeout(START_S):
            return bool(await process.stdout.readline())
    except TimeoutError:
        _send(process, signal.SIGKILL)
        return False


def _send(process: Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except ProcessLookupError:
        pass  # it has ended, and whoever waits for it is about to hear so
