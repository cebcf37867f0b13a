"""A crew of small processes: who is announced, replaced, told to end, and what the supervisor makes of it."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from ai_dashboard.cli.workers import Crew, Supervisor, in_words, pause_s
from ai_dashboard.core.logs import LogLevel

STAYS = "print('up', flush=True); sys.stdin.read()"
ENDS_WHEN_TOLD = f"signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); {STAYS}"
RELOADS = f"signal.signal(signal.SIGHUP, lambda *_: sys.exit(0)); {STAYS}"
DOES_NOT_LISTEN_TO_REASON = f"signal.signal(signal.SIGTERM, signal.SIG_IGN); {STAYS}"
BREAKS_AT_ONCE = "sys.exit(3)"
BREAKS_TWICE = """
with open(sys.argv[1], 'a+') as lives:
    lives.write('x')
    lives.seek(0)
    print('up', flush=True)
    sys.exit(3 if len(lives.read()) < 3 else 0)
"""


class Watch:
    """A supervisor of scripts, and what it did."""

    def __init__(self, script: str, count: int, *arguments: str) -> None:
        command = (sys.executable, "-S", "-c", f"import signal, sys\n{script}", *arguments)
        self.announced = 0
        self.pauses: list[int] = []
        self.said: list[tuple[LogLevel, str]] = []
        crew = Crew(count, command, dict(os.environ), lambda *it: self.said.append(it))
        self.supervisor = Supervisor(crew, self.announce, self.pause)

    def announce(self) -> None:
        self.announced += 1

    def pause(self, failures: int) -> float:
        self.pauses.append(failures)
        return 0.0

    def told(self, level: LogLevel, words: str) -> int:
        return sum(it is level and words in text for it, text in self.said)

    async def run(self) -> int:
        async with asyncio.timeout(20):
            return await self.supervisor.run()


class Told(Watch):
    """As soon as all listen, it is told to end, `times` times."""

    times = 1

    def announce(self) -> None:
        super().announce()
        for _ in range(self.times):
            self.supervisor.end()


class ToldTwice(Told):
    times = 2


class HungUp(Watch):
    """As soon as all listen, a signal is passed on."""

    def announce(self) -> None:
        super().announce()
        self.supervisor.pass_on(signal.SIGHUP)


class ToldInThePause(Watch):
    def pause(self, failures: int) -> float:
        super().pause(failures)
        self.supervisor.end()
        return 3600.0


async def test_all_are_announced_once_and_end_well() -> None:
    watch = Told(ENDS_WHEN_TOLD, 3)
    assert await watch.run() == 0
    assert watch.announced == 1
    assert watch.pauses == []


async def test_who_does_not_end_well_is_an_exit_code() -> None:
    assert await Told(STAYS, 2).run() == 1


async def test_the_second_time_means_now() -> None:
    assert await ToldTwice(DOES_NOT_LISTEN_TO_REASON, 2).run() == 1


async def test_a_signal_is_passed_on_and_who_ends_well_after_it_is_not_replaced() -> None:
    watch = HungUp(RELOADS, 2)
    assert await watch.run() == 0
    assert watch.pauses == []


async def test_a_broken_worker_is_replaced_until_it_ends_well(tmp_path: Path) -> None:
    watch = Watch(BREAKS_TWICE, 1, str(tmp_path / "lives"))
    assert await watch.run() == 0
    assert watch.announced == 1
    assert watch.pauses == [1, 2]
    assert watch.told(LogLevel.WARNING, "ended with exit code 3; another takes its place in 0 s") == 2
    assert watch.told(LogLevel.INFO, "worker 1 listens again (pid ") == 2
    assert watch.told(LogLevel.INFO, "has ended because it was told to, and is not replaced") == 1


async def test_nobody_takes_a_place_once_the_end_has_begun() -> None:
    watch = ToldInThePause("print('up', flush=True); sys.exit(3)", 1)
    assert await watch.run() == 0
    assert watch.pauses == [1]


async def test_workers_that_cannot_start_are_not_tried_again() -> None:
    watch = Watch(BREAKS_AT_ONCE, 2)
    assert await watch.run() == 1
    assert (watch.announced, watch.pauses) == (0, [])
    assert watch.told(LogLevel.ERROR, "did not come up; nothing is served") == 1


async def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    said: list[str] = []
    crew = Crew(1, [str(tmp_path / "nothing")], {}, lambda _level, text: said.append(text))
    assert await Supervisor(crew, lambda: None).run() == 1
    assert any("worker 1 could not be started: No such file" in text for text in said)


async def test_an_end_before_the_beginning_is_a_good_one() -> None:
    watch = Watch(STAYS, 2)
    watch.supervisor.end()
    assert await watch.run() == 0
    assert watch.announced == 0


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 0.5), (2, 1), (3, 2), (6, 16), (7, 30), (8, 30), (1_000_000, 30)]
)
def test_pauses_double_up_to_half_a_minute(failures: int, seconds: float) -> None:
    assert pause_s(failures) == seconds


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (3, "ended with exit code 3"),
        (0, "ended with exit code 0"),
        (-9, "was ended by signal 9 (Killed)"),
        (-40, "was ended by signal 40 (Real-time signal 6)"),
    ],
)
def test_an_exit_code_in_words(code: int, words: str) -> None:
    assert in_words(code) == words
