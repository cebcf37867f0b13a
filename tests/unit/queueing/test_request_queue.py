"""The queue that programs use on their own."""

import pytest

from ai_dashboard.core.errors import QueueFull
from ai_dashboard.queueing import Priority, RequestQueue


class Turned:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return 1_800_000_000.0 + self.now


def test_prompts_come_back_by_priority_with_how_long_they_waited() -> None:
    clock = Turned()
    queue = RequestQueue(clock=clock, env={})
    first = queue.enqueue("a", "m", Priority.LOW)
    clock.now += 2
    second = queue.enqueue("b", "m", 4)
    queue.enqueue("c", "other")
    assert queue.get_stats()["queues"] == {
        "m": {"CRITICAL": 1, "HIGH": 0, "NORMAL": 0, "LOW": 1, "BULK": 0},
        "other": {"CRITICAL": 0, "HIGH": 0, "NORMAL": 1, "LOW": 0, "BULK": 0},
    }
    assert queue.get_stats()["total_requests"] == 3
    got = [queue.dequeue("m"), queue.dequeue("m"), queue.dequeue("m"), queue.dequeue("nothing")]
    assert [(it.id, it.prompt, it.waited_s) for it in got if it is not None] == [(second, "b", 0.0), (first, "a", 2.0)]
    assert got[2:] == [None, None]


def test_those_past_their_deadline_are_cleared_and_never_served() -> None:
    clock = Turned()
    queue = RequestQueue(clock=clock, env={})
    queue.enqueue("a", "m", deadline=5)
    queue.enqueue("b", "m", deadline=50)
    clock.now += 5
    assert queue.clear_expired() == 1
    got = queue.dequeue("m")
    assert got is not None
    assert got.prompt == "b"
    queue.enqueue("c", "m", deadline=1)
    clock.now += 1
    assert queue.dequeue("m") is None
    assert queue.get_stats()["total_requests"] == 0


def test_the_environment_sets_size_and_age() -> None:
    clock = Turned()
    queue = RequestQueue(clock=clock, env={"MAX_QUEUE_SIZE": "1", "PRIORITY_AGE_BOOST_SECONDS": "10"})
    queue.enqueue("old", "m", Priority.LOW)
    clock.now += 20
    queue.enqueue("new", "m", Priority.NORMAL)
    with pytest.raises(QueueFull, match="1 requests of priority NORMAL wait for 'm' already") as refused:
        queue.enqueue("more", "m", Priority.NORMAL)
    assert refused.value.status == 429
    assert refused.value.retry_after_s
    got = queue.dequeue("m")
    assert got is not None
    assert got.prompt == "old"
