"""The semantic cache of one gateway: vectors that come, that do not come, and that come too late."""

import asyncio
from collections.abc import Sequence

import pytest

from ai_dashboard.cache.entry import Entry
from ai_dashboard.cache.semantic.embedders import HashingEmbedder
from ai_dashboard.cache.semantic.lookup import MeaningCache, Unknown
from ai_dashboard.cache.semantic.question import Question
from ai_dashboard.cache.semantic.store import Found, MeaningStore
from tests.unit.cache.asks import entry

EGG = Question(b"b", "acme", "m", "How do I boil an egg?")


def cache(timeout_s: float = 1.0) -> MeaningCache:
    store: MeaningStore[Entry] = MeaningStore(0.7, 10)
    return MeaningCache(store, embedder="hashing", timeout_s=timeout_s)


async def hashed(texts: Sequence[str]) -> list[list[float]] | None:
    return HashingEmbedder().embed(texts)


async def test_an_answer_is_found_by_its_meaning() -> None:
    made = cache()
    unknown = await made.find(EGG, hashed, 0.0)
    assert isinstance(unknown, Unknown)
    await made.keep(unknown, entry(b"eight minutes"))
    found = await made.find(Question(b"b", "acme", "m", "how do you boil an egg"), hashed, 0.0)
    assert isinstance(found, Found)
    assert found.meaning.answer.body == b"eight minutes"
    figures = made.figures()
    assert (figures.embedder, figures.hits, figures.misses, figures.entries) == ("hashing", 1, 1, 1)


async def nobody(texts: Sequence[str]) -> list[list[float]] | None:
    return None


async def no_direction(texts: Sequence[str]) -> list[list[float]] | None:
    return [[0.0, 0.0] for _ in texts]


async def too_late(texts: Sequence[str]) -> list[list[float]] | None:
    await asyncio.Event().wait()
    return None


@pytest.mark.parametrize("embed", [nobody, no_direction, too_late])
async def test_without_a_vector_the_request_goes_on_as_if_nothing_were_known(embed: object) -> None:
    made = cache(timeout_s=0.01)
    assert callable(embed)
    assert await made.find(EGG, embed, 0.0) is None
    assert made.figures().embed_failures == 1


async def test_feedback_and_forgetting_without_other_gateways() -> None:
    made = cache()
    unknown = await made.find(EGG, hashed, 0.0)
    assert isinstance(unknown, Unknown)
    await made.keep(unknown, entry())
    found = await made.find(EGG, hashed, 0.0)
    assert isinstance(found, Found)
    taken = await made.feedback(found.meaning.id, found.similarity)
    assert taken is not None
    assert taken.entry == found.meaning.id
    assert await made.invalidate(None, None) == (0, True)
