"""Requests that wait for a place at a provider that takes so many at one time: on real sockets."""

import asyncio
from functools import partial
from typing import Any

import httpx
import pytest

from ai_dashboard.core.records import Stage
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import ADMIN, JSON_TYPE, WHOLE, House, Play, error_of, house, until

ONE = {"gpu": {"rate_limits": {"max_concurrent": 1}}}


class Busy:
    """A provider that answers when it is told to, one request at a time; `most` is how many it had at one time."""

    def __init__(self) -> None:
        self.here = self.most = 0
        self._turns = asyncio.Semaphore(0)

    def finish(self, requests: int = 1) -> None:
        for _ in range(requests):
            self._turns.release()

    async def __call__(self, exchange: Exchange) -> None:
        self.here += 1
        self.most = max(self.most, self.here)
        try:
            await self._turns.acquire()
            exchange.reply(200, [JSON_TYPE], WHOLE)
        finally:
            self.here -= 1


def said(play: Play) -> list[str]:
    return [asked["messages"][0]["content"] for asked in play.asked]


async def ask(home: House, text: str, **wishes: str) -> httpx.Response:
    headers = {f"x-{name}": value for name, value in wishes.items()}
    return await home.chat(stream=False, messages=[{"role": "user", "content": text}], headers=headers)


async def test_no_more_are_sent_than_it_takes_and_the_most_urgent_is_next() -> None:
    busy = Busy()
    gpu = Play(busy)
    async with house({"gpu": gpu}, entries=ONE) as home, asyncio.TaskGroup() as clients:
        waiting = home.gateway.runtime.waiting
        tasks = [clients.create_task(ask(home, "first"))]
        await until(lambda: busy.here == 1)
        for at, (text, priority) in enumerate(
            [("bulk", "bulk"), ("usual", "normal"), ("late", "2"), ("now", "CRITICAL")], start=1
        ):
            tasks.append(clients.create_task(ask(home, text, priority=priority)))
            await until(partial(lambda many: len(waiting) == many, at))
        busy.finish(5)
        answers = await asyncio.gather(*tasks)
        assert [answer.status_code for answer in answers] == [200] * 5
        assert said(gpu) == ["first", "now", "usual", "late", "bulk"]
        assert busy.most == 1
        record = await home.record(5)
        assert record.queued_s > 0
        assert record.overhead_s < record.total_s
        assert record.plan is not None
        assert any(note.startswith("queue: waited") for note in record.plan.notes)
        assert home.nothing_in_flight()


async def test_the_field_of_that_name_counts_as_well_and_is_not_passed_on() -> None:
    busy = Busy()
    gpu = Play(busy)
    async with house({"gpu": gpu}, entries=ONE) as home, asyncio.TaskGroup() as clients:
        clients.create_task(ask(home, "first"))
        await until(lambda: busy.here == 1)
        clients.create_task(ask(home, "usual"))
        await until(lambda: len(home.gateway.runtime.waiting) == 1)
        clients.create_task(home.chat(stream=False, priority="high", deadline=60))
        await until(lambda: len(home.gateway.runtime.waiting) == 2)
        busy.finish(3)
    assert said(gpu) == ["first", "Hi", "usual"]
    assert not {"priority", "deadline"} & set(gpu.asked[1])


async def test_a_request_whose_deadline_passes_is_told_and_never_sent() -> None:
    busy = Busy()
    gpu = Play(busy)
    async with house({"gpu": gpu}, entries=ONE) as home, asyncio.TaskGroup() as clients:
        clients.create_task(ask(home, "first"))
        await until(lambda: busy.here == 1)
        refused = await ask(home, "late", deadline="0.05")
        assert refused.status_code == 504
        assert error_of(refused)["code"] == "queue_deadline_exceeded"
        assert "nothing was sent" in error_of(refused)["message"]
        busy.finish()
    assert said(gpu) == ["first"]


async def test_the_operator_sees_who_waits() -> None:
    busy = Busy()
    async with house({"gpu": Play(busy)}, entries=ONE) as home, asyncio.TaskGroup() as clients:
        assert (await home.http.get("/api/admin/queue")).status_code == 401
        clients.create_task(ask(home, "first"))
        await until(lambda: busy.here == 1)
        clients.create_task(ask(home, "second", priority="low"))
        await until(lambda: len(home.gateway.runtime.waiting) == 1)
        told = (await home.http.get("/api/admin/queue", headers=ADMIN)).json()
        assert told["queues"] == {"m": {"CRITICAL": 0, "HIGH": 0, "NORMAL": 0, "LOW": 1, "BULK": 0}}
        assert told["total_requests"] == 1
        assert told["lines"][0]["provider"] == "gpu"
        over = (await home.http.get("/api/admin/queue/history?window=1m", headers=ADMIN)).json()
        assert (over["waiting"], over["lines"][0]["waiting"]["LOW"]) == (1, 1)
        assert over["places"] == [
            {"provider": "gpu", "in_flight": 1, "capacity": 1, "adaptive": False, "strained": False}
        ]
        assert (await home.http.get("/api/admin/queue/history?window=2m", headers=ADMIN)).status_code == 400
        await until(lambda: home.gateway.snapshot().queue.waiting == 1)
        assert (await home.http.post("/api/admin/queue/clear-expired", headers=ADMIN)).json() == {"expired": 0}
        busy.finish(2)


async def test_when_too_many_wait_the_next_is_told_when_to_come_back() -> None:
    busy = Busy()
    async with (
        house({"gpu": Play(busy)}, entries=ONE, settings={"queue": {"max_size": 1}}) as home,
        asyncio.TaskGroup() as clients,
    ):
        clients.create_task(ask(home, "first"))
        await until(lambda: busy.here == 1)
        clients.create_task(ask(home, "second"))
        await until(lambda: len(home.gateway.runtime.waiting) == 1)
        refused = await ask(home, "third")
        assert (refused.status_code, error_of(refused)["code"]) == (429, "queue_full")
        assert int(refused.headers["retry-after"]) >= 1
        busy.finish(2)


async def test_a_client_that_leaves_is_not_sent_and_leaves_no_place_taken() -> None:
    busy = Busy()
    gpu = Play(busy)
    async with house({"gpu": gpu}, entries=ONE) as home, asyncio.TaskGroup() as clients:
        clients.create_task(ask(home, "first"))
        await until(lambda: busy.here == 1)
        body = {"model": "m", "messages": [{"role": "user", "content": "gone"}]}
        with pytest.raises(httpx.ReadTimeout):
            await home.http.post("/v1/chat/completions", json=body, timeout=0.1)
        await until(lambda: len(home.gateway.runtime.waiting) == 0)
        busy.finish(2)
        assert (await ask(home, "next")).status_code == 200
        assert (await home.record(1)).stage is Stage.GONE
    assert said(gpu) == ["first", "next"]
    assert home.nothing_in_flight()


async def test_nobody_waits_while_somebody_else_has_a_place() -> None:
    busy, free = Busy(), Busy()
    free.finish(5)
    other = Play(free)
    async with house({"gpu": Play(busy), "other": other}, entries=ONE) as home, asyncio.TaskGroup() as clients:
        clients.create_task(ask(home, "first"))
        await until(lambda: busy.here == 1)
        assert (await ask(home, "second")).status_code == 200
        assert said(other) == ["second"]
        busy.finish()


@pytest.mark.parametrize(
    ("wishes", "words"),
    [({"priority": "urgent"}, "there is no priority 'urgent'"), ({"deadline": "soon"}, "`deadline` is 'soon'")],
)
async def test_wishes_that_cannot_be_read_are_refused_where_they_matter(wishes: dict[str, Any], words: str) -> None:
    busy = Busy()
    async with house({"gpu": Play(busy)}, entries=ONE) as home, asyncio.TaskGroup() as clients:
        clients.create_task(ask(home, "first"))
        await until(lambda: busy.here == 1)
        refused = await ask(home, "x", **wishes)
        assert refused.status_code == 400
        assert words in error_of(refused)["message"]
        busy.finish()


async def test_under_five_times_what_it_takes_the_critical_are_all_served_and_others_are_shed_at_once() -> None:
    busy = Busy()
    entries = {"gpu": {"rate_limits": {"max_concurrent": 4}}}
    async with house({"gpu": Play(busy)}, entries=entries, settings={"queue": {"max_size": 10}}) as home:
        loop = asyncio.get_running_loop()

        async def timed(text: str, priority: str) -> tuple[str, int, float]:
            began = loop.time()
            answer = await ask(home, text, priority=priority)
            return priority, answer.status_code, loop.time() - began

        async with asyncio.TaskGroup() as clients:
            await asyncio.sleep(0)
            tasks = [clients.create_task(timed(str(at), "critical" if at % 10 == 0 else "bulk")) for at in range(90)]
            # Four are being answered, ten of each level may wait, and nine are critical.
            await until(lambda: len(home.gateway.runtime.waiting) + busy.here + sum(it.done() for it in tasks) == 90)
            shed = sum(it.done() for it in tasks)
            busy.finish(90)
        outcomes = [task.result() for task in tasks]
        assert {status for priority, status, _ in outcomes if priority == "critical"} == {200}
        assert sum(status == 429 for _, status, _ in outcomes) == shed
        assert 90 - 4 - 10 - 9 <= shed <= 90 - 4 - 10
        assert busy.most == 4
