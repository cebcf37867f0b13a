"""Requests that wait for a place: who is called, what is kept for whom, and what is left of those that go."""

import asyncio

import pytest

from ai_dashboard.core.errors import QueueExpired, QueueFull
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.queueing.line import Ticket
from ai_dashboard.queueing.priority import Priority
from ai_dashboard.queueing.room import Place, WaitingRoom, stats

GPU: Place = ("gpu", "m")
CLOUD: Place = ("cloud", "m")


class Waiting:
    """A room and the requests in it, each a task that says when it was called."""

    def __init__(self, max_size: int = 10) -> None:
        self.clock = SystemClock()
        self.kept = 0
        self.room = WaitingRoom(self.clock, max_size, age_boost_s=30, keep=self._keep)
        self.called: list[tuple[str, Place]] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def _keep(self, _place: Place, places: int) -> None:
        self.kept += places

    async def comes(
        self, name: str, *places: Place, priority: Priority = Priority.NORMAL, deadline_s: float | None = None
    ) -> None:
        now = self.clock.monotonic()
        deadline = None if deadline_s is None else now + deadline_s
        ticket = Ticket(name, "m", priority, now, deadline=deadline)

        async def wait() -> None:
            place = await self.room.wait(ticket, places)
            self.called.append((name, place))

        self.tasks[name] = asyncio.get_running_loop().create_task(wait())
        await asyncio.sleep(0)

    async def settled(self) -> list[tuple[str, Place]]:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        called, self.called = self.called, []
        return called

    async def leaves(self, name: str) -> None:
        self.tasks[name].cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.tasks[name]


async def test_a_free_place_goes_to_the_most_urgent_and_is_kept_for_it() -> None:
    waiting = Waiting()
    await waiting.comes("a", GPU)
    await waiting.comes("b", GPU, priority=Priority.HIGH)
    waiting.room.free("gpu", 1)
    assert waiting.kept == 1
    waiting.room.free("gpu", 0)
    assert await waiting.settled() == [("b", GPU)]
    waiting.room.taken(GPU)
    waiting.room.free("gpu", 1)
    assert await waiting.settled() == [("a", GPU)]
    waiting.room.taken(GPU)
    assert waiting.kept == 0
    assert len(waiting.room) == 0


async def test_whoever_could_be_answered_by_several_is_called_by_the_first_and_leaves_the_other_lines() -> None:
    waiting = Waiting()
    await waiting.comes("a", GPU, CLOUD)
    await waiting.comes("b", GPU)
    waiting.room.free("cloud", 1)
    assert await waiting.settled() == [("a", CLOUD)]
    waiting.room.free("gpu", 1)
    assert await waiting.settled() == [("b", GPU)]
    assert waiting.room.wanted() == frozenset()


async def test_two_places_at_one_provider_call_two_of_different_models() -> None:
    waiting = Waiting()
    await waiting.comes("a", ("gpu", "one"))
    await waiting.comes("b", ("gpu", "two"))
    waiting.room.free("gpu", 2)
    assert await waiting.settled() == [("a", ("gpu", "one")), ("b", ("gpu", "two"))]


async def test_whoever_was_called_is_served_though_its_line_is_forgotten_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ai_dashboard.queueing.room.MAX_LINES", 1)
    waiting = Waiting()
    await waiting.comes("a", GPU)
    ticket = Ticket("b", "n", Priority.NORMAL, waiting.clock.monotonic())
    other = asyncio.get_running_loop().create_task(waiting.room.wait(ticket, [("gpu", "n")]))
    waiting.room.free("gpu", 1)  # nobody stands in that line any more: it goes when "b" opens another
    assert await waiting.settled() == [("a", GPU)]
    await waiting.tasks["a"]
    waiting.room.free("gpu", 1)
    assert await other == ("gpu", "n")


async def test_a_client_that_leaves_is_not_called_and_one_that_leaves_when_called_gives_its_place_back() -> None:
    waiting = Waiting()
    await waiting.comes("a", GPU)
    await waiting.comes("b", GPU)
    await waiting.leaves("a")
    waiting.room.free("gpu", 1)
    waiting.tasks["b"].cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting.tasks["b"]
    assert waiting.kept == 0
    assert len(waiting.room) == 0
    assert waiting.room.wanted() == frozenset()


async def test_a_deadline_that_passes_in_the_queue_is_an_error_of_its_own() -> None:
    waiting = Waiting()
    await waiting.comes("a", GPU, deadline_s=0.01)
    with pytest.raises(QueueExpired, match="nothing was sent"):
        await waiting.tasks["a"]
    await waiting.comes("b", GPU, deadline_s=-1)
    with pytest.raises(QueueExpired):
        await waiting.tasks["b"]
    (view,) = waiting.room.views()
    assert (view.expired, view.served) == (1, 0)


async def test_a_full_line_says_when_to_come_back_unless_another_has_room() -> None:
    waiting = Waiting(max_size=1)
    await waiting.comes("a", GPU)
    await waiting.comes("b", GPU)
    with pytest.raises(QueueFull, match="1 requests of this priority are waiting for 'm' already") as refused:
        await waiting.tasks["b"]
    assert refused.value.retry_after_s == 5.0
    await waiting.comes("c", GPU, CLOUD)
    waiting.room.free("cloud", 1)
    assert await waiting.settled() == [("c", CLOUD)]


async def test_other_limits_hold_for_those_who_wait_as_well() -> None:
    waiting = Waiting(max_size=1)
    await waiting.comes("a", GPU)
    waiting.room.adopt(2, 30)
    await waiting.comes("b", GPU)
    waiting.room.free("gpu", 5)
    assert await waiting.settled() == [("a", GPU), ("b", GPU)]
    assert waiting.kept == 2


async def test_the_figures_are_by_model_and_level() -> None:
    waiting = Waiting()
    await waiting.comes("a", GPU, priority=Priority.BULK)
    await waiting.comes("b", CLOUD)
    await waiting.comes("c", ("gpu", "other"))
    told = stats(tuple(waiting.room.views()), 5.0)
    assert told == {
        "timestamp": 5.0,
        "queues": {
            "m": {"CRITICAL": 0, "HIGH": 0, "NORMAL": 1, "LOW": 0, "BULK": 1},
            "other": {"CRITICAL": 0, "HIGH": 0, "NORMAL": 1, "LOW": 0, "BULK": 0},
        },
        "total_requests": 3,
    }
    for name in "abc":
        await waiting.leaves(name)


async def test_requests_are_counted_once_in_however_many_lines_they_stand() -> None:
    waiting = Waiting(max_size=1)
    await waiting.comes("a", GPU, CLOUD)
    await waiting.comes("b", GPU, CLOUD)
    await waiting.comes("c", ("gpu", "other"), CLOUD, deadline_s=0.01)
    for name, error in (("b", QueueFull), ("c", QueueExpired)):
        with pytest.raises(error):
            await waiting.tasks[name]
    waiting.room.free("cloud", 1)
    assert await waiting.settled() == [("a", CLOUD)]
    assert (waiting.room.served, waiting.room.shed, waiting.room.expired) == (1, 1, 1)


class Turned(SystemClock):
    """A clock that is put forward by hand; timers do not know of it."""

    ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


async def test_those_past_their_deadline_can_be_told_so_before_they_find_out() -> None:
    waiting = Waiting()
    clock = Turned()
    waiting.room = WaitingRoom(clock, 10, age_boost_s=30, keep=waiting._keep)
    await waiting.comes("called", GPU, CLOUD, deadline_s=60)
    await waiting.comes("late", GPU, CLOUD, deadline_s=60)
    await waiting.comes("patient", GPU)
    assert waiting.room.clear_expired() == 0
    waiting.room.free("cloud", 1)  # calls the one that came first
    clock.ahead = 61
    assert waiting.room.clear_expired() == 1
    assert await waiting.settled() == [("called", CLOUD)]
    with pytest.raises(QueueExpired, match="nothing was sent"):
        await waiting.tasks["late"]
    assert {view.provider: view.expired for view in waiting.room.views()} == {"gpu": 1, "cloud": 1}
    assert waiting.room.expired == 1
    waiting.room.free("gpu", 2)
    assert await waiting.settled() == [("patient", GPU)]
