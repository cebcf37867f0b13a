"""One request from its bytes to its record: what reaches the caller, what is kept, and what happens when it breaks."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from ai_dashboard.core.records import Stage
from tests.integration.gateway.scene import (
    ANSWER,
    DONE,
    HELLO,
    ROLE,
    STOP,
    WHOLE,
    WORLD,
    Gate,
    House,
    Play,
    Script,
    cut,
    error_of,
    frame,
    hanging,
    house,
    reply,
    stream,
    truncated,
    until,
)

ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
CANCELLED_WITHIN_S = 0.1


# ── what is right ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
async def test_a_stream_reaches_the_caller_byte_for_byte(size: int) -> None:
    comment = b": hello there\r\n\r\n"
    body = ROLE + comment + HELLO + WORLD + frame({"content": "x" * 3000}) + STOP + DONE
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    async with house({"first": Play(stream(*pieces))}) as home:
        response = await home.chat(stream_options={"include_usage": True})
        assert response.content == body
        assert response.headers["content-type"] == "text/event-stream"


async def test_the_first_content_is_relayed_while_the_rest_is_still_to_come() -> None:
    gate = Gate()
    async with house({"first": Play(gate)}) as home, home.http.stream("POST", "/v1/chat/completions", json=ASK) as got:
        pieces = got.aiter_raw()
        assert await anext(pieces) == ROLE + HELLO
        running = home.gateway.runtime.running
        assert [trip.stage for trip in running.values()] == [Stage.STREAMING]
        gate.open()
        assert b"".join([piece async for piece in pieces]) == WORLD + STOP + DONE


async def test_the_reply_says_who_answered() -> None:
    async with house({"first": Play(stream(ANSWER))}) as home:
        response = await home.chat()
        record = await home.record()
        assert response.headers["x-provider"] == "first"
        assert response.headers["x-model"] == "m"
        assert response.headers["x-attempts"] == "1"
        assert response.headers["x-request-id"] == record.id
        assert "x-fallback-from" not in response.headers
        assert 0 <= float(response.headers["x-overhead-ms"]) < 1000
        assert float(response.headers["x-overhead-ms"]) == pytest.approx(record.overhead_s * 1000, abs=0.01)


async def test_a_finished_request_is_on_record() -> None:
    async with house({"first": Play(reply(200, WHOLE))}) as home:
        await home.chat(stream=False)
        record = await home.record()
        assert (record.seq, record.stage, record.status, record.error) == (1, Stage.DONE, 200, None)
        assert (record.asked, record.provider, record.model, record.dialect) == ("m", "first", "m", "openai")
        assert not record.stream
        assert record.usage is not None
        assert (record.usage.prompt_tokens, record.usage.completion_tokens) == (3, 7)
        assert record.ttft_s is not None
        assert 0 < record.ttft_s <= record.total_s
        assert record.attempts[0].status == 200
        assert record.plan is not None
        assert record.plan.rule == "listing"


async def test_usage_that_the_caller_did_not_ask_for_is_counted_and_not_shown() -> None:
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":7}}\n\n'
    play = Play(stream(ROLE, HELLO, STOP, usage, DONE))
    async with house({"first": play}) as home:
        response = await home.chat()
        assert response.content == ROLE + HELLO + STOP + DONE
        assert play.asked[0]["stream_options"] == {"include_usage": True}
        counted = (await home.record()).usage
        assert counted is not None
        assert counted.completion_tokens == 7


async def test_requests_on_one_connection_are_answered_one_after_the_other() -> None:
    async with house({"first": Play(reply(200, WHOLE))}) as home:
        body = json.dumps({**ASK, "stream": False}).encode()
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        ask = head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        reader, writer = await asyncio.open_connection(*home.gateway.address)
        writer.write(ask + ask)
        async with asyncio.timeout(5):
            for _ in range(2):
                assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
                await reader.readuntil(WHOLE)
        writer.close()
        assert [record.seq for record in home.gateway.records(0, 10).records] == [1, 2]


# ── what breaks off ──────────────────────────────────────────────────────────────────────────────────────────────────

BREAKS = {
    "cut": cut(ROLE, HELLO),
    "ended without its terminal event": stream(ROLE, HELLO),
    "cut inside an event": cut(ROLE, HELLO, WORLD[:20]),
    "silent": hanging(ROLE, HELLO),
}


@pytest.mark.parametrize("script", BREAKS.values(), ids=BREAKS.keys())
async def test_a_stream_that_breaks_after_its_first_content_is_never_made_to_look_whole(script: Script) -> None:
    second = Play(stream(ANSWER))
    soon = {"timeouts": {"idle_s": 0.05}}
    async with house({"first": Play(script), "second": second}, entries={"first": soon}) as home:
        response = await home.chat()
        assert response.status_code == 200
        assert response.content.startswith(ROLE + HELLO)
        assert b"[DONE]" not in response.content
        assert b'"finish_reason": "stop"' not in response.content
        last = json.loads(response.content.strip().rpartition(b"\n\ndata: ")[2])
        record = await home.record()
        assert last["error"]["code"] == record.error
        assert last["error"]["request_id"] == record.id
        assert record.error == ("upstream_timeout" if script is BREAKS["silent"] else "upstream_truncated")
        assert (record.stage, record.status, len(record.attempts)) == (Stage.CUT, 200, 1)
        assert "127.0.0.1" not in response.text
        assert not second.asked
        assert home.nothing_in_flight()
        assert home.provider("first").error_ratio == 1.0


async def test_an_error_that_a_provider_reports_inside_its_stream_is_on_record() -> None:
    failure = b'data: {"error":{"message":"out of memory"}}\n\n'
    async with house({"first": Play(stream(ROLE, HELLO, failure, DONE))}) as home:
        response = await home.chat()
        assert failure in response.content
        record = await home.record()
        assert (record.stage, record.error) == (Stage.CUT, "upstream_invalid_reply")
        assert "out of memory" in record.message


async def test_a_whole_reply_that_is_cut_is_a_502() -> None:
    async with house({"first": Play(truncated(WHOLE))}) as home:
        response = await home.chat(stream=False)
        assert response.status_code == 502
        assert error_of(response)["code"] == "upstream_truncated"
        assert (await home.record()).stage is Stage.FAILED


# ── what is wrong with the ask ───────────────────────────────────────────────────────────────────────────────────────

BAD = {
    "not JSON": (b"{", "line 1"),
    "NaN": (b'{"model":"m","messages":[{"role":"user","content":"x"}],\n"temperature":NaN}', "line 2"),
    "not UTF-8": (b'{"model":"\xff"}', "not JSON"),
    "nested too deep": (b"[" * 5000, "not JSON"),
    "a list": (b"[]", "not an object"),
    "no model": (b'{"messages":[{"role":"user","content":"x"}]}', "`model`"),
    "no messages": (b'{"model":"m"}', "`messages`"),
    "empty messages": (b'{"model":"m","messages":[]}', "`messages`"),
    "a message that is a string": (b'{"model":"m","messages":["x"]}', "`messages[0]`"),
    "a stream that is a string": (b'{"model":"m","messages":[{"role":"user"}],"stream":"yes"}', "`stream`"),
    "a model of a million letters": (b'{"model":"%b","messages":[{"role":"user"}]}' % (b"m" * 1_000_000), "`model`"),
}


@pytest.mark.parametrize(("body", "said"), BAD.values(), ids=BAD.keys())
async def test_a_bad_ask_is_a_400_that_says_where(body: bytes, said: str) -> None:
    play = Play(stream(ANSWER))
    async with house({"first": play}) as home:
        headers = {"content-type": "application/json"}
        response = await home.http.post("/v1/chat/completions", content=body, headers=headers)
        assert response.status_code == 400
        assert said in error_of(response)["message"]
        assert len(response.content) < 2000
        assert not play.asked
        record = await home.record()
        assert (record.stage, record.status, record.error) == (Stage.FAILED, 400, "invalid_request")
        assert home.nothing_in_flight()


async def test_an_unknown_model_is_a_404_with_the_nearest_names() -> None:
    async with house({"first": Play(stream(ANSWER))}, entries={"first": {"models": ["llama3.1:8b", "qwen3"]}}) as home:
        response = await home.chat(model="lama3.1:8b")
        assert response.status_code == 404
        error = error_of(response)
        assert error["code"] == "model_not_found"
        assert "lama3.1:8b" in error["message"]
        assert "llama3.1:8b" in error["message"].partition("did you mean")[2]
        assert (await home.record()).error == "model_not_found"


async def test_a_body_over_the_limit_is_a_413() -> None:
    async with house({"first": Play(stream(ANSWER))}, settings={"limits": {"max_body_mb": 0.001}}) as home:
        response = await home.chat(messages=[{"role": "user", "content": "x" * 2000}])
        assert response.status_code == 413
        assert error_of(response)["code"] == "body_too_large"
        await until(home.nothing_in_flight)


async def test_a_body_that_does_not_call_itself_json_is_a_415() -> None:
    play = Play(stream(ANSWER))
    async with house({"first": play}) as home:
        form = {"content-type": "text/plain"}
        response = await home.http.post("/v1/chat/completions", content=json.dumps(ASK), headers=form)
        assert response.status_code == 415
        assert "text/plain" in error_of(response)["message"]
        assert not play.asked


async def test_more_in_flight_than_the_limit_is_a_503_with_a_time_to_come_back() -> None:
    gate = Gate()
    async with house({"first": Play(gate)}, settings={"limits": {"max_in_flight": 1}}) as home:
        async with home.http.stream("POST", "/v1/chat/completions", json=ASK) as first:
            refused = await home.chat()
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert error_of(refused)["code"] == "overloaded"
            assert (await home.http.get("/health/liveliness")).status_code == 200
            gate.open()
            await first.aread()
        assert (await home.chat()).status_code == 200


# ── what the answer does not say ─────────────────────────────────────────────────────────────────────────────────────


async def test_warnings_are_on_record() -> None:
    play = Play(reply(200, ollama(), content_type=b"application/x-ndjson"))
    async with house({"first": play}, entries={"first": {"type": "ollama"}}) as home:
        response = await home.chat(stream=False, logit_bias={"1": 2})
        record = await home.record()
        assert len(record.warnings) == 1
        assert "`logit_bias` is left out" in record.warnings[0]
        assert response.headers["x-warnings"] == record.warnings[0]
        await home.chat(stream=False)
        assert (await home.record(2)).warnings == ()


def ollama(prompt_tokens: int = 3) -> bytes:
    """A stream of Ollama's that says how much of the prompt was read."""
    lines = [
        {"model": "m", "message": {"role": "assistant", "content": "Hello"}, "done": False},
        {"model": "m", "message": {}, "done": True, "done_reason": "stop", "eval_count": 2}
        | {"prompt_eval_count": prompt_tokens},
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


CUT = "the prompt was cut: 512 tokens of it were read, and `num_ctx` was 512"


@pytest.mark.parametrize(("read", "warnings"), [(511, ()), (512, (CUT,))])
@pytest.mark.parametrize("streamed", [True, False])
async def test_a_prompt_that_was_cut_silently_is_told(read: int, warnings: tuple[str, ...], streamed: bool) -> None:
    play = Play(reply(200, ollama(read), content_type=b"application/x-ndjson"))
    async with house({"first": play}, entries={"first": {"type": "ollama"}}) as home:
        response = await home.chat(stream=streamed, options={"num_ctx": 512})
        assert play.asked[0]["options"]["num_ctx"] == 512
        record = await home.record()
        assert (record.stage, record.warnings) == (Stage.DONE, warnings)
        if not streamed:
            assert response.headers.get("x-warnings") == ("; ".join(warnings) or None)


async def test_a_prompt_that_was_cut_silently_is_told_of_ollamas_own_callers() -> None:
    play = Play(reply(200, ollama(8192), content_type=b"application/x-ndjson"))
    entry = {"type": "ollama", "models": [{"name": "m", "options": {"num_ctx": 8192}}]}
    async with house({"first": play}, entries={"first": entry}) as home:
        await home.http.post("/api/chat", json=ASK)
        record = await home.record()
        assert (record.dialect, record.warnings) == ("ollama", (CUT.replace("512", "8192"),))


async def test_other_providers_count_as_they_like() -> None:
    async with house({"first": Play(reply(200, WHOLE))}) as home:
        await home.chat(stream=False, options={"num_ctx": 1})
        assert (await home.record()).warnings == ()


# ── asks without a word ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/api/chat", {"messages": []}, {"message": {"role": "assistant", "content": ""}, "done_reason": "load"}),
        ("/api/generate", {}, {"response": "", "done_reason": "load"}),
        ("/api/generate", {"prompt": "", "stream": False}, {"response": "", "done_reason": "load"}),
        ("/api/generate", {"keep_alive": 0}, {"response": "", "done_reason": "unload"}),
    ],
)
async def test_what_has_nothing_to_load_is_answered_at_once(
    path: str, body: dict[str, object], told: dict[str, object]
) -> None:
    first, second = Play(reply(200, WHOLE)), Play(reply(200, b"{}"))
    async with house({"first": first, "second": second}, entries={"second": {"type": "ollama"}}) as home:
        response = await home.http.post(path, json={"model": "m", **body})
        said = response.json()
        assert response.headers["content-type"] == "application/json"
        assert said.pop("created_at")
        assert said == {"model": "m", "done": True, **told}
        record = await home.record()
        assert (record.stage, record.status, record.asked, record.attempts) == (Stage.DONE, 200, "m", ())
        assert (record.dialect, response.headers["x-request-id"]) == ("ollama", record.id)
        assert not first.asked
        assert not second.asked
        assert home.nothing_in_flight()


async def test_ollama_is_asked_to_load_and_nobody_else_when_it_fails() -> None:
    loaded = b'{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"load"}'
    first, second = Play(reply(200, loaded)), Play(reply(200, WHOLE))
    first.listing = reply(200, b'{"models":[{"name":"m"}]}')
    async with house({"first": first, "second": second}, entries={"first": {"type": "ollama"}}) as home:
        ask = {"model": "m", "messages": []}
        response = await home.http.post("/api/chat", json=ask)
        assert (response.content, response.headers["content-type"]) == (loaded, "application/json")
        assert response.headers["x-provider"] == "first"
        assert (await home.record()).stage is Stage.DONE
        first.script = reply(500, b'{"error":"no memory"}')
        response = await home.http.post("/api/chat", json=ask)
        assert (response.status_code, "no memory" in response.json()["error"]) == (502, True)
        assert len(first.asked) == 2
        assert not second.asked


async def test_an_unknown_model_cannot_be_loaded() -> None:
    async with house({"first": Play(reply(200, WHOLE))}) as home:
        assert (await home.http.post("/api/generate", json={"model": "nobody's"})).status_code == 404


# ── ids ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("script", "streamed"),
    [(reply(200, WHOLE), False), (stream(ANSWER), True), (reply(500, b"boom"), False), (reply(400, b"no"), False)],
    ids=["whole", "stream", "failure", "refusal"],
)
async def test_anthropics_callers_find_the_id_where_their_sdk_looks(script: Script, streamed: bool) -> None:
    async with house({"first": Play(script)}) as home:
        ask = ASK | {"max_tokens": 5, "stream": streamed}
        response = await home.http.post("/v1/messages", json=ask)
        record = await home.record()
        assert response.headers["request-id"] == response.headers["x-request-id"] == record.id
        other = await home.chat(stream=streamed)
        assert "request-id" not in other.headers


# ── callers who leave ────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def caller(home: House, *, stream: bool) -> AsyncIterator[asyncio.StreamWriter]:
    """A raw connection that has sent its ask; leaving the block resets nothing that the test has not."""
    body = json.dumps({**ASK, "stream": stream}).encode()
    reader, writer = await asyncio.open_connection(*home.gateway.address)
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    writer.write(head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    try:
        yield writer
    finally:
        writer.close()
        reader.feed_eof()


LEAVING = {
    "before the head": (hanging(), True, 0),
    "before the first token": (hanging(ROLE), True, 0),
    "mid-stream": (hanging(ROLE, HELLO), True, 200),
    "while a whole reply is made": (hanging(), False, 0),
}


@pytest.mark.parametrize(("script", "streamed", "status"), LEAVING.values(), ids=LEAVING.keys())
@pytest.mark.parametrize("way", ["says goodbye", "resets"])
async def test_a_caller_who_leaves_is_forgotten_at_once(script: Script, streamed: bool, status: int, way: str) -> None:
    first, second = Play(script), Play(stream(ANSWER))
    async with house({"first": first, "second": second}) as home, caller(home, stream=streamed) as writer:
        await until(lambda: bool(first.asked))
        runtime = home.gateway.runtime
        if status:
            await until(lambda: any(trip.status for trip in runtime.running.values()))
        left_at = asyncio.get_running_loop().time()
        writer.transport.abort() if way == "resets" else writer.close()
        await until(lambda: first.left_at is not None)
        assert first.left_at is not None
        assert first.left_at - left_at < CANCELLED_WITHIN_S
        record = await home.record()
        assert (record.stage, record.error, record.status) == (Stage.GONE, "client_gone", status)
        assert len(record.attempts) == 1
        assert not second.asked
        assert home.nothing_in_flight()
        assert runtime.failures == 0
        assert home.provider("first").error_ratio is None


async def test_a_caller_who_leaves_while_it_sends_its_body_leaves_nothing_behind() -> None:
    play = Play(stream(ANSWER))
    async with house({"first": play}) as home:
        _, writer = await asyncio.open_connection(*home.gateway.address)
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        writer.write(head + b"Content-Length: 1000\r\n\r\n{")
        await until(lambda: bool(home.gateway.runtime.running))
        writer.transport.abort()
        assert (await home.record()).stage is Stage.GONE
        assert not play.asked
        assert home.nothing_in_flight()


async def test_a_slow_reader_slows_its_own_provider_only() -> None:
    flood = b"".join([ROLE, HELLO, *[frame({"content": "x" * 60_000})] * 200, STOP, DONE])
    quick = Play(reply(200, WHOLE), models=("q",))
    entries = {"slow": {"models": ["m"]}, "quick": {"models": ["q"]}}
    async with house({"slow": Play(stream(flood)), "quick": quick}, entries=entries) as home:
        async with home.http.stream("POST", "/v1/chat/completions", json=ASK) as slow:
            await until(lambda: bool(home.gateway.runtime.running))
            assert (await home.chat(model="q", stream=False)).status_code == 200
            got = b"".join([piece async for piece in slow.aiter_raw()])
        assert got == flood


async def test_a_caller_who_hangs_up_does_not_disturb_the_others() -> None:
    gate = Gate()
    async with house({"first": Play(gate)}) as home:
        async with asyncio.TaskGroup() as group:
            staying = group.create_task(home.chat())
            async with (
                httpx.AsyncClient(base_url=home.url, trust_env=False) as leaving,
                leaving.stream("POST", "/v1/chat/completions", json=ASK),
            ):
                pass
            assert (await home.record()).stage is Stage.GONE
            gate.open()
        assert staying.result().content == ROLE + HELLO + WORLD + STOP + DONE
