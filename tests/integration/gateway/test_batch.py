"""Many requests in one: each has its own answer, its own failure and its own record."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from ai_dashboard.core.records import Stage
from ai_dashboard.gateway.batch import MAX_CONCURRENCY, MAX_REQUESTS
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import WHOLE, House, Play, error_of, hanging, house, reply, until

CANCELLED_WITHIN_S = 0.1


def ask(text: str = "Hi", **more: object) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **more}


async def batch(home: House, *requests: object, **more: object) -> httpx.Response:
    return await home.http.post("/v1/chat/batch", json={"requests": requests, **more})


async def echo(exchange: Exchange) -> None:
    """Answers with what was asked, and refuses what it is asked to."""
    asked = json.loads(await exchange.body())
    text = asked["messages"][0]["content"]
    if text == "refuse":
        await reply(400, b'{"error": {"message":"no",  "code":"bad"}}')(exchange)
    elif text == "page":
        await reply(422, b"<html>no", content_type=b"text/html")(exchange)
    elif text == "fail":
        await reply(500, b'{"error":{"message":"boom"}}')(exchange)
    else:
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        body = {"id": "up-1", "x_seed": asked.get("seed"), "choices": [choice], "usage": usage}
        await reply(200, json.dumps(body).encode())(exchange)


class Turnstile:
    """A provider that answers nobody until it is opened, and counts who waits."""

    def __init__(self) -> None:
        self.waiting = 0
        self.most = 0
        self.left = 0
        self._steps = asyncio.Semaphore(0)

    def let_in(self, how_many: int) -> None:
        for _ in range(how_many):
            self._steps.release()

    async def __call__(self, exchange: Exchange) -> None:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        try:
            await self._steps.acquire()
        except asyncio.CancelledError:
            self.left += 1
            raise
        self.waiting -= 1
        await reply(200, WHOLE)(exchange)


async def test_each_request_is_answered_in_its_place() -> None:
    play = Play(echo)
    async with house({"first": play}) as home:
        response = await batch(home, ask("one"), ask("refuse"), ask("three"))
        assert response.status_code == 200
        one, two, three = response.json()["results"]
        assert (one["index"], one["status"]) == (0, 200)
        assert one["body"]["choices"][0]["message"]["content"] == "one"
        assert two == {"index": 1, "status": 400, "error": {"message": "no", "code": "bad"}}
        assert (three["index"], three["status"]) == (2, 200)
        assert three["body"]["choices"][0]["message"]["content"] == "three"
        assert [asked["messages"][0]["content"] for asked in play.asked] == ["one", "refuse", "three"]


async def test_each_request_is_on_record() -> None:
    async with house({"first": Play(echo)}) as home:
        await batch(home, ask("one"), ask("fail"), ask("three", model="nobody's"), max_concurrency=1)
        one, two, three = [await home.record(number) for number in (1, 2, 3)]
        assert (one.stage, one.status, one.asked, one.provider, one.dialect) == (
            Stage.DONE,
            200,
            "m",
            "first",
            "openai",
        )
        assert one.usage is not None
        assert (two.stage, two.error, two.status) == (Stage.FAILED, "upstream_error", 502)
        assert (three.stage, three.error, three.status, three.asked) == (
            Stage.FAILED,
            "model_not_found",
            404,
            "nobody's",
        )
        assert len({one.id, two.id, three.id}) == 3
        assert home.gateway.runtime.requests == 3
        assert home.nothing_in_flight()


@pytest.mark.parametrize(
    ("request_", "status", "code", "said"),
    [
        (7, 400, "invalid_request", "not an object"),
        (None, 400, "invalid_request", "not an object"),
        ({}, 400, "invalid_request", "`model`"),
        ({"model": "m", "messages": []}, 400, "invalid_request", "`messages`"),
        (ask(stream=True), 400, "invalid_request", "leave `stream` out"),
        (ask(model="n"), 404, "model_not_found", "did you mean m"),
        (ask("fail"), 502, "upstream_error", "boom"),
    ],
)
async def test_one_bad_request_is_no_failure_of_the_rest(request_: object, status: int, code: str, said: str) -> None:
    async with house({"first": Play(echo)}) as home:
        good, bad, other = (await batch(home, ask(), request_, ask())).json()["results"]
        assert (good["status"], other["status"]) == (200, 200)
        assert (bad["index"], bad["status"], bad["error"]["code"]) == (1, status, code)
        assert said in bad["error"]["message"]
        assert "body" not in bad
        ids = {(await home.record(number)).id for number in (1, 2, 3)}
        assert bad["error"]["request_id"] in ids


async def test_a_refusal_that_is_no_json_is_told_in_words() -> None:
    async with house({"first": Play(echo)}) as home:
        (result,) = (await batch(home, ask("page"))).json()["results"]
        assert result == {"index": 0, "status": 422, "error": {"message": "an HTML page"}}


async def test_numbers_keep_their_digits() -> None:
    play = Play(echo)
    async with house({"first": play}) as home:
        body = (
            b'{"requests":[{"model":"m","messages":[{"role":"user","content":"Hi"}],"seed":12345678901234567890123}]}'
        )
        response = await home.http.post("/v1/chat/batch", content=body, headers={"content-type": "application/json"})
        assert play.asked[0]["seed"] == 12345678901234567890123
        assert b"12345678901234567890123" in response.content


async def test_a_provider_that_fails_is_stepped_in_for() -> None:
    async with house({"first": Play(reply(500, b"boom")), "second": Play(echo)}) as home:
        results = (await batch(home, ask("one"), ask("two"))).json()["results"]
        assert [result["status"] for result in results] == [200, 200]
        assert (await home.record()).fallback_from == "first"


async def test_a_provider_of_another_dialect_answers() -> None:
    lines = [
        {"model": "m", "message": {"role": "assistant", "content": "Hello"}, "done": False},
        {"model": "m", "message": {}, "done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 2},
    ]
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    play = Play(reply(200, body, content_type=b"application/x-ndjson"))
    async with house({"home": play}, entries={"home": {"type": "ollama"}}) as home:
        (result,) = (await batch(home, ask())).json()["results"]
        assert result["body"]["choices"][0]["message"]["content"] == "Hello"
        assert result["body"]["usage"]["total_tokens"] == 5


@pytest.mark.parametrize(("more", "most"), [({}, 8), ({"max_concurrency": 3}, 3), ({"max_concurrency": 64}, 20)])
async def test_no_more_are_under_way_than_were_asked_for(more: dict[str, int], most: int) -> None:
    gate = Turnstile()
    async with house({"first": Play(gate)}) as home, asyncio.TaskGroup() as group:
        sent = group.create_task(batch(home, *[ask(str(number)) for number in range(20)], **more))
        await until(lambda: gate.waiting == most)
        gate.let_in(1)
        await until(lambda: home.gateway.runtime.requests == 1)
        gate.let_in(19)
        assert [result["status"] for result in (await sent).json()["results"]] == [200] * 20
        assert gate.most == most


async def test_each_request_is_let_in_on_its_own() -> None:
    gate = Turnstile()
    async with (
        house({"first": Play(gate)}, settings={"limits": {"max_in_flight": 2}}) as home,
        asyncio.TaskGroup() as group,
    ):
        sent = group.create_task(batch(home, ask(), ask(), ask(), max_concurrency=3))
        await until(lambda: home.gateway.runtime.requests == 1)
        gate.let_in(2)
        statuses = [result["status"] for result in (await sent).json()["results"]]
        assert sorted(statuses) == [200, 200, 503]


async def test_a_caller_who_leaves_cancels_all_of_them() -> None:
    gate = Turnstile()
    async with house({"first": Play(gate)}) as home:
        _, writer = await asyncio.open_connection(*home.gateway.address)
        body = json.dumps({"requests": [ask()] * 5, "max_concurrency": 3}).encode()
        head = b"POST /v1/chat/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        writer.write(head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        await until(lambda: gate.waiting == 3)
        left_at = asyncio.get_running_loop().time()
        writer.transport.abort()
        assert await until(lambda: gate.left == 3) - left_at < CANCELLED_WITHIN_S
        records = [await home.record(number) for number in (1, 2, 3)]
        assert {(record.stage, record.error) for record in records} == {(Stage.GONE, "client_gone")}
        assert home.gateway.runtime.requests == 3
        assert home.gateway.runtime.failures == 0
        assert home.nothing_in_flight()


async def test_shutting_down_says_so_and_leaves_nothing_behind() -> None:
    play = Play(hanging())
    async with house({"first": play}) as home, asyncio.TaskGroup() as group:
        sent = group.create_task(batch(home, ask(), ask()))
        await until(lambda: len(play.asked) == 2)
        await home.gateway.drain(0)
        response = await sent
        assert (response.status_code, error_of(response)["code"]) == (503, "overloaded")
        records = [await home.record(number) for number in (1, 2)]
        assert {(record.stage, record.error) for record in records} == {(Stage.FAILED, "overloaded")}
        assert home.nothing_in_flight()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "`requests`"),
        ({"requests": []}, "`requests`"),
        ({"requests": {"0": {}}}, "`requests`"),
        ({"requests": [{}] * (MAX_REQUESTS + 1)}, f"{MAX_REQUESTS} is the most"),
        ({"requests": [{}], "max_concurrency": 0}, "`max_concurrency`"),
        ({"requests": [{}], "max_concurrency": MAX_CONCURRENCY + 1}, "`max_concurrency`"),
        ({"requests": [{}], "max_concurrency": True}, "`max_concurrency`"),
        ({"requests": [{}], "max_concurrency": "2"}, "`max_concurrency`"),
        ([], "not an object"),
    ],
)
async def test_a_batch_that_is_none_is_a_400(body: object, said: str) -> None:
    play = Play(echo)
    async with house({"first": play}) as home:
        response = await home.http.post("/v1/chat/batch", json=body)
        assert (response.status_code, error_of(response)["code"]) == (400, "invalid_request")
        assert said in error_of(response)["message"]
        assert not play.asked


async def test_a_batch_is_json_and_needs_the_callers_key() -> None:
    async with house({"first": Play(echo)}, settings={"auth": {"master_key": "sk-the-callers-key"}}) as home:
        assert (await batch(home, ask())).status_code == 401
        headers = {"x-api-key": "sk-the-callers-key", "content-type": "text/plain"}
        assert (await home.http.post("/v1/chat/batch", content=b"{}", headers=headers)).status_code == 415
