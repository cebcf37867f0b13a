"""What one gateway has learnt, all know; without Redis each goes on by itself."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import numpy as np

from ai_dashboard.cache.entry import Entry
from ai_dashboard.cache.semantic.embedders import HashingEmbedder
from ai_dashboard.cache.semantic.lookup import MeaningCache, Unknown
from ai_dashboard.cache.semantic.mirror import HEARD_WITHIN_S, STREAM, Mirror
from ai_dashboard.cache.semantic.question import Question
from ai_dashboard.cache.semantic.store import Found, MeaningStore
from ai_dashboard.state.link import Link
from tests.integration.cache.homes import Turned, linked
from tests.unit.cache.asks import entry
from tests.valkey import Valkey, valkey

ONE, SAME = "How do I boil an egg?", "How do you boil an egg?"


def question(prompt: str, bucket: bytes = b"b", tenant: str = "acme") -> Question:
    return Question(bucket, tenant, "m", prompt)


async def hashed(texts: Sequence[str]) -> list[list[float]] | None:
    return HashingEmbedder().embed(texts)


@dataclass
class Gateway:
    """One gateway's semantic cache."""

    cache: MeaningCache
    link: Link
    clock: Turned

    async def find(self, prompt: str) -> Found[Entry] | Unknown | None:
        self.clock.ahead += HEARD_WITHIN_S
        return await self.cache.find(question(prompt), hashed, self.clock.wall())

    async def learn(self, prompt: str) -> None:
        unknown = await self.find(prompt)
        assert isinstance(unknown, Unknown)
        await self.cache.keep(unknown, entry(prompt.encode() * 100, self.clock.wall()))


@asynccontextmanager
async def gateways(server: Valkey, many: int, *, watch: bool = False) -> AsyncIterator[list[Gateway]]:
    async with AsyncExitStack() as stack:
        made = []
        for number in range(many):
            link = await stack.enter_async_context(linked(server, seed=number, watch=watch))
            if number == 0:
                await link.call("FLUSHALL")
            store: MeaningStore[Entry] = MeaningStore(0.6, 100)
            clock = Turned()
            mirror = Mirror(link, store, clock, name=f"g{number}", compress_above=64)
            link.on_back.append(mirror.reconcile)
            made.append(Gateway(MeaningCache(store, embedder="hashing", timeout_s=1.0, mirror=mirror), link, clock))
        yield made


async def test_what_one_has_learnt_the_others_know(shared_valkey: Valkey) -> None:
    async with gateways(shared_valkey, 3) as (one, two, three):
        await one.learn(ONE)
        for gateway in (one, two, three):
            found = await gateway.find(SAME)
            assert isinstance(found, Found)
            assert found.meaning.answer.body == ONE.encode() * 100
            assert found.meaning.vector.dtype == np.float32
        assert [len(it.cache.store) for it in (one, two, three)] == [1, 1, 1]


async def test_a_bad_hit_is_told(shared_valkey: Valkey) -> None:
    async with gateways(shared_valkey, 2) as (one, two):
        await one.learn(ONE)
        found = await two.find(SAME)
        assert isinstance(found, Found)
        taken = await two.cache.feedback(found.meaning.id, found.similarity)
        assert taken is not None
        assert taken.threshold > found.similarity
        assert isinstance(await one.find(SAME), Unknown)
        await one.learn(ONE)
        assert isinstance(await two.find(SAME), Unknown), "the neighbourhood needs more similarity everywhere"
        assert await two.cache.feedback("nobody", None) is None


async def test_what_one_forgets_is_forgotten_everywhere(shared_valkey: Valkey) -> None:
    async with gateways(shared_valkey, 2) as (one, two):
        await one.learn(ONE)
        assert isinstance(await two.find(SAME), Found)
        assert await one.cache.invalidate("acme", None) == (1, True)
        assert isinstance(await two.find(SAME), Unknown)


async def test_one_that_starts_later_catches_up(shared_valkey: Valkey) -> None:
    async with gateways(shared_valkey, 1) as (one,), linked(shared_valkey, seed=9) as link:
        for number in range(60):
            await one.learn(f"how many legs has insect number {number}")
        store: MeaningStore[Entry] = MeaningStore(0.6, 100)
        mirror = Mirror(link, store, Turned(), name="late", compress_above=64)
        await mirror.listen()
        assert len(store) == 60


async def test_what_another_program_writes_there_is_passed_over(shared_valkey: Valkey) -> None:
    async with gateways(shared_valkey, 1) as (one,):
        for blob in (b"", b"x", b"\x00\x00\x00\x02\x00\x00\x00\x00{}", b"\xff" * 40):
            await one.link.call("XADD", STREAM, "*", "told", blob)
        assert isinstance(await one.find(ONE), Unknown)


async def test_without_redis_each_goes_on_and_tells_the_rest_later() -> None:
    with valkey() as server:
        async with gateways(server, 2, watch=True) as (one, two):
            server.kill()
            await one.learn(ONE)
            assert isinstance(await one.find(SAME), Found)
            assert isinstance(await two.find(SAME), Unknown)
            assert await one.cache.invalidate("other", None) == (0, False)
            server.start()
            async with asyncio.timeout(8.0):
                while not isinstance(await two.find(SAME), Found):  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.02)


async def test_the_stream_is_as_long_as_the_stores_are_large(shared_valkey: Valkey) -> None:
    async with gateways(shared_valkey, 1) as (one,):
        for number in range(400):
            await one.learn(f"what is the {number} th answer")
        length = await one.link.call("XLEN", STREAM)
        assert isinstance(length, int)
        assert length < 400
        assert len(one.cache.store) == 100
