"""Many who ask the same at one time: one is asked, whoever comes and goes, within a gateway and between two."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from ai_dashboard.core.records import Stage
from tests.integration.gateway.caching_stage import PRICE, Numbered, ask, cache_of, keeping, post
from tests.integration.gateway.crew import all_know_of_all, crew
from tests.integration.gateway.scene import House, Play, error_of, until
from tests.valkey import Valkey, valkey

MANY = 200
CACHE = {"cache": {"enabled": True}}


@asynccontextmanager
async def crowd() -> AsyncIterator[httpx.AsyncClient]:
    """A client without a limit of connections."""
    async with httpx.AsyncClient(limits=httpx.Limits(), timeout=20.0, trust_env=False) as http:
        yield http


def start(http: httpx.AsyncClient, home: House, dialect: str = "openai", **said: Any) -> asyncio.Task[httpx.Response]:  # noqa: ANN401 - what `ask` takes
    path, body = ask(dialect, **said)
    return asyncio.get_running_loop().create_task(http.post(home.url + path, json=body))


def joined(home: House) -> int:
    return home.gateway.keeping.caching.exact.flights.joined


@pytest.mark.parametrize("streams", [(False,), (True, False)], ids=["whole", "whole and streamed"])
async def test_two_hundred_who_ask_the_same_at_one_time_are_one_ask(streams: tuple[bool, ...]) -> None:
    async with keeping() as (home, provider), crowd() as http:
        provider.close()
        tasks = [start(http, home, stream=streams[number % len(streams)]) for number in range(MANY)]
        await until(lambda: joined(home) == MANY - 1, within_s=20)
        provider.open()
        replies = await asyncio.gather(*tasks)
        assert provider.given == 1
        assert {reply.status_code for reply in replies} == {200}
        assert sorted(map(cache_of, replies)) == ["hit"] * (MANY - 1) + ["miss"]
        assert all(said(reply) == "answer 1" for reply in replies)
        records = home.gateway.records(0, 1000).records
        assert [(record.cached, bool(record.cost)) for record in records].count(("exact", False)) == MANY - 1
        assert home.nothing_in_flight()


def said(reply: httpx.Response) -> str:
    """The text of an OpenAI reply, whole or streamed."""
    if reply.headers["content-type"] == "application/json":
        return str(reply.json()["choices"][0]["message"]["content"])
    chunks = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: {")]
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)


async def test_who_waits_takes_no_place_of_a_provider() -> None:
    settings = CACHE | {"limits": {"max_in_flight": 100}}
    async with keeping(settings=settings) as (home, provider), crowd() as http:
        provider.close()
        tasks = [start(http, home) for _ in range(30)]
        await until(lambda: joined(home) == 29)
        assert home.provider("p").in_flight == 1
        provider.open()
        await asyncio.gather(*tasks)
        assert {record.queued_s for record in home.gateway.records(0, 100).records} == {0.0}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
async def test_when_the_one_who_asks_leaves_the_next_one_asks_for_all_others(stream: bool) -> None:
    async with keeping() as (home, provider), crowd() as http:
        provider.close()
        first = start(http, home, stream=stream)
        await until(lambda: provider.given == 1)
        others = [start(http, home, stream=stream) for _ in range(10)]
        await until(lambda: joined(home) == 10)
        first.cancel()
        await until(lambda: provider.given == 2)
        provider.open()
        replies = await asyncio.gather(*others)
        assert [said(reply) for reply in replies] == ["answer 2"] * 10
        assert sorted(map(cache_of, replies)) == ["hit"] * 9 + ["miss"]
        assert provider.given == 2


async def test_one_who_waits_may_leave_without_anybody_noticing() -> None:
    async with keeping() as (home, provider), crowd() as http:
        provider.close()
        first = start(http, home)
        await until(lambda: provider.given == 1)
        others = [start(http, home) for _ in range(4)]
        await until(lambda: joined(home) == 4)
        others.pop().cancel()
        assert (await home.record()).stage is Stage.GONE
        provider.open()
        assert [said(reply) for reply in await asyncio.gather(first, *others)] == ["answer 1"] * 4
        assert provider.given == 1


async def test_when_the_one_who_asks_is_failed_the_next_one_asks() -> None:
    async with keeping(Numbered(fails=1)) as (home, provider), crowd() as http:
        provider.close()
        tasks = [start(http, home) for _ in range(6)]
        await until(lambda: joined(home) == 5)
        provider.open()
        replies = await asyncio.gather(*tasks)
        statuses = sorted(reply.status_code for reply in replies)
        assert (statuses[:5], statuses[5] >= 500) == ([200] * 5, True)
        assert {said(reply) for reply in replies if reply.status_code == 200} == {"answer 2"}
        assert provider.given == 2


async def test_an_answer_that_may_not_be_kept_sends_all_others_their_own_way() -> None:
    async with keeping(cache={"max_entry_mb": 0.00001}) as (home, provider), crowd() as http:
        provider.close()
        tasks = [start(http, home) for _ in range(4)]
        await until(lambda: joined(home) == 3)
        provider.open()
        replies = await asyncio.gather(*tasks)
        assert {cache_of(reply) for reply in replies} == {"miss"}
        assert provider.given == 4


async def test_nobody_waits_for_another_longer_than_it_would_for_a_provider() -> None:
    async with keeping() as (home, provider), crowd() as http:
        provider.close()
        first = start(http, home)
        await until(lambda: provider.given == 1)
        path, body = ask("openai")
        hasty = await post(home, path, body, {"x-timeout": "0.05"})
        assert (hasty.status_code, error_of(hasty)["code"]) == (504, "deadline_exceeded")
        provider.open()
        assert said(await first) == "answer 1"
        assert provider.given == 1


async def test_who_has_waited_long_enough_asks_for_itself() -> None:
    async with keeping(cache={"wait_s": 0.05}) as (home, provider), crowd() as http:
        provider.close()
        first, second = start(http, home), start(http, home)
        await until(lambda: provider.given == 2)
        provider.open()
        assert {said(reply) for reply in await asyncio.gather(first, second)} == {"answer 1", "answer 2"}


# ── two gateways, one Redis ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def redis() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


@asynccontextmanager
async def two(redis: Valkey, provider: Numbered) -> AsyncIterator[list[House]]:
    """Two gateways that share what they keep, which is nothing yet."""
    entries = {"p": PRICE}
    async with crew({"p": Play(provider)}, redis.url, count=2, settings=CACHE, entries=entries) as homes:
        await all_know_of_all(homes)
        link = homes[0].gateway.link
        assert link is not None
        await link.call("FLUSHALL")
        yield homes


async def test_two_gateways_ask_once_between_them(redis: Valkey) -> None:
    provider = Numbered()
    async with two(redis, provider) as homes, crowd() as http:
        provider.close()
        tasks = [start(http, homes[number % 2]) for number in range(20)]
        await until(lambda: sum(map(joined, homes)) == 18 and provider.given == 1)
        provider.open()
        replies = await asyncio.gather(*tasks)
        assert {said(reply) for reply in replies} == {"answer 1"}
        assert sorted(map(cache_of, replies)) == ["hit"] * 19 + ["miss"]
        assert provider.given == 1


async def test_what_one_gateway_has_heard_the_other_gives_in_any_dialect(redis: Valkey) -> None:
    provider = Numbered()
    async with two(redis, provider) as homes, crowd() as http:
        assert cache_of(await start(http, homes[0], prompt="shared", stream=True)) == "miss"
        for dialect in ("openai", "anthropic", "google", "ollama"):
            reply = await start(http, homes[1], dialect, prompt="shared")
            assert (reply.status_code, cache_of(reply)) == (200, "hit")
            assert "answer 1" in reply.text
        assert homes[1].gateway.keeping.caching.figures().saved_usd > 0


async def test_when_whoever_asks_leaves_one_gateway_the_other_asks(redis: Valkey) -> None:
    provider = Numbered()
    async with two(redis, provider) as homes, crowd() as http:
        provider.close()
        first = start(http, homes[0], prompt="left")
        await until(lambda: provider.given == 1)
        second = start(http, homes[1], prompt="left")
        await until(lambda: len(homes[1].gateway.keeping.caching.exact.flights) == 1)
        first.cancel()
        await until(lambda: provider.given == 2)
        provider.open()
        assert said(await second) == "answer 2"
