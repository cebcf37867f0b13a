"""A server that holds one model at one time: requests go to it by model, and nobody waits past the bound for that."""

import asyncio
import json
from collections import Counter
from functools import partial

import httpx
import pytest

from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import ADMIN, JSON_TYPE, WHOLE, House, Play, house, until

MODELS = ("a", "b", "c")


class Engine:
    """A server with room for one model, which says when told to. `loads` are the models in the order in which they were
    loaded: a request for another one than is there swaps, whoever else is being answered."""

    def __init__(self) -> None:
        self.loads: list[str] = []
        self.here: Counter[str] = Counter()
        self._turns = asyncio.Semaphore(0)

    def finish(self, requests: int = 1) -> None:
        for _ in range(requests):
            self._turns.release()

    async def __call__(self, exchange: Exchange) -> None:
        model = json.loads(await exchange.body())["model"]
        if self.loads[-1:] != [model]:
            self.loads.append(model)
        self.here[model] += 1
        try:
            await self._turns.acquire()
            exchange.reply(200, [JSON_TYPE], WHOLE)
        finally:
            self.here[model] -= 1


def one_model(**more: object) -> dict[str, dict[str, object]]:
    """The configuration of such a server."""
    return {"gpu": {"models": [*MODELS], "max_loaded": 1, **more}}


async def ask(home: House, model: str, priority: str = "normal", **wishes: str) -> httpx.Response:
    headers = {"x-priority": priority} | {f"x-{name}": value for name, value in wishes.items()}
    return await home.chat(stream=False, model=model, headers=headers)


async def waits(home: House, requests: int) -> None:
    await until(lambda: len(home.gateway.runtime.waiting) == requests)


@pytest.mark.parametrize(("batched", "swaps"), [(True, 3), (False, 12)])
async def test_with_batches_there_are_as_many_loads_as_models(batched: bool, swaps: int) -> None:
    engine = Engine()
    limits = {"rate_limits": {"max_concurrent": 1}}
    entries = one_model(**limits) if batched else {"gpu": {"models": [*MODELS], **limits}}
    async with house({"gpu": Play(engine)}, entries=entries) as home, asyncio.TaskGroup() as clients:
        tasks = []
        for place in range(12):
            tasks.append(clients.create_task(ask(home, MODELS[place % 3])))
            await until(lambda: engine.here.total() == 1)
            await waits(home, place)
        engine.finish(12)
        answers = await asyncio.gather(*tasks)
        assert {answer.status_code for answer in answers} == {200}
        assert len(engine.loads) == swaps
        assert home.nothing_in_flight()


async def test_without_any_limit_of_requests_a_batch_is_sent_at_once_and_the_next_when_it_is_done() -> None:
    engine = Engine()
    async with house({"gpu": Play(engine)}, entries=one_model()) as home, asyncio.TaskGroup() as clients:
        for model in "aa":
            clients.create_task(ask(home, model))
        await until(lambda: engine.here["a"] == 2)
        for number, model in enumerate("bcbcb", start=1):
            clients.create_task(ask(home, model))
            await waits(home, number)
        # Whoever wants what is there goes in front of those who wait, as long as none of them is overdue.
        clients.create_task(ask(home, "a"))
        await until(lambda: engine.here["a"] == 3)
        engine.finish(3)
        await until(lambda: engine.here["b"] == 3)
        assert len(home.gateway.runtime.waiting) == 2
        engine.finish(5)
    assert engine.loads == ["a", "b", "c"]


async def test_the_critical_are_next_whatever_is_loaded_and_however_many_wait_for_another() -> None:
    engine = Engine()
    async with house({"gpu": Play(engine)}, entries=one_model()) as home, asyncio.TaskGroup() as clients:
        clients.create_task(ask(home, "a"))
        await until(lambda: engine.here["a"] == 1)
        for number, model in enumerate("bbb", start=1):
            clients.create_task(ask(home, model))
            await waits(home, number)
        clients.create_task(ask(home, "c", "critical"))
        await waits(home, 4)
        # It does not overtake the one that is being answered, and nobody else begins before it: not even for `a`.
        clients.create_task(ask(home, "a"))
        await waits(home, 5)
        engine.finish()
        await until(lambda: engine.here["c"] == 1)
        engine.finish()
        await until(lambda: engine.here["b"] == 3)
        engine.finish(4)
    assert engine.loads == ["a", "c", "b", "a"]


async def test_nobody_waits_past_the_bound_while_others_keep_a_model_busy() -> None:
    engine = Engine()
    settings = {"queue": {"age_boost_s": 0.05}}
    async with house({"gpu": Play(engine)}, entries=one_model(), settings=settings) as home:
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()

        async def keep_busy() -> None:
            while not ended.is_set():
                await ask(home, "a")

        async with asyncio.TaskGroup() as clients:
            for _ in range(3):
                clients.create_task(keep_busy())
            await until(lambda: engine.here["a"] == 3)
            began = loop.time()
            other = clients.create_task(ask(home, "b"))
            while not other.done():
                # There is always one that is being answered, until those that come next have to wait as well.
                if engine.here["a"] > 1 or len(home.gateway.runtime.waiting) > 1:
                    engine.finish()
                await asyncio.sleep(0.002)
            ended.set()
            engine.finish(20)
        assert other.result().status_code == 200
        # Two steps until it is overdue, and the time that a busy machine takes.
        assert 0.09 < loop.time() - began < 0.1 + 2.0


async def test_a_request_says_what_it_waits_for_and_the_operator_sees_what_comes() -> None:
    engine = Engine()
    async with house({"gpu": Play(engine)}, entries=one_model()) as home, asyncio.TaskGroup() as clients:
        clients.create_task(ask(home, "a"))
        await until(lambda: engine.here["a"] == 1)
        for number, model in enumerate("bbbc", start=1):
            clients.create_task(ask(home, model))
            await waits(home, number)
        (trip,) = [it for it in home.gateway.runtime.running.values() if it.asked == "c"]
        assert trip.plan is not None
        assert trip.plan.attempts[0].facts == (("against it", "swap: waits for c to be swapped in; 3 before it"),)
        assert trip.plan.notes == (
            "queue: all who may answer have no place left, so it waits for the first that is free",
        )
        told = (await home.http.get("/api/admin/queue", headers=ADMIN)).json()
        assert told["swaps"] == [
            {
                "provider": "gpu",
                "max_loaded": 1,
                "loaded": ["a"],
                "planned": [
                    {"load": "b", "evict": "a", "requests": 3, "load_s": None},
                    {"load": "c", "evict": "b", "requests": 1, "load_s": None},
                ],
                "swaps": 0,
            }
        ]
        engine.finish(5)
        await until(partial(home.nothing_in_flight))
        told = (await home.http.get("/api/admin/queue", headers=ADMIN)).json()
        assert (told["swaps"][0]["loaded"], told["swaps"][0]["planned"], told["swaps"][0]["swaps"]) == (["c"], [], 2)


async def test_somebody_else_who_may_answer_spares_the_swap() -> None:
    engine, other = Engine(), Engine()
    other.finish()
    entries = one_model() | {"cloud": {"models": ["b"]}}
    plays = {"gpu": Play(engine), "cloud": Play(other)}
    async with house(plays, entries=entries) as home, asyncio.TaskGroup() as clients:
        clients.create_task(ask(home, "a"))
        await until(lambda: engine.here["a"] == 1)
        assert (await ask(home, "b")).headers["x-provider"] == "cloud"
        engine.finish()


async def test_a_client_that_leaves_keeps_no_model_waiting() -> None:
    engine = Engine()
    async with house({"gpu": Play(engine)}, entries=one_model()) as home, asyncio.TaskGroup() as clients:
        clients.create_task(ask(home, "a"))
        await until(lambda: engine.here["a"] == 1)
        gone = clients.create_task(ask(home, "b"))
        await waits(home, 1)
        clients.create_task(ask(home, "c"))
        await waits(home, 2)
        gone.cancel()
        await waits(home, 1)
        engine.finish(2)
    assert engine.loads == ["a", "c"]
    assert home.nothing_in_flight()
