"""What a caller gets from a gateway that keeps answers: headers, forms, wishes, what is never kept, what it costs."""

import itertools
import json
import re
from typing import Any

import pytest

from ai_dashboard.core.costs import dollars
from ai_dashboard.core.records import Stage
from tests.integration.gateway.caching_stage import (
    COST,
    Numbered,
    ask,
    cache_of,
    chat,
    forget,
    keeping,
    post,
    stats,
    text_of,
)
from tests.integration.gateway.scene import (
    DONE,
    HELLO,
    ROLE,
    STOP,
    WHOLE,
    Play,
    Script,
    cut,
    error_of,
    frame,
    house,
    reply,
    stream,
    truncated,
    until,
)

DIALECTS = ("openai", "anthropic", "google", "ollama")
ID = re.compile(r"[0-9a-f]{16}")


async def test_the_same_ask_gets_the_same_bytes_under_a_new_name() -> None:
    async with keeping() as (home, provider):
        first, again = await chat(home), await chat(home)
        assert (cache_of(first), cache_of(again)) == ("miss", "hit")
        assert "age" not in first.headers
        assert again.headers["age"] == "0"
        assert again.headers["x-attempts"] == "0"
        assert (again.headers["x-provider"], again.headers["x-model"]) == ("p", "m")
        assert first.headers["x-request-id"] != again.headers["x-request-id"]
        assert again.json()["id"].endswith(again.headers["x-request-id"])
        assert again.json() | {"id": ""} == first.json() | {"id": ""}
        third = await chat(home)
        assert (cache_of(third), third.json()["choices"]) == ("hit", first.json()["choices"])
        assert third.json()["id"] not in (first.json()["id"], again.json()["id"])
        assert provider.given == 1


@pytest.mark.parametrize("giver", DIALECTS)
async def test_what_one_has_asked_any_other_is_given_whole_and_streamed(giver: str) -> None:
    async with keeping() as (home, provider):
        for number, streamed in enumerate((False, True), start=1):
            prompt = f"streamed {streamed}"
            first = await post(home, *ask(giver, prompt, stream=streamed))
            assert (first.status_code, cache_of(first)) == (200, "miss")
            for taker, wants_stream in itertools.product(DIALECTS, (False, True)):
                given = await post(home, *ask(taker, prompt, stream=wants_stream))
                assert (given.status_code, cache_of(given)) == (200, "hit"), (taker, wants_stream)
                assert f"answer {number}" in said_by(given.text, taker, stream=wants_stream)
                assert given.headers["content-type"].startswith(content_type(taker, stream=wants_stream))
            assert provider.given == number


def said_by(text: str, dialect: str, *, stream: bool) -> str:
    """All texts in a reply, put together; raises for what is no reply of that dialect."""
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith(("data: {", "{"))]
    pieces = [json.loads(line) for line in lines] if stream else [json.loads(text)]
    match dialect:
        case "openai":
            choices = [piece["choices"][0] for piece in pieces if piece["choices"]]
            return "".join(it.get("delta", it.get("message"))["content"] for it in choices if it.get("delta") != {})
        case "anthropic" if stream:
            return "".join(it["delta"].get("text", "") for it in pieces if it["type"] == "content_block_delta")
        case "anthropic":
            return "".join(block["text"] for block in pieces[0]["content"])
        case "google":
            parts = [part for it in pieces for part in it["candidates"][0].get("content", {}).get("parts", [])]
            return "".join(part["text"] for part in parts)
        case _:
            assert pieces[-1]["done"] is True
            return "".join(piece["message"]["content"] for piece in pieces)


def content_type(dialect: str, *, stream: bool) -> str:
    if not stream:
        return "application/json"
    return "application/x-ndjson" if dialect == "ollama" else "text/event-stream"


async def test_a_stream_shows_usage_to_those_alone_who_want_to_see_it() -> None:
    async with keeping() as (home, provider):
        wanted = {"stream": True, "stream_options": {"include_usage": True}}
        assert '"usage"' in (await chat(home, fields=wanted)).text
        plain = await chat(home, fields={"stream": True})
        assert cache_of(plain) == "hit"
        assert '"total_tokens"' not in plain.text
        shown = await chat(home, fields=wanted)
        assert cache_of(shown) == "hit"
        assert '"total_tokens"' in shown.text
        assert provider.given == 1


@pytest.mark.parametrize(
    ("headers", "fields", "cache", "asked"),
    [
        ({}, {}, ("miss", "hit"), 1),
        ({}, {"temperature": 0.3}, ("bypass", "bypass"), 2),
        ({}, {"temperature": 0.3, "cache": "always"}, ("miss", "hit"), 1),
        ({}, {"temperature": 0.3, "cache": {"always": True}}, ("miss", "hit"), 1),
        ({}, {"cache": "off"}, ("bypass", "bypass"), 2),
        ({}, {"cache": False}, ("bypass", "bypass"), 2),
        ({}, {"cache": {"no-cache": True}}, ("miss", "miss"), 2),
        ({}, {"cache": {"no-store": True}}, ("bypass", "bypass"), 2),
        ({}, {"cache": {"ttl": 0}}, ("bypass", "bypass"), 2),
        ({"cache-control": "no-cache"}, {}, ("miss", "miss"), 2),
        ({"cache-control": "max-age=0, no-store"}, {}, ("bypass", "bypass"), 2),
        ({"x-cache-ttl": "0"}, {}, ("bypass", "bypass"), 2),
        ({"x-cache-ttl": "60"}, {}, ("miss", "hit"), 1),
        ({}, {"user": "somebody", "metadata": {"a": "b"}}, ("miss", "hit"), 1),
    ],
)
async def test_what_a_caller_says_of_the_cache_counts(
    headers: dict[str, str], fields: dict[str, Any], cache: tuple[str, str], asked: int
) -> None:
    async with keeping() as (home, provider):
        said = [cache_of(await chat(home, headers=headers, fields=fields)) for _ in range(2)]
        assert tuple(said) == cache
        assert provider.given == asked
        assert all("cache" not in it for it in home.plays["p"].asked)


async def test_wishes_that_cannot_be_read_are_refused_with_what_would_do() -> None:
    async with keeping() as (home, provider):
        path, body = ask("openai")
        refused = await post(home, path, body | {"cache": "sometimes"})
        assert refused.status_code == 400
        assert '"always"' in error_of(refused)["message"]
        assert (await post(home, path, body, {"x-cache-ttl": "soon"})).status_code == 400
        assert provider.given == 0


async def test_a_gateway_that_keeps_nothing_says_nothing_of_it() -> None:
    async with keeping(cache={"enabled": False}) as (home, provider):
        for _ in range(2):
            assert "x-cache" not in (await chat(home, fields={"cache": "always"})).headers
        assert provider.given == 2


async def test_an_answer_that_has_expired_is_asked_for_again() -> None:
    async with keeping() as (home, provider):
        await chat(home, headers={"x-cache-ttl": "0.05"})
        clock, kept = home.gateway.runtime.clock, home.gateway.keeping.caching.exact.memory.entries()
        await until(lambda: all(entry.expires_at <= clock.wall() for entry in kept.values()))
        assert cache_of(await chat(home)) == "miss"
        assert provider.given == 2


LENGTH = WHOLE.replace(b'"stop"', b'"length"')
EMPTY = WHOLE.replace(b'"Hello"', b'" "')
FILTERED = WHOLE.replace(b'"stop"', b'"content_filter"')
TOO_LARGE = WHOLE.replace(b"Hello", b"Hello " * 20_000)


@pytest.mark.parametrize(
    ("script", "fields"),
    [
        (reply(200, LENGTH), {}),
        (reply(200, EMPTY), {}),
        (reply(200, FILTERED), {}),
        (reply(200, TOO_LARGE), {}),
        (reply(500, b'{"error": {"message": "no"}}'), {}),
        (reply(400, b'{"error": {"message": "no"}}'), {}),
        (reply(200, b'{"error": {"message": "no"}}'), {}),
        (reply(200, b"<html>", content_type=b"text/html"), {}),
        (truncated(WHOLE), {}),
        (cut(ROLE, HELLO), {"stream": True}),
        (stream(ROLE, HELLO, frame({}, "length"), DONE), {"stream": True}),
        (stream(ROLE, STOP, DONE), {"stream": True}),
        (stream(ROLE, HELLO, b'data: {"error": {"message": "no"}}\n\n', DONE), {"stream": True}),
    ],
)
async def test_what_is_no_whole_and_good_answer_is_never_given_again(script: Script, fields: dict[str, Any]) -> None:
    play = Play(script)
    settings = {"cache": {"enabled": True, "max_entry_mb": 0.05}, "breaker": {"failures": 1000}}
    async with house({"p": play}, settings=settings) as home:
        for number in range(1, 3):
            path, body = ask("openai")
            await post(home, path, body | fields)
            await home.record(number)
        assert len(play.asked) == 2
        assert (await stats(home))["exact"]["entries"] == 0


async def test_an_answer_of_which_its_caller_has_not_heard_the_end_is_not_kept() -> None:
    provider = Numbered()
    async with keeping(provider) as (home, _):
        provider.close()
        path, body = ask("openai", stream=True)
        async with home.http.stream("POST", path, json=body) as response:
            await anext(response.aiter_bytes())
        assert (await home.record()).stage is Stage.GONE
        provider.open()
        assert cache_of(await chat(home)) == "miss"


async def test_embeddings_are_kept_without_being_asked() -> None:
    async with keeping() as (home, provider):
        body = {"model": "m", "input": ["a", "b"]}
        first, again = [await post(home, "/v1/embeddings", body) for _ in range(2)]
        assert (cache_of(first), cache_of(again)) == ("miss", "hit")
        assert first.json() == again.json()
        assert cache_of(await post(home, "/v1/embeddings", body | {"dimensions": 1})) == "miss"
        assert provider.given == 2


async def test_older_completions_are_kept_within_their_own_form() -> None:
    text = {"index": 0, "text": "Hello", "finish_reason": "stop"}
    whole = json.dumps({"id": "cmpl-up", "object": "text_completion", "choices": [text]}).encode()
    play = Play(reply(200, whole))
    async with house({"p": play}, settings={"cache": {"enabled": True}}) as home:
        body = {"model": "m", "prompt": "Hi", "temperature": 0}
        first, again = [await post(home, "/v1/completions", body) for _ in range(2)]
        assert (cache_of(first), cache_of(again)) == ("miss", "hit")
        assert again.json()["choices"] == first.json()["choices"]
        assert len(play.asked) == 1


async def test_unified_asks_and_chats_share_answers_and_say_who_made_them() -> None:
    async with keeping() as (home, provider):
        await chat(home)
        body = ask("openai")[1]
        told = await post(home, "/api/ai/chat", body)
        assert cache_of(told) == "hit"
        assert (told.json()["provider"], told.json()["model"], told.json()["attempts"]) == ("p", "m", 0)
        assert text_of(told) == "answer 1"
        generated = await post(home, "/api/ai/generate", body)
        assert cache_of(generated) == "hit"
        assert (generated.json()["text"], generated.json()["provider"]) == ("answer 1", "p")
        streamed = await post(home, "/api/ai/chat", body | {"stream": True})
        assert cache_of(streamed) == "hit"
        assert "answer 1" in said_by(streamed.text, "openai", stream=True)

        shaped = body | {"messages": [{"role": "user", "content": "other"}]}
        assert cache_of(await post(home, "/api/ai/generate", shaped)) == "miss"
        plain = await post(home, "/v1/chat/completions", shaped)
        assert cache_of(plain) == "hit"
        assert text_of(plain) == "answer 2"
        assert "provider" not in plain.json()
        assert provider.given == 2


async def test_a_unified_ask_for_one_provider_is_not_given_what_another_has_said() -> None:
    one, other = Numbered(), Numbered()
    plays = {"one": Play(one), "other": Play(other)}
    async with house(plays, settings={"cache": {"enabled": True}}) as home:
        await chat(home)
        assert (one.given, other.given) == (1, 0)
        body = ask("openai")[1] | {"provider": "other"}
        first, again = [await post(home, "/api/ai/chat", body) for _ in range(2)]
        assert (cache_of(first), cache_of(again)) == ("miss", "hit")
        assert again.json()["provider"] == "other"
        assert (one.given, other.given) == (1, 1)


async def test_a_batch_asks_once_for_what_stands_in_it_twice() -> None:
    async with keeping() as (home, provider):
        same, other = ask("openai")[1], ask("openai", "other")[1]
        told = await post(home, "/v1/chat/batch", {"requests": [same, other, same, same]})
        texts = [it["body"]["choices"][0]["message"]["content"] for it in told.json()["results"]]
        assert texts[0] == texts[2] == texts[3] != texts[1]
        assert provider.given == 2
        again = await post(home, "/v1/chat/batch", {"requests": [same, other]})
        assert [it["body"]["choices"][0]["message"]["content"] for it in again.json()["results"]] == texts[:2]
        assert provider.given == 2
        cached = [record.cached for record in home.gateway.records(0, 100).records]
        assert cached.count("exact") == 4


async def test_a_hit_is_on_record_as_one_that_cost_nothing() -> None:
    async with keeping() as (home, _):
        await chat(home)
        await chat(home)
        miss, hit = [await home.record(number) for number in (1, 2)]
        assert (miss.cached, hit.cached) == (None, "exact")
        assert dollars(miss.cost or 0) == pytest.approx(COST)
        assert (hit.cost, hit.attempts, hit.stage, hit.status) == (0, (), Stage.DONE, 200)
        assert (hit.provider, hit.model) == ("p", "m")
        assert hit.usage == miss.usage
        assert hit.ttft_s is not None
        assert 0 <= hit.overhead_s <= hit.total_s


async def test_what_hits_save_is_counted() -> None:
    async with keeping() as (home, _):
        for _ in range(4):
            await chat(home)
        told = await stats(home)
        assert (told["exact"]["hits"], told["exact"]["misses"], told["exact"]["stored"]) == (3, 1, 1)
        assert told["saved_usd"] == pytest.approx(3 * COST)
        took = (await home.record(1)).total_s
        assert 0 < told["saved_s"] <= 3 * took + 0.1
        assert (await forget(home, model="m"))["exact"] == 1
        assert cache_of(await chat(home)) == "miss"


async def test_a_hit_counts_as_a_request_and_not_as_tokens() -> None:
    tenants = {"*": {"limits": ["100/hour", "1000 tokens/hour"]}}
    async with keeping(settings={"tenants": tenants}) as (home, _):
        left = [(await chat(home)).headers["x-ratelimit-remaining-requests"] for _ in range(3)]
        assert left == ["99", "98", "97"]
        after = (await chat(home, "something else")).headers["x-ratelimit-remaining-tokens"]
        # The first answer's ten tokens, and what is held for the second: its 50, and a prompt of a few.
        assert 1000 - 10 - 50 - 10 <= int(after) <= 1000 - 10 - 50


async def test_a_provider_that_is_down_is_no_reason_to_forget_what_it_said() -> None:
    async with keeping(settings={"breaker": {"failures": 1, "window_s": 60}}) as (home, provider):
        await chat(home)
        provider.fails = 100
        path, body = ask("openai", "other")
        for _ in range(3):
            assert (await post(home, path, body)).status_code >= 500
        assert cache_of(await chat(home)) == "hit"
        assert home.gateway.runtime.provider("p").target("m").breaker.value == "open"


async def test_what_is_used_up_keeps_nobody_from_an_answer_that_costs_nothing() -> None:
    dear = Numbered({"prompt_tokens": 3, "completion_tokens": 60, "total_tokens": 63})
    async with keeping(dear, settings={"budgets": {"providers": {"p": {"daily": 0.11}}}}) as (home, _):
        await chat(home)
        refused = await post(home, *ask("openai", "other"))
        assert refused.status_code != 200
        assert "budget" in refused.text
        assert cache_of(await chat(home)) == "hit"
