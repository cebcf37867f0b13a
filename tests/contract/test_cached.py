"""Answers that are given again, as the official clients read them: the same as the first time, and nobody is asked."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio

from ai_dashboard.core.chat import DialectName
from tests.contract.callers.base import Caller, Told, Wish
from tests.contract.conftest import callers_at
from tests.contract.features.common import QUESTION, WEATHER
from tests.contract.features.settings import PNG
from tests.contract.matrix import DIALECTS
from tests.contract.names import CALLER_NAMES
from tests.contract.replies import Made, Said
from tests.contract.stage import Watched, World, world

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVERYTHING = {"cache": {"enabled": True, "when": "always"}}
WITHIN_ITSELF = "responses"
"""A stream of the Responses API is never made of a whole reply, nor the other way round."""


@dataclass(frozen=True, slots=True)
class Place:
    """A gateway that keeps every answer, and the clients at its door."""

    world: World
    callers: Mapping[str, Caller]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def place() -> AsyncIterator[Place]:
    async with world(settings=EVERYTHING) as at, callers_at(at, "any-key") as callers:
        yield Place(at, callers)


@dataclass(slots=True)
class Asked:
    """What an ask came to: the reply, what it says of the cache, and how many asks reached the provider."""

    told: Told
    cache: str
    heard: int


async def asked(caller: Caller, provider: Watched, wish: Wish) -> Asked:
    before = len(provider.heard)
    told = await caller.ask(wish)
    headers = caller.door.headers
    assert ("age" in headers) == (headers["x-cache"] == "hit")
    return Asked(told, headers["x-cache"], len(provider.heard) - before)


def same(again: Told, first: Told) -> None:
    """Nothing but the name of a reply tells the second from the first."""
    assert (again.text, again.thinking, again.finish, again.model) == (
        first.text,
        first.thinking,
        first.finish,
        first.model,
    )
    assert [(call.name, call.arguments) for call in again.calls] == [
        (call.name, call.arguments) for call in first.calls
    ]
    assert again.spent == first.spent
    assert not first.id or again.id != first.id


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", CALLER_NAMES)
@pytest.mark.parametrize("stream", [False, True], ids=["whole first", "stream first"])
async def test_an_answer_is_given_again_whole_and_streamed(
    place: Place, name: str, dialect: DialectName, stream: bool
) -> None:
    caller, provider = place.callers[name], place.world.provider(dialect)
    wish = Wish(provider.model, question=f"What do you tell {name} about {stream}?", stream=stream)
    first = await asked(caller, provider, wish)
    assert (first.cache, first.heard) == ("miss", 1)
    assert first.told.text
    again = await asked(caller, provider, wish)
    assert (again.cache, again.heard) == ("hit", 0)
    same(again.told, first.told)
    turned = replace(wish, stream=not stream)
    if name == WITHIN_ITSELF:
        first = await asked(caller, provider, turned)
        assert (first.cache, first.heard) == ("miss", 1)
    again = await asked(caller, provider, turned)
    assert (again.cache, again.heard) == ("hit", 0)
    same(again.told, first.told)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", CALLER_NAMES)
async def test_tool_calls_are_given_again(place: Place, name: str, dialect: DialectName) -> None:
    caller, provider = place.callers[name], place.world.provider(dialect)
    calls = (
        Made("call_a", "get_weather", ('{"city"', ': "Oslo"}')),
        Made("call_b", "get_weather", ('{"city": "Quito"}',)),
    )
    wish = Wish(provider.model, question=f"{QUESTION} {name}", functions=(WEATHER,), stream=True)
    with provider.saying(Said(calls=calls, finish="tool_calls")):
        first = await asked(caller, provider, wish)
    for stream in (True, False):
        if not stream and name == WITHIN_ITSELF:
            continue
        again = await asked(caller, provider, replace(wish, stream=stream))
        assert (again.cache, again.heard) == ("hit", 0)
        same(again.told, first.told)
        assert [call.arguments for call in again.told.calls] == [{"city": "Oslo"}, {"city": "Quito"}]
    other = await asked(caller, provider, replace(wish, functions=(replace(WEATHER, description="Another one"),)))
    assert (other.cache, other.heard) == ("miss", 1)


@pytest.mark.parametrize("name", CALLER_NAMES)
async def test_the_same_picture_gets_the_same_answer_and_another_one_does_not(place: Place, name: str) -> None:
    caller, provider = place.callers[name], place.world.provider("openai")
    wish = Wish(provider.model, question=f"What does {name} see?", image=PNG)
    first = await asked(caller, provider, wish)
    again = await asked(caller, provider, wish)
    assert (first.cache, again.cache, again.heard) == ("miss", "hit", 0)
    same(again.told, first.told)
    other = await asked(caller, provider, replace(wish, image=PNG + b"\0"))
    assert (other.cache, other.heard) == ("miss", 1)


@pytest.mark.parametrize("how", ["length", "content_filter"])
@pytest.mark.parametrize("name", CALLER_NAMES)
async def test_what_was_cut_short_or_filtered_is_asked_again(place: Place, name: str, how: str) -> None:
    caller, provider = place.callers[name], place.world.provider("openai")
    wish = Wish(provider.model, question=f"{name} and {how}")
    with provider.saying(Said(("Half an",), finish="length" if how == "length" else "content_filter")):
        for _ in range(2):
            cut = await asked(caller, provider, wish)
            assert (cut.cache, cut.heard, cut.told.finish) == ("miss", 1, caller.words[how])


async def test_a_conversation_goes_on_from_a_response_that_was_given_again(place: Place) -> None:
    caller, provider = place.callers[WITHIN_ITSELF], place.world.provider("anthropic")
    opening = Wish(provider.model, question="My name is Ada.")
    await asked(caller, provider, opening)
    again = await asked(caller, provider, opening)
    assert again.cache == "hit"
    going_on = Wish(provider.model, question="What is my name?", previous=again.told.id)
    answer = await asked(caller, provider, going_on)
    assert (answer.cache, answer.heard) == ("miss", 1)
    said = str(provider.last.body["messages"])
    assert "My name is Ada." in said
    assert again.told.text in said
    once_more = await asked(caller, provider, going_on)
    assert (once_more.cache, once_more.heard) == ("hit", 0)
    same(once_more.told, answer.told)


@pytest.mark.parametrize("name", ["openai", "google", "ollama"])
async def test_embeddings_are_given_again(place: Place, name: str) -> None:
    caller, provider = place.callers[name], place.world.provider("openai")
    before = len(provider.heard)
    texts = [f"{name} is", "embedded"]
    first = await caller.embed(provider.vectors, texts)
    assert caller.door.headers["x-cache"] == "miss"
    assert await caller.embed(provider.vectors, texts) == first
    assert caller.door.headers["x-cache"] == "hit"
    assert len(provider.heard) == before + 1
    assert await caller.embed(provider.vectors, texts[::-1]) == first[::-1]
    assert caller.door.headers["x-cache"] == "miss"
