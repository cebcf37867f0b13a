"""One contract for both homes: what is kept is found, what is asked for at one time is asked for once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from ai_dashboard.cache.exact import ExactCache, Lead
from ai_dashboard.cache.keys import ExactKey
from ai_dashboard.cache.replay import Kept
from tests.integration.cache.homes import Turned, gateway, gateways
from tests.unit.cache.asks import ask, entry, reply
from tests.valkey import Valkey

KEY = ExactKey("acme", "m", b"\x01" * 32)
BODY = reply(ask())


class Clocked:
    """A cache and the clock that it goes by."""

    def __init__(self, cache: ExactCache, clock: Turned) -> None:
        self.cache = cache
        self.clock = clock

    def entry(self, ttl_s: float = 100.0) -> Kept:
        return Kept(entry(BODY, self.clock.wall(), ttl_s, answer_id="chatcmpl-0123456789abcdef"))


@pytest.fixture(params=["memory", "redis"])
async def home(request: pytest.FixtureRequest, shared_valkey: Valkey) -> AsyncIterator[Clocked]:
    clock = Turned()
    if request.param == "memory":
        yield Clocked(gateway(None, clock=clock), clock)
        return
    async with gateways(shared_valkey, 1, clock) as (cache,):
        yield Clocked(cache, clock)


async def lead(cache: ExactCache) -> Lead:
    found = await cache.find(KEY)
    assert isinstance(found, Lead)
    return found


async def test_what_has_landed_is_found(home: Clocked) -> None:
    leading = await lead(home.cache)
    await leading.land(home.entry().entry)
    found = await home.cache.find(KEY)
    assert isinstance(found, Kept)
    assert found.entry.body == BODY
    figures = home.cache.figures()
    assert (figures.hits, figures.misses, figures.stored, figures.entries) == (1, 1, 1, 1)


async def test_its_time_is_over_at_some_time(home: Clocked) -> None:
    await (await lead(home.cache)).land(home.entry(ttl_s=60).entry)
    home.clock.ahead += 61
    await (await lead(home.cache)).leave()


async def test_two_hundred_at_one_time_ask_once(home: Clocked) -> None:
    calls = 0

    async def one() -> bytes:
        nonlocal calls
        found = await home.cache.find(KEY)
        if isinstance(found, Lead):
            calls += 1
            await asyncio.sleep(0.01)
            await found.land(home.entry().entry)
            found = await home.cache.find(KEY)
        assert isinstance(found, Kept)
        return found.entry.body

    assert set(await asyncio.gather(*(one() for _ in range(200)))) == {BODY}
    assert calls == 1
    assert home.cache.figures().joined == 199


async def test_a_leader_that_is_cancelled_fails_nobody(home: Clocked) -> None:
    asked: list[int] = []

    async def one(number: int) -> bytes:
        found = await home.cache.find(KEY)
        if isinstance(found, Lead):
            try:
                asked.append(number)
                await asyncio.sleep(0.02)
                await found.land(home.entry().entry)
                return BODY
            finally:
                await found.leave()
        assert isinstance(found, Kept)
        return found.entry.body

    tasks = [asyncio.get_running_loop().create_task(one(number)) for number in range(50)]
    while not asked:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0)
    tasks[asked[0]].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes) == 1
    assert outcomes.count(BODY) == 49
    assert len(asked) == 2


async def test_an_answer_that_is_not_for_keeping_leaves_everybody_to_themselves(home: Clocked) -> None:
    leading = await lead(home.cache)
    followers = [asyncio.get_running_loop().create_task(home.cache.find(KEY)) for _ in range(3)]
    await asyncio.sleep(0)
    await leading.release()
    await leading.land(home.entry().entry)
    assert await asyncio.gather(*followers) == [None, None, None]
    assert isinstance(await home.cache.find(KEY), Lead)


async def test_what_is_kept_beside_the_queue_is_found_too(home: Clocked) -> None:
    await home.cache.keep(KEY, home.entry().entry)
    assert isinstance(await home.cache.find(KEY), Kept)


@pytest.mark.parametrize(
    ("tenant", "model", "gone"), [("acme", None, 1), (None, "m", 1), ("acme", "m", 1), (None, None, 1), ("b", "m", 0)]
)
async def test_answers_are_forgotten(home: Clocked, tenant: str | None, model: str | None, gone: int) -> None:
    await home.cache.keep(KEY, home.entry().entry)
    assert await home.cache.invalidate(tenant, model) == (gone, True)
    found = await home.cache.find(KEY)
    assert isinstance(found, Kept if gone == 0 else Lead)


async def test_a_reply_is_written_in_the_form_that_is_asked_for_and_its_room_is_counted(home: Clocked) -> None:
    await home.cache.keep(KEY, home.entry().entry)
    kept = await home.cache.find(KEY)
    assert isinstance(kept, Kept)
    before = home.cache.figures().bytes
    body = home.cache.replayed(KEY, kept, ask("anthropic.messages", stream=True), "f" * 16)
    assert b"message_stop" in (body or b"")
    assert home.cache.figures().bytes > before
