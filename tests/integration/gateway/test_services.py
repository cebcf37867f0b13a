"""What is passed on as bytes: who is asked, what they see of it, and that nothing of a reply is changed or lost."""

import asyncio
import json
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from ai_dashboard.core.records import Stage
from ai_dashboard.core.snapshot import Health
from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.gateway.services import PATHS, takes
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import (
    Play,
    Script,
    closed_port,
    cut,
    error_of,
    hanging,
    house,
    reply,
    truncated,
    until,
)

CANCELLED_WITHIN_S = 0.1
SPEECH = {"model": "m", "input": "Hello", "voice": "alloy"}
WAVE = bytes(range(256)) * 64
PICTURE = json.dumps({"created": 1, "data": [{"b64_json": "iVBORw0KGgo="}]}).encode()
KEY = "sk-the-callers-key"


@dataclass(frozen=True)
class Seen:
    """A request as it reached a provider."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Service(Play):
    """A provider of more than chats."""

    script: Script
    models: tuple[str, ...] = ("m",)
    seen: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.script, self.models)

    async def handle(self, exchange: Exchange) -> None:
        if exchange.path.endswith(("/v1/models", "/props")):
            await super().handle(exchange)
            return
        headers = {name.decode(): value.decode() for name, value in exchange.headers}
        body = exchange.incoming = await exchange.body()  # the script may want it as well
        self.seen.append(Seen(exchange.method, exchange.target.decode(), headers, body))
        try:
            await self.script(exchange)
        except asyncio.CancelledError:
            self.left_at = asyncio.get_running_loop().time()
            raise


ALIAS: dict[str, Any] = {"exact_matches": {"voice": {"provider": "first", "backend_model": "tts-real"}}}


# ── what passes ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_bytes_go_there_and_back_unchanged() -> None:
    first = Service(reply(200, WAVE, content_type=b"audio/mpeg"))
    body = b'{ "model" :"m","input":"Hi",\n"seed":12345678901234567890123 }'
    async with house({"first": first}) as home:
        headers = {"content-type": "application/json"}
        response = await home.http.post("/v1/audio/speech?x=1&y=%2F", content=body, headers=headers)
        assert (response.status_code, response.content) == (200, WAVE)
        assert response.headers["content-type"] == "audio/mpeg"
        assert int(response.headers["content-length"]) == len(WAVE)
        assert (response.headers["x-provider"], response.headers["x-model"]) == ("first", "m")
        seen = first.seen[0]
        assert (seen.method, seen.target, seen.body) == ("POST", "/v1/audio/speech?x=1&y=%2F", body)
        record = await home.record()
        assert response.headers["x-request-id"] == record.id
        assert (record.stage, record.status, record.asked, record.dialect) == (Stage.DONE, 200, "m", "openai")
        assert (record.provider, record.model, record.usage) == ("first", "m", None)
        assert record.attempts[0].status == 200
        assert record.ttft_s is not None
        assert home.nothing_in_flight()


async def test_a_file_of_some_megabytes_goes_through_in_both_directions() -> None:
    large = WAVE * 256

    async def echo(exchange: Exchange) -> None:
        exchange.start(200, [(b"content-type", b"application/octet-stream")])
        for start in range(0, len(large), 100_000):
            exchange.write(large[start : start + 100_000])
            await exchange.drain()
        exchange.finish()

    first = Service(echo)
    async with house({"first": first}) as home:
        files = {"file": ("a.wav", large, "audio/wav")}
        response = await home.http.post("/v1/files", files=files, data={"purpose": "batch"})
        assert response.content == large
        assert large in first.seen[0].body


async def test_a_body_over_the_limit_is_a_413() -> None:
    first = Service(reply(200, b"{}"))
    async with house({"first": first}, settings={"limits": {"max_body_mb": 0.01}}) as home:
        response = await home.http.post("/v1/files", files={"file": ("a.wav", WAVE, "audio/wav")})
        assert (response.status_code, error_of(response)["code"]) == (413, "body_too_large")
        assert not first.seen


async def test_our_key_goes_upstream_and_the_callers_does_not() -> None:
    first = Service(reply(200, b"{}"))
    entries = {"first": {"api_key": "sk-upstream-0001", "headers": {"X-Team": "blue"}}}
    async with house({"first": first}, entries=entries, settings={"auth": {"master_key": KEY}}) as home:
        headers = {
            "authorization": f"Bearer {KEY}",
            "x-api-key": KEY,
            "cookie": f"session={KEY}",
            "openai-organization": "theirs",
            "openai-beta": "assistants=v2",
            "range": "bytes=0-9",
            "te": "trailers",
            "x-team": "red",
            "accept": "application/json",
        }
        response = await home.http.get("/v1/files/file-1/content", headers=headers)
        assert response.status_code == 200
        seen = first.seen[0].headers
        assert seen["authorization"] == "Bearer sk-upstream-0001"
        assert KEY not in str(seen)
        assert (seen["openai-beta"], seen["range"], seen["accept"]) == (
            "assistants=v2",
            "bytes=0-9",
            "application/json",
        )
        assert seen["x-team"] == "blue"
        assert not {"cookie", "te", "openai-organization", "x-provider"} & seen.keys()
        assert (await home.http.get("/v1/files")).status_code == 401


async def test_of_a_replys_headers_those_pass_that_describe_it() -> None:
    described = (
        (b"content-disposition", b'attachment; filename="a.jsonl"'),
        (b"content-range", b"bytes 0-3/9"),
        (b"x-ratelimit-remaining-requests", b"41"),
    )
    private = ((b"set-cookie", b"a=b"), (b"proxy-connection", b"close"), (b"x-secret-of-the-house", b"1"))
    first = Service(reply(206, b"part", *described, *private))
    async with house({"first": first}) as home:
        response = await home.http.get("/v1/files/file-1/content")
        assert (response.status_code, response.content) == (206, b"part")
        for name, value in described:
            assert response.headers[name.decode()] == value.decode()
        assert not {name.decode() for name, _ in private} & response.headers.keys()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_any_method_is_passed_on(method: str) -> None:
    first = Service(reply(200, b'{"deleted":true}'))
    async with house({"first": first}) as home:
        response = await home.http.request(method, "/v1/files/file-1")
        assert response.json() == {"deleted": True}
        assert (first.seen[0].method, first.seen[0].target, first.seen[0].body) == (method, "/v1/files/file-1", b"")


async def test_head_and_replies_without_a_body() -> None:
    first = Service(reply(200, b"12345"))
    async with house({"first": first}) as home:
        head = await home.http.head("/v1/files/file-1/content")
        assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "5")
        assert first.seen[0].method == "HEAD"
        first.script = reply(204, b"")
        assert (await home.http.delete("/v1/files/file-1")).status_code == 204
        assert (await home.record(2)).stage is Stage.DONE


# ── whom it is meant for ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_model_in_json_goes_by_its_providers_name() -> None:
    first = Service(reply(200, WAVE), models=("tts-real",))
    async with house({"first": first}, mappings=ALIAS) as home:
        response = await home.http.post("/v1/audio/speech", json=SPEECH | {"model": "voice", "n": 2})
        assert response.headers["x-model"] == "tts-real"
        assert json.loads(first.seen[0].body) == SPEECH | {"model": "tts-real", "n": 2}
        escaped = b'{"mod\\u0065l":"voice","input":"Hi","seed":12345678901234567890123}'
        headers = {"content-type": "application/json; charset=utf-8"}
        await home.http.post("/v1/audio/speech", content=escaped, headers=headers)
        assert b"12345678901234567890123" in first.seen[1].body
        assert json.loads(first.seen[1].body)["model"] == "tts-real"


async def test_a_model_in_a_form_goes_by_its_providers_name_and_the_file_as_it_is() -> None:
    first = Service(reply(200, b'{"text":"Hello"}'), models=("tts-real",))
    async with house({"first": first}, mappings=ALIAS) as home:
        for model in ("tts-real", "voice"):
            form = {"file": ("a.wav", WAVE, "audio/wav")}
            response = await home.http.post(
                "/v1/audio/transcriptions", files=form, data={"model": model, "language": "de"}
            )
            assert response.json() == {"text": "Hello"}
        same, renamed = first.seen
        assert same.headers["content-type"].startswith("multipart/form-data; boundary=")
        assert b'name="model"\r\n\r\ntts-real\r\n' in same.body
        assert b'name="model"\r\n\r\ntts-real\r\n' in renamed.body
        assert WAVE in renamed.body
        assert b'name="language"\r\n\r\nde\r\n' in renamed.body
        assert (await home.record(2)).asked == "voice"


async def test_what_names_no_model_goes_to_the_provider_that_the_caller_names() -> None:
    plays = {"first": Service(reply(200, b"1")), "second": Service(reply(200, b"2"))}
    async with house(plays) as home:
        assert (await home.http.get("/v1/batches")).headers["x-provider"] == "first"
        named = await home.http.get("/v1/batches/b-1", headers={"x-provider": "second"})
        assert (named.content, named.headers["x-provider"]) == (b"2", "second")
        record = await home.record(2)
        assert (record.asked, record.provider, record.model) == ("/v1/batches/b-1", "second", "")
        assert record.plan is not None
        assert [it.why for it in record.plan.attempts] == ["named by the caller"]


async def test_a_named_provider_is_asked_for_the_model_too() -> None:
    plays = {"first": Service(reply(200, b"1")), "second": Service(reply(200, b"2"))}
    async with house(plays) as home:
        response = await home.http.post("/v1/fine_tuning/jobs", json={"model": "m"}, headers={"x-provider": "second"})
        assert response.content == b"2"
        assert not plays["first"].seen


async def test_kinds_that_do_not_take_a_path_are_passed_over() -> None:
    plays = {"local": Service(reply(200, b"1")), "engine": Service(reply(200, b"2")), "full": Service(reply(200, b"3"))}
    entries = {"local": {"type": "llama_cpp"}, "engine": {"type": "vllm"}}
    async with house(plays, entries=entries) as home:
        assert (await home.http.post("/v1/audio/speech", json=SPEECH)).headers["x-provider"] == "engine"
        assert (await home.http.post("/v1/images/generations", json=SPEECH)).headers["x-provider"] == "full"
        assert (await home.http.get("/v1/files")).headers["x-provider"] == "full"
        plan = (await home.record(2)).plan
        assert plan is not None
        assert {(it.provider, it.reason) for it in plan.excluded} == {
            ("local", "offers no such path"),
            ("engine", "offers no such path"),
        }


async def test_a_provider_that_may_not_be_used_or_is_down_is_not_the_first() -> None:
    plays = {name: Service(reply(200, name.encode())) for name in ("barred", "down", "well")}
    async with house(plays, entries={"barred": {"requires_api_key": True}}) as home:
        await home.gateway.refresh()
        home.gateway.runtime.provider("down").become(Health.UNAVAILABLE, "connection refused", 0.0)
        assert (await home.http.get("/v1/files")).content == b"well"
        plan = (await home.record()).plan
        assert plan is not None
        assert {(it.provider, it.reason) for it in plan.excluded} == {
            ("barred", "no API key"),
            ("down", "connection refused"),
        }
        home.gateway.runtime.provider("well").become(Health.UNAVAILABLE, "as well", 0.0)
        assert (await home.http.get("/v1/files")).content == b"down"
        nobody = await home.http.get("/v1/files", headers={"x-provider": "barred"})
        assert (nobody.status_code, error_of(nobody)["code"]) == (503, "no_provider_available")
        assert "no API key" in error_of(nobody)["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "headers"),
    [
        ("POST", "/v1/images/generations", {"model": "m"}, {}),
        ("GET", "/v1/files", None, {}),
        ("GET", "/v1/files", None, {"x-provider": "only"}),
        ("GET", "/v1/files", None, {"x-provider": "nobody"}),
    ],
)
async def test_a_service_that_nobody_offers_is_a_clear_404(
    method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
) -> None:
    only = Service(reply(200, b"1"))
    async with house({"only": only}, entries={"only": {"type": "llama_cpp"}}) as home:
        response = await home.http.request(method, path, json=body, headers=headers)
        assert (response.status_code, error_of(response)["code"]) == (404, "not_found")
        assert path in error_of(response)["message"]
        assert "no provider that is configured offers it" in error_of(response)["message"]
        assert (await home.record()).stage is Stage.FAILED
        assert not only.seen


async def test_an_unknown_model_is_a_404_and_says_what_is_known() -> None:
    async with house({"first": Service(reply(200, b"1"))}, entries={"first": {"models": ["whisper-1"]}}) as home:
        response = await home.http.post("/v1/audio/speech", json=SPEECH | {"model": "wisper-1"})
        assert (response.status_code, error_of(response)["code"]) == (404, "model_not_found")
        assert "did you mean whisper-1" in error_of(response)["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/files/../models",
        "/v1/files/%2e%2e/models",
        "/v1/files/..%2Fmodels",
        "/v1/files/a/.%2E/b",
        "/v1/files/..\\m",
    ],
)
async def test_a_path_that_leads_elsewhere_is_not_followed(path: str) -> None:
    first = Service(reply(200, b"1"))
    async with house({"first": first}) as home:
        reader, writer = await asyncio.open_connection(*home.gateway.address)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        status = (await reader.read()).partition(b"\r\n")[0]
        writer.close()
        assert b" 404 " in status or b" 400 " in status
        assert not first.seen


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{nope", 400),
        ("application/json", b'{"model":7}', 400),
        ("multipart/form-data", b"--a--", 400),
        ("multipart/form-data; boundary=a", b"--a\r\n\r\n1", 400),
        ("text/plain", b'{"model":"m"}', 415),
        ("application/x-www-form-urlencoded", b"model=m", 415),
        ("", b'{"model":"m"}', 415),
    ],
)
async def test_what_is_no_body_is_refused(content_type: str, body: bytes, status: int) -> None:
    first = Service(reply(200, b"1"))
    async with house({"first": first}) as home:
        headers = {"content-type": content_type} if content_type else {}
        response = await home.http.post("/v1/audio/speech", content=body, headers=headers)
        assert response.status_code == status
        assert not first.seen


@pytest.mark.parametrize("path", [path.replace("*", "x") for path in PATHS])
def test_every_path_that_is_served_is_taken_by_openai(path: str) -> None:
    assert takes(KINDS["openai"], path)
    assert not takes(KINDS["anthropic"], path)


@pytest.mark.parametrize("path", ["/v1/filesystem", "/v1/rerankers", "/v1/moderations2", "/v1/audio"])
def test_a_path_that_only_begins_alike_is_another(path: str) -> None:
    assert not takes(KINDS["openai"], path)


# ── what fails ───────────────────────────────────────────────────────────────────────────────────────────────────────

FAILING: Mapping[str, tuple[Script, str]] = {
    "500": (reply(500, b'{"error":{"message":"boom"}}'), "upstream_error"),
    "429": (reply(429, b'{"error":{"message":"slow down"}}'), "upstream_rate_limited"),
    "401": (reply(401, b'{"error":{"message":"who?"}}'), "upstream_auth_failed"),
    "404": (reply(404, b'{"error":{"message":"no such model"}}'), "upstream_model_not_found"),
    "302": (reply(302, b"", (b"location", b"http://127.0.0.1:1/")), "upstream_invalid_reply"),
    "silence": (hanging(), "upstream_timeout"),
    "cut before the first byte": (cut(), "upstream_truncated"),
    "silence before the first byte": (hanging(b""), "upstream_timeout"),
}


@pytest.mark.parametrize(("script", "code"), FAILING.values(), ids=FAILING.keys())
async def test_a_failure_before_the_first_byte_is_answered_by_the_next(script: Script, code: str) -> None:
    plays = {"first": Service(script), "second": Service(reply(200, WAVE))}
    entries = {"first": {"timeouts": {"idle_s": 0.05, "total_s": 0.05}}}
    async with house(plays, entries=entries) as home:
        response = await home.http.post("/v1/audio/speech", json=SPEECH)
        assert (response.status_code, response.content) == (200, WAVE)
        assert (response.headers["x-fallback-from"], response.headers["x-attempts"]) == ("first", "2")
        record = await home.record()
        assert [attempt.error for attempt in record.attempts] == [code, None]
        assert home.nothing_in_flight()


async def test_a_closed_port_is_answered_by_the_next() -> None:
    with closed_port() as nobody:
        async with house({"first": nobody, "second": Service(reply(200, b"2"))}) as home:
            assert (await home.http.get("/v1/files")).content == b"2"


async def test_a_reply_that_takes_its_time_is_waited_for() -> None:
    """No head comes before a picture is done, however long that takes."""
    done = asyncio.Event()

    async def slow(exchange: Exchange) -> None:
        await done.wait()
        await reply(200, PICTURE)(exchange)

    first = Service(slow)
    async with house({"first": first}, entries={"first": {"timeouts": {"first_token_s": 0.01}}}) as home:
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(home.http.post("/v1/images/generations", json={"model": "m"}))
            await until(lambda: bool(first.seen))
            asyncio.get_running_loop().call_later(0.05, done.set)
        assert asked.result().content == PICTURE


async def test_a_refusal_of_the_request_goes_back_as_it_came() -> None:
    body = b'{"error": {"message":"no such voice", "code":"bad_voice"}}'
    plays = {"first": Service(reply(400, body)), "second": Service(reply(200, WAVE))}
    async with house(plays) as home:
        response = await home.http.post("/v1/audio/speech", json=SPEECH)
        assert (response.status_code, response.content) == (400, body)
        assert not plays["second"].seen


@pytest.mark.parametrize("status", [404, 405, 409, 410])
async def test_what_a_provider_does_not_keep_nobody_else_is_asked_for(status: int) -> None:
    body = b'{"error":{"message":"No such File object: file-9"}}'
    plays = {"first": Service(reply(status, body)), "second": Service(reply(200, b"2"))}
    async with house(plays) as home:
        response = await home.http.get("/v1/files/file-9")
        assert (response.status_code, response.content) == (status, body)
        assert not plays["second"].seen
        record = await home.record()
        assert (record.status, record.error) == (status, "upstream_rejected")
        assert home.gateway.runtime.provider("first").track.errors == 0


async def test_when_all_fail_the_caller_reads_of_all() -> None:
    plays = {"first": Service(reply(500, b"boom")), "second": Service(reply(503, b"bang"))}
    async with house(plays) as home:
        response = await home.http.get("/v1/files")
        assert response.status_code == 502
        assert "all 2 candidates failed" in error_of(response)["message"]


@pytest.mark.parametrize(
    "script", [truncated(WAVE), cut(b"data: {}\n\n"), hanging(b"data: {}\n\n")], ids=["length", "chunks", "silence"]
)
async def test_a_reply_that_breaks_off_is_broken_off(script: Script) -> None:
    plays = {"first": Service(script), "second": Service(reply(200, WAVE))}
    async with house(plays, entries={"first": {"timeouts": {"idle_s": 0.05}}}) as home:
        with pytest.raises(httpx.RemoteProtocolError):
            await home.http.post("/v1/audio/speech", json=SPEECH)
        record = await home.record()
        assert (record.stage, record.status) == (Stage.CUT, 200)
        assert record.error in {"upstream_truncated", "upstream_timeout"}
        assert not plays["second"].seen
        assert home.nothing_in_flight()


async def test_more_in_flight_than_the_limit_is_a_503() -> None:
    first = Service(hanging(b"1"))
    one = {"limits": {"max_in_flight": 1}}
    async with house({"first": first}, settings=one) as home, home.http.stream("GET", "/v1/files"):
        refused = await home.http.get("/v1/files")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")


# ── what streams, and who leaves ─────────────────────────────────────────────────────────────────────────────────────


async def test_events_are_relayed_as_they_come() -> None:
    said, go_on = b'data: {"type":"speech.audio.delta","audio":"AAAA"}\n\n', asyncio.Event()

    async def speak(exchange: Exchange) -> None:
        exchange.start(200, [(b"content-type", b"text/event-stream")])
        exchange.write(said)
        await go_on.wait()
        exchange.finish(b"data: [DONE]\n\n")

    async with house({"first": Service(speak)}) as home:
        async with home.http.stream("POST", "/v1/audio/speech", json=SPEECH) as response:
            pieces = response.aiter_raw()
            assert await anext(pieces) == said
            go_on.set()
            assert b"".join([piece async for piece in pieces]) == b"data: [DONE]\n\n"
        record = await home.record()
        assert (record.stage, record.stream) == (Stage.DONE, True)


def unchanged_for() -> Generator[int, int, None]:
    """Takes a number in, and gives back how often in a row it was the same."""
    last, times = -1, 0
    while True:
        number = yield times
        last, times = number, times + 1 if number == last else 0


async def test_a_slow_reader_slows_its_own_provider() -> None:
    written = 0

    async def flood(exchange: Exchange) -> None:
        nonlocal written
        exchange.start(200, [(b"content-type", b"audio/wav")])
        for _ in range(400):
            exchange.write(bytes(100_000))
            written += 100_000
            await exchange.drain()
        exchange.finish()

    standing_still = unchanged_for()
    next(standing_still)
    first = Service(flood)
    plays = {"first": first, "quick": Service(reply(200, b"2"))}
    async with house(plays) as home, home.http.stream("POST", "/v1/audio/speech", json=SPEECH) as slow:
        assert (await home.http.get("/v1/files", headers={"x-provider": "quick"})).content == b"2"
        await until(lambda: standing_still.send(written) >= 50)
        assert written < 40_000_000
        assert sum([len(piece) async for piece in slow.aiter_raw()]) == 40_000_000


@asynccontextmanager
async def caller(
    address: tuple[str, int], body: bytes, length: int | None = None
) -> AsyncIterator[asyncio.StreamWriter]:
    """A raw connection that has sent its request, or as much of it as `body` is."""
    _, writer = await asyncio.open_connection(*address)
    head = "POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {length or len(body)}\r\n\r\n".encode() + body)
    try:
        yield writer
    finally:
        writer.close()


LEAVING: Mapping[str, tuple[Script, int]] = {
    "before the head": (hanging(), 0),
    "before the first byte": (hanging(b""), 0),
    "in the middle": (hanging(b"some"), 200),
}


@pytest.mark.parametrize(("script", "status"), LEAVING.values(), ids=LEAVING.keys())
async def test_a_caller_who_leaves_is_forgotten_at_once(script: Script, status: int) -> None:
    plays = {"first": Service(script), "second": Service(reply(200, WAVE))}
    async with house(plays) as home, caller(home.gateway.address, json.dumps(SPEECH).encode()) as writer:
        first, runtime = plays["first"], home.gateway.runtime
        await until(lambda: bool(first.seen))
        if status:
            await until(lambda: any(trip.status for trip in runtime.running.values()))
        left_at = asyncio.get_running_loop().time()
        writer.transport.abort()
        await until(lambda: first.left_at is not None)
        assert first.left_at is not None
        assert first.left_at - left_at < CANCELLED_WITHIN_S
        record = await home.record()
        assert (record.stage, record.error, record.status) == (Stage.GONE, "client_gone", status)
        assert not plays["second"].seen
        assert home.nothing_in_flight()


async def test_a_caller_who_leaves_while_it_uploads_leaves_nothing_behind() -> None:
    first = Service(reply(200, WAVE))
    async with house({"first": first}) as home, caller(home.gateway.address, b"{", 1000) as writer:
        await until(lambda: bool(home.gateway.runtime.running))
        writer.transport.abort()
        assert (await home.record()).stage is Stage.GONE
        assert not first.seen
        assert home.nothing_in_flight()


async def test_shutting_down_breaks_off_what_is_under_way() -> None:
    first = Service(hanging(b"some"))
    async with house({"first": first}) as home, caller(home.gateway.address, json.dumps(SPEECH).encode()):
        await until(lambda: any(trip.status for trip in home.gateway.runtime.running.values()))
        await home.gateway.drain(0)
        record = await home.record()
        assert (record.stage, record.error) == (Stage.CUT, "overloaded")
        assert home.nothing_in_flight()
