"""The lazy timer: moved for free, rung once, and never early."""

from collections.abc import Callable

import pytest

from ai_dashboard.transport.deadline import NEVER, Deadline


class Timer:
    """A timer that was armed and not cancelled is on its loop's list."""

    def __init__(self, loop: "Loop", when: float, callback: Callable[[], None]) -> None:
        self.when = when
        self.callback = callback
        self.cancel = lambda: loop.timers.remove(self)


class Loop:
    """Time that is turned by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], None], /) -> Timer:
        self.timers.append(Timer(self, when, callback))
        return self.timers[-1]

    def turn_to(self, now: float) -> None:
        self.now = now
        for timer in [timer for timer in self.timers if timer.when <= now]:
            self.timers.remove(timer)
            timer.callback()


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def rings() -> list[float]:
    return []


@pytest.fixture
def deadline(loop: Loop, rings: list[float]) -> Deadline:
    return Deadline(loop, lambda: rings.append(loop.now))


def test_rings_once_when_due(loop: Loop, rings: list[float], deadline: Deadline) -> None:
    deadline.set(105.0)
    loop.turn_to(104.0)
    assert rings == []
    loop.turn_to(105.0)
    loop.turn_to(500.0)
    assert rings == [105.0]


def test_moving_it_later_costs_no_timer(loop: Loop, rings: list[float], deadline: Deadline) -> None:
    deadline.set(105.0)
    first = loop.timers[:]
    for due in (106.0, 107.0, 120.0):
        deadline.set(due)
    assert loop.timers == first
    loop.turn_to(105.0)
    assert rings == []
    assert [timer.when for timer in loop.timers] == [120.0]
    loop.turn_to(120.0)
    assert rings == [120.0]


def test_moving_it_earlier_is_heeded(loop: Loop, rings: list[float], deadline: Deadline) -> None:
    deadline.set(175.0)
    deadline.set(110.0)
    assert [timer.when for timer in loop.timers] == [110.0]
    loop.turn_to(110.0)
    assert rings == [110.0]


def test_called_off_by_never(loop: Loop, rings: list[float], deadline: Deadline) -> None:
    deadline.set(105.0)
    deadline.due = NEVER
    loop.turn_to(1000.0)
    assert (rings, loop.timers) == ([], [])
    deadline.set(1010.0)
    loop.turn_to(1010.0)
    assert rings == [1010.0]


def test_closed_lets_go(loop: Loop, rings: list[float], deadline: Deadline) -> None:
    deadline.set(105.0)
    deadline.close()
    assert loop.timers == []
    loop.turn_to(1000.0)
    assert rings == []
