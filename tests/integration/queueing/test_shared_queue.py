"""The queue that workers share through a real Valkey."""

import asyncio

import pytest

from ai_dashboard.core.errors import QueueFull
from ai_dashboard.queueing.priority import Priority
from ai_dashboard.queueing.shared_queue import SharedRequestQueue
from ai_dashboard.state.link import Link


async def prompts(queue: SharedRequestQueue, model: str = "m") -> str:
    got = ""
    while (it := await queue.dequeue(model)) is not None:
        got += it.prompt
        await queue.done(model, it.id)
    return got


async def test_the_most_urgent_is_next_tenants_take_turns_and_nothing_is_left(link: Link) -> None:
    queue = SharedRequestQueue(link)
    for prompt, priority in (("a", Priority.BULK), ("b", Priority.HIGH), ("c", Priority.CRITICAL)):
        await queue.enqueue(prompt, "m", priority)
    for prompt, tenant in (("x", "greedy"), ("x", "greedy"), ("x", "greedy"), ("y", "modest")):
        await queue.enqueue(prompt, "m", tenant=tenant)
    assert await queue.get_stats() == {
        "queues": {"m": {"CRITICAL": 1, "HIGH": 1, "NORMAL": 4, "LOW": 0, "BULK": 1}},
        "total_requests": 7,
    }
    assert await prompts(queue) == "cbxyxxa"
    left = await link.call("KEYS", "aid:{queue*")
    assert left == []


async def test_waiting_raises_a_request(link: Link) -> None:
    queue = SharedRequestQueue(link, age_boost_s=0.01)
    await queue.enqueue("old", "m", Priority.BULK)
    await asyncio.sleep(0.06)
    await queue.enqueue("new", "m", Priority.HIGH)
    got = await queue.dequeue("m")
    assert got is not None
    assert got.prompt == "old"
    assert got.waited_s >= 0.05


async def test_no_two_workers_get_the_same_request_and_none_is_lost(link: Link) -> None:
    queues = [SharedRequestQueue(link) for _ in range(4)]
    ids = await asyncio.gather(*(queues[at % 4].enqueue(str(at), "m", Priority(at % 5)) for at in range(200)))

    async def work(queue: SharedRequestQueue) -> list[str]:
        mine = []
        while (it := await queue.dequeue("m")) is not None:
            mine.append(it.id)
        return mine

    taken = [it for them in await asyncio.gather(*(work(queue) for queue in queues)) for it in them]
    assert sorted(taken) == sorted(ids)


async def test_a_worker_that_died_returns_its_requests_when_the_lease_is_over(link: Link) -> None:
    dying, living = SharedRequestQueue(link, lease_s=0.05), SharedRequestQueue(link, lease_s=60)
    number = await dying.enqueue("a", "m")
    assert await dying.dequeue("m") is not None
    assert await living.dequeue("m") is None
    async with asyncio.timeout(5):
        while (again := await living.dequeue("m")) is None:
            pass
    assert again.id == number
    await living.done("m", number)
    assert await prompts(living) == ""


async def test_those_past_their_deadline_are_cleared_and_never_served(link: Link) -> None:
    queue = SharedRequestQueue(link)
    await queue.enqueue("a", "m", deadline=0.001)
    await queue.enqueue("b", "m", Priority.HIGH, deadline=0.001)
    await queue.enqueue("c", "m", deadline=60)
    await asyncio.sleep(0.01)
    assert await queue.clear_expired() == 2
    await queue.enqueue("d", "m", deadline=0.001)
    await asyncio.sleep(0.01)
    assert await prompts(queue) == "c"


async def test_a_full_level_refuses(link: Link) -> None:
    queue = SharedRequestQueue(link, max_size=1)
    await queue.enqueue("a", "m")
    with pytest.raises(QueueFull):
        await queue.enqueue("b", "m")
    await queue.enqueue("c", "m", Priority.LOW)
