"""Limits of providers that no request exceeds: whoever may goes elsewhere, and nobody is asked too often."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.gateway.crew import all_know_of_all, crew
from tests.integration.gateway.scene import HELLO, ROLE, House, Play, cut, error_of, house, until
from tests.integration.gateway.till import api, seven
from tests.valkey import Valkey, valkey


@pytest.fixture
def redis() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


def limited(*limits: str) -> dict[str, dict[str, Any]]:
    return {"a": {"rate_limits": {"limits": list(limits)}}}


async def asked(home: House, **fields: Any) -> str:  # noqa: ANN401 - fields
    """Who has answered."""
    response = await home.chat(stream=False, **fields)
    assert response.status_code == 200, response.text
    return response.headers["x-provider"]


async def test_beyond_its_limit_others_answer_and_the_plan_says_why() -> None:
    plays = {"a": Play(seven), "b": Play(seven)}
    async with house(plays, entries=limited("3/hour")) as home:
        assert [await asked(home) for _ in range(6)] == ["a"] * 3 + ["b"] * 3
        plan = (await home.record(6)).plan
        assert plan is not None
        assert plan.attempts[0].provider == "b"
        assert home.provider("a").headroom == 0
        assert home.gateway.runtime.provider("a").headroom == 0
        (of_a,) = [it for it in (await api(home, "balance"))["providers"] if it["name"] == "a"]
        (limit,) = of_a["limits"]
        assert (limit["name"], limit["left"]) == ("3 requests an hour, as configured", 0)
        assert 3500 < limit["resets_in_s"] <= 3600
        assert home.provider("a").targets[0].breaker.value == "closed"


async def test_where_nobody_else_is_the_caller_is_told_exactly_when_to_come_back() -> None:
    async with house({"a": Play(seven)}, entries=limited("2/hour")) as home:
        assert [await asked(home) for _ in range(2)] == ["a"] * 2
        refused = await home.chat(stream=False)
        assert refused.status_code == 429
        assert 1790 <= int(refused.headers["retry-after"]) <= 1800
        assert "the limit of 2 requests an hour of the provider a is used up" in error_of(refused)["message"]
        assert len(home.plays["a"].asked) == 2


async def test_a_short_wait_is_waited_for() -> None:
    async with house(
        {"a": Play(seven)}, entries=limited("20/second burst 1"), settings={"retries": {"max": 3}}
    ) as home:
        assert [await asked(home) for _ in range(3)] == ["a"] * 3


async def test_tokens_are_reserved_and_those_that_were_not_used_are_free_again() -> None:
    plays = {"a": Play(seven), "b": Play(seven)}
    async with house(plays, entries=limited("1000 tokens/hour")) as home:
        done = [await asked(home, max_tokens=500) for _ in range(3)]
        assert done == ["a"] * 3, "each has used ten"
        assert await asked(home, max_tokens=980) == "b"
        assert await asked(home, max_tokens=900) == "a"
        refused = await home.chat(model="a/m", stream=False, max_tokens=1001)
        assert refused.status_code == 429
        assert "retry-after" not in refused.headers


async def test_whoever_goes_on_with_an_answer_has_limits_too() -> None:
    plays = {"first": Play(cut(ROLE, HELLO)), "a": Play(seven)}
    async with house(plays, entries=limited("1/hour"), settings={"stream": {"on_cut": "restart"}}) as home:
        assert await asked(home, model="a/m") == "a"
        await home.chat(model="first/m")
        assert len(plays["a"].asked) == 1


async def test_gateways_on_one_redis_keep_a_limit_together(redis: Valkey) -> None:
    plays = {"a": Play(seven), "b": Play(seven)}
    async with crew(plays, redis.url, entries=limited("20/hour")) as gateways:
        await all_know_of_all(gateways)
        done = Counter(await asyncio.gather(*(asked(gateways[number % 3]) for number in range(60))))
        assert done == {"a": 20, "b": 40}
        await until(lambda: all(home.gateway.runtime.provider("a").headroom == 0 for home in gateways))
