"""Limits of tenants and keys, end to end: who is told to wait and for how long, and what is given back how."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest

from ai_dashboard.core.records import Stage
from tests.contract.callers.anthropic import Anthropic
from tests.contract.callers.base import Caller, Door, Wish
from tests.contract.callers.google import Google
from tests.contract.callers.ollama import Ollama
from tests.contract.callers.openai_chat import OpenAIChat
from tests.contract.callers.openai_responses import OpenAIResponses
from tests.integration.gateway.crew import all_know_of_all, crew
from tests.integration.gateway.scene import (
    ADMIN,
    HELLO,
    JSON_TYPE,
    ROLE,
    SSE_TYPE,
    WHOLE,
    House,
    Play,
    Script,
    cut,
    error_of,
    hanging,
    house,
    reply,
    until,
)
from tests.integration.gateway.till import STREAM, Held, records, seven
from tests.valkey import Valkey, valkey

CLIENTS: tuple[Callable[[Door], Caller], ...] = (OpenAIChat, OpenAIResponses, Anthropic, Google, Ollama)


@pytest.fixture
def redis() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


def tenant(**policy: object) -> dict[str, Any]:
    """Settings under which all that have no key are bound by this."""
    return {"tenants": {"default": policy}}


def told(response: httpx.Response) -> dict[str, str]:
    """What a reply says of limits, without the common part of the names."""
    beginning = "x-ratelimit-"
    return {name.removeprefix(beginning): it for name, it in response.headers.items() if name.startswith(beginning)}


async def key(home: House, **rights: object) -> dict[str, str]:
    """The headers of a new key."""
    made = await home.http.post("/api/admin/keys", json={"name": "one", **rights}, headers=ADMIN)
    return {"authorization": f"Bearer {made.json()['secret']}"}


async def test_a_thousand_an_hour_come_back_one_by_one() -> None:
    async with house({"a": Play(seven)}, settings=tenant(limits="1000/hour burst 3")) as home:
        replies = [await home.chat(stream=False) for _ in range(4)]
        assert [it.status_code for it in replies] == [200, 200, 200, 429]
        assert [told(it)["remaining-requests"] for it in replies] == ["2", "1", "0", "0"]
        assert {told(it)["limit-requests"] for it in replies} == {"3"}
        refused = replies[-1]
        assert refused.headers["retry-after"] == "4"  # the next comes back 3.6 s after the first
        error = error_of(refused)
        assert error["code"] == "rate_limit_exceeded"
        assert "the limit of 1000 requests an hour of the tenant default is used up" in error["message"]
        assert len(home.plays["a"].asked) == 3


async def test_who_waits_as_long_as_is_said_comes_in() -> None:
    async with house({"a": Play(seven)}, settings=tenant(limits="5/second burst 1")) as home:
        assert (await home.chat(stream=False)).status_code == 200
        refused = await home.chat(stream=False)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        reset = told(refused)["reset-requests"]
        assert reset.endswith("ms")
        await asyncio.sleep(float(reset.removesuffix("ms")) / 1000)
        assert (await home.chat(stream=False)).status_code == 200


async def test_requests_and_tokens_of_a_key_are_counted_by_themselves() -> None:
    async with house({"a": Play(seven)}, settings={"auth": {"master_key": "for-all"}}) as home:
        requests, tokens = await key(home, rpm=2), await key(home, name="two", tpm=100)
        for left in ("1", "0"):
            response = await home.chat(stream=False, headers=requests)
            assert told(response) == {
                "limit-requests": "2",
                "remaining-requests": left,
                "reset-requests": told(response)["reset-requests"],
            }
        refused = await home.chat(stream=False, headers=requests)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        assert "of the key sk-aid-" in error_of(refused)["message"]
        # 80 are held for each, and ten of them are used: then the next fits, until less than 80 are left.
        for status in (200, 200, 200, 429):
            response = await home.chat(stream=False, headers=tokens, max_tokens=79)
            assert response.status_code == status
            assert told(response)["limit-tokens"] == "100"
        assert (await home.chat(stream=False)).status_code == 401


async def test_a_request_that_never_fits_is_not_told_to_wait() -> None:
    async with house({"a": Play(seven)}, settings=tenant(limits="100 tokens/minute")) as home:
        refused = await home.chat(stream=False, max_tokens=200)
        assert (refused.status_code, "retry-after" in refused.headers) == (429, False)
        assert "one request may take 100 tokens" in error_of(refused)["message"]
        assert (await home.chat(stream=False, max_tokens=50)).status_code == 200


@pytest.mark.parametrize("client", CLIENTS)
async def test_official_clients_understand_that_they_are_too_fast(client: Callable[[Door], Caller]) -> None:
    async with house({"a": Play(seven)}, settings=tenant(limits="1/minute")) as home:
        caller = client(Door(home.url, "any"))
        assert (await caller.ask(Wish("m", max_tokens=7))).text == "Hello"
        with pytest.raises(caller.errors[429]) as raised:
            await caller.ask(Wish("m", max_tokens=7))
        assert caller.status_of(raised.value) == 429
        await caller.close()


@pytest.mark.parametrize("streamed", [False, True])
async def test_our_limits_are_told_and_not_the_providers(streamed: bool) -> None:
    theirs = [(b"x-ratelimit-remaining-requests", b"9999"), (b"x-ratelimit-limit-tokens", b"5")]
    script = reply(200, STREAM if streamed else WHOLE, *theirs, content_type=SSE_TYPE[1] if streamed else JSON_TYPE[1])
    async with house({"a": Play(script)}, settings=tenant(limits="5/minute")) as home:
        response = await home.chat(stream=streamed)
        assert response.status_code == 200
        assert (told(response)["remaining-requests"], "limit-tokens" in told(response)) == ("4", False)


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────────

PLACES = {"tenants": {"default": {"max_concurrent": 2}}}


async def test_no_more_run_at_one_time_than_may() -> None:
    held = Held()
    async with house({"a": Play(held)}, settings=PLACES) as home, asyncio.TaskGroup() as group:
        tasks = [group.create_task(home.chat(stream=False)) for _ in range(2)]
        await until(lambda: len(home.plays["a"].asked) == 2)
        refused = await home.chat(stream=False)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert "all 2 places of the tenant default are used up" in error_of(refused)["message"]
        held.open()
        assert [(await task).status_code for task in tasks] == [200, 200]
        assert (await home.chat(stream=False)).status_code == 200


Ending = Callable[[House], Awaitable[object]]


async def leave(home: House) -> None:
    """Ask, and go as soon as that has begun."""
    play, before = home.plays["a"], len(home.plays["a"].asked)
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(home.chat())
        await until(lambda: len(play.asked) > before)
        asking.cancel()
    await until(home.nothing_in_flight)


def chat(**fields: object) -> Ending:
    return lambda home: home.chat(**fields)  # type: ignore[arg-type]


def post(path: str, body: Mapping[str, object]) -> Ending:
    return lambda home: home.http.post(path, json=body)


VECTOR = reply(200, b'{"data":[{"index":0,"embedding":[1.0]}]}')
SAY = {"messages": [{"role": "user", "content": "Hi"}]}
ENDINGS: Mapping[str, tuple[Script, Ending]] = {
    "whole": (seven, chat(stream=False)),
    "streamed": (seven, chat()),
    "cut": (cut(ROLE, HELLO), chat()),
    "left": (hanging(ROLE, HELLO), leave),
    "left before it began": (hanging(), leave),
    "failed": (reply(500, b"{}"), chat()),
    "refused": (reply(400, b'{"error":{"message":"no"}}'), chat()),
    "nobody knows the model": (seven, chat(model="unknown")),
    "cannot be written": (seven, chat(stream=False, logit_bias={"1": 1}, strict=True)),
    "ensemble": (seven, chat(stream=False, ensemble={"models": 1, "merge": "longest"})),
    "unified": (seven, post("/api/ai/chat", {"model": "m", **SAY})),
    "unified generate": (seven, post("/api/ai/generate", {"model": "m", "prompt": "Hi"})),
    "batch": (seven, post("/v1/chat/batch", {"requests": [{"model": "m", **SAY}] * 2, "max_concurrency": 1})),
    "embeddings": (VECTOR, post("/v1/embeddings", {"model": "m", "input": "x"})),
    "passed on": (reply(200, b"{}"), post("/v1/moderations", {"model": "m", "input": "x"})),
    "anthropic": (seven, post("/v1/messages", {"model": "m", "max_tokens": 5, **SAY})),
}  # fmt: skip


@pytest.mark.parametrize(("script", "end"), ENDINGS.values(), ids=ENDINGS)
async def test_a_place_is_given_back_however_a_request_ends(script: Script, end: Ending) -> None:
    async with house({"a": Play(script)}, entries={"a": {"type": "openai"}}, settings=PLACES) as home:
        for _ in range(3):
            await end(home)
        assert all(it.status != 429 for it in await records(home, 3))
        held = home.gateway.keeping.memory_limits._running
        assert not any(held.values())


@pytest.mark.parametrize("script", [hanging(ROLE, HELLO), hanging()], ids=["mid", "before"])
async def test_places_in_redis_are_given_back_by_those_who_leave(redis: Valkey, script: Script) -> None:
    settings = PLACES | {"redis": {"url": redis.url}}
    async with house({"a": Play(script)}, settings=settings) as home:
        await all_know_of_all([home])
        for _ in range(3):
            await leave(home)
        assert [it.stage for it in await records(home, 3)] == [Stage.GONE] * 3


async def test_a_caller_who_leaves_while_redis_is_asked_leaves_no_place_behind(redis: Valkey) -> None:
    settings = PLACES | {"redis": {"url": redis.url}}
    async with house({"a": Play(seven)}, settings=settings) as home:
        await all_know_of_all([home])
        body = json.dumps({"model": "m", **SAY}).encode()
        head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        host, port = home.gateway.address
        for number in range(20):
            _, writer = await asyncio.open_connection(host, port)
            writer.write(head + b"content-length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
            for _ in range(number % 5):
                await asyncio.sleep(0)
            writer.transport.abort()
        await until(lambda: not home.gateway.runtime.running)
        for _ in range(4):
            assert (await home.chat(stream=False)).status_code == 200


# ── several gateways ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_gateways_on_one_redis_count_together(redis: Valkey) -> None:
    settings = {"tenants": {"default": {"limits": "10/hour", "max_concurrent": 50}}}
    async with crew({"a": Play(seven)}, redis.url, settings=settings) as gateways:
        await all_know_of_all(gateways)
        replies = await asyncio.gather(*(gateways[number % 3].chat(stream=False) for number in range(30)))
        passed = [it for it in replies if it.status_code == 200]
        assert sorted(int(told(it)["remaining-requests"]) for it in passed) == list(range(10))
        refused = [it for it in replies if it.status_code == 429]
        assert len(refused) == 20
        assert {int(it.headers["retry-after"]) for it in refused} <= set(range(350, 361))


async def test_without_redis_each_gateway_counts_for_itself_and_refuses_nobody_for_that(redis: Valkey) -> None:
    settings = {"tenants": {"default": {"limits": "10/hour"}}}
    async with crew({"a": Play(seven)}, redis.url, count=2, settings=settings) as gateways:
        await all_know_of_all(gateways)
        for home in gateways:
            assert (await home.chat(stream=False)).status_code == 200
        redis.kill()
        for home in gateways:
            replies = [await home.chat(stream=False) for _ in range(12)]
            assert {it.status_code for it in replies} == {200, 429}
            assert sum(it.status_code == 200 for it in replies) in (8, 9)
