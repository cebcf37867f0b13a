"""The wall: whatever one of two providers does, the caller gets a whole right answer from the other one, or is told.

Every fault stands here once for a stream and once for a whole reply, and meets callers of the provider's own form,
whose answer passes through as it came, and of another form, for whom it is translated. What has been relayed of a
stream cannot be taken back: there an honest error event is the right end.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.core.snapshot import Health
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import (
    ANSWER,
    DONE,
    HELLO,
    JSON_TYPE,
    ROLE,
    SSE_TYPE,
    STOP,
    WHOLE,
    WORLD,
    House,
    Play,
    Script,
    closed_port,
    cut,
    hanging,
    house,
    playing,
    reply,
    stream,
    truncated,
    until,
)

SECRET = "sk-upstream-of-the-first-0001"
TEXT = "Hello wörld \u2028"
NOISE = b"data: \xff\xfe\x00 not JSON\n\n"
CHECKED = {"health": {"interval_s": 3600, "attempts": 1, "timeout_s": 0.2}}

# ── where a provider may be, and what it may say there ───────────────────────────────────────────────────────────────

Place = Callable[[], AbstractAsyncContextManager[Play | str]]
"""A provider's address, or the provider that listens there, for as long as a test takes."""


def says(script: Script) -> Place:
    """A provider that listens and answers like this."""

    @asynccontextmanager
    async def place() -> AsyncIterator[Play]:
        yield Play(script)

    return place


@asynccontextmanager
async def refusing() -> AsyncIterator[str]:
    with closed_port() as address:
        yield address


@asynccontextmanager
async def nameless() -> AsyncIterator[str]:
    yield "http://provider.invalid"


@asynccontextmanager
async def without_tls() -> AsyncIterator[str]:
    async with playing(Play(stream(ANSWER))) as play:
        yield play.address.replace("http://", "https://")


@asynccontextmanager
async def deaf() -> AsyncIterator[str]:
    """An address where nobody accepts and there is no room left to wait: the system drops what comes."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        for one in waiting:
            one.close()


def body(*pieces: bytes, then: Callable[[Exchange], None]) -> Script:
    """The beginning of a whole reply that promises more, and what happens then."""

    async def answer(exchange: Exchange) -> None:
        exchange.start(200, [JSON_TYPE], length=len(WHOLE))
        for piece in pieces:
            exchange.write(piece)
        await asyncio.sleep(0)
        then(exchange)
        await asyncio.Event().wait()

    return answer


def left_open(_exchange: Exchange) -> None:
    """And nothing more."""


async def as_asked(exchange: Exchange) -> None:
    """The other provider: well, and ready for both."""
    if json.loads(await exchange.body()).get("stream"):
        await stream(ROLE, HELLO, WORLD, STOP, DONE)(exchange)
    else:
        await reply(200, WHOLE)(exchange)


async def reset(exchange: Exchange) -> None:
    exchange.start(200, [SSE_TYPE])
    exchange.write(ROLE + HELLO)
    await asyncio.sleep(0)
    exchange.abort(reset=True)


# ── the faults ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Fault:
    """What the first provider does when asked for a stream and for a whole reply, and the code by which the record
    knows it. `late`: the stream fails after its content has begun. `patience` is how long it is waited for."""

    stream: Place
    whole: Place
    code: str
    whole_code: str = ""
    late: bool = False
    patience: dict[str, float] = field(default_factory=dict)


def both(place: Place, code: str, **patience: float) -> Fault:
    """A fault that does not care what it was asked for."""
    return Fault(place, place, code, patience=patience)


PAGE = reply(200, b"<!doctype html><p>Sign in", content_type=b"text/html")
ERROR = reply(200, b'{"error":{"message":"boom","type":"server_error"}}')
EMPTY = json.dumps({"id": "up-1", "object": "chat.completion", "choices": []}).encode()
OCTETS = reply(200, NOISE, content_type=b"application/octet-stream")

WALL = {
    "connection refused": both(refusing, "upstream_unreachable"),
    "DNS failure": both(nameless, "upstream_unreachable"),
    "TLS error": both(without_tls, "upstream_unreachable"),
    "connect timeout": both(deaf, "upstream_timeout", connect_s=0.2),
    "hang before the headers": both(says(hanging()), "upstream_timeout", first_token_s=0.1),
    "429": both(says(reply(429, b'{"error":{"message":"slow"}}', (b"retry-after", b"7"))), "upstream_rate_limited"),
    "500": both(says(reply(500, b'{"error":{"message":"boom"}}')), "upstream_error"),
    "503": both(says(reply(503, b'{"error":{"message":"full"}}')), "upstream_error"),
    "HTML under 200": both(says(PAGE), "upstream_invalid_reply"),
    "a JSON error under 200": both(says(ERROR), "upstream_invalid_reply"),
    "no choices": Fault(says(stream(ROLE, STOP, DONE)), says(reply(200, EMPTY)), "upstream_invalid_reply"),
    "truncated JSON": Fault(
        says(stream(ROLE, HELLO[:-12] + b"\n\n", STOP, DONE)), says(reply(200, WHOLE[:-12])), "upstream_invalid_reply"
    ),
    "cut before the first content": Fault(
        says(cut(ROLE)), says(body(then=lambda exchange: exchange.abort())), "upstream_truncated"
    ),
    "cut after content": Fault(says(cut(ROLE, HELLO)), says(truncated(WHOLE)), "upstream_truncated", late=True),
    "stall after content": Fault(
        says(hanging(ROLE, HELLO)),
        says(body(WHOLE[:40], then=left_open)),
        "upstream_timeout",
        late=True,
        patience={"idle_s": 0.1},
    ),
    "garbage": Fault(says(stream(ROLE, NOISE, HELLO, STOP, DONE)), says(OCTETS), "upstream_invalid_reply"),
}
"""The sixteen."""

MORE = {
    "another type of content": both(says(OCTETS), "upstream_invalid_reply"),
    "a reset after content": Fault(
        says(reset), says(body(WHOLE[:40], then=lambda exchange: exchange.abort(reset=True))), "upstream_truncated",
        late=True,
    ),
    "an end without the last event": Fault(
        says(stream(ROLE, HELLO)), says(reply(200, b"")), "upstream_truncated", "upstream_invalid_reply", late=True
    ),
    "noise and an end after content": Fault(
        says(stream(ROLE, HELLO, NOISE)), says(reply(200, WHOLE[:40] + NOISE)), "upstream_invalid_reply", late=True
    ),
    "noise amid the content": Fault(
        says(stream(ROLE, HELLO, NOISE, WORLD, STOP, DONE)), says(reply(200, NOISE + WHOLE)), "upstream_invalid_reply",
        late=True,
    ),
    "an error event after content": Fault(
        says(stream(ROLE, HELLO, b'data: {"error":{"message":"boom"}}\n\n')), says(ERROR), "upstream_invalid_reply",
        late=True,
    ),
}  # fmt: skip
"""Relatives of the last four."""

# ── the callers ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Caller:
    """How a dialect asks, and what it understands of the answer."""

    path: str
    more: dict[str, Any]
    whole_text: Callable[[dict[str, Any]], str]
    piece: Callable[[dict[str, Any]], str]
    is_end: Callable[[dict[str, Any]], bool]

    async def ask(self, home: House, *, streamed: bool) -> httpx.Response:
        messages = [{"role": "user", "content": "Hi"}]
        return await home.http.post(
            self.path, json={"model": "m", "messages": messages, "stream": streamed} | self.more
        )

    def events(self, response: httpx.Response) -> list[dict[str, Any]]:
        """The events of a stream; each of them has to be JSON."""
        data = [line.removeprefix("data: ") for line in response.text.split("\n") if line.startswith("data: ")]
        return [json.loads(one) for one in data if one != "[DONE]"]

    def text(self, response: httpx.Response, *, streamed: bool) -> str:
        if streamed:
            return "".join(map(self.piece, self.events(response)))
        return self.whole_text(response.json())


def _delta(event: dict[str, Any]) -> dict[str, Any]:
    choices = event.get("choices") or [{}]
    return dict(choices[0].get("delta") or {})


CALLERS = {
    "passed through": Caller(
        "/v1/chat/completions",
        {},
        lambda whole: str(whole["choices"][0]["message"]["content"]),
        lambda event: str(_delta(event).get("content") or ""),
        lambda event: bool(event.get("choices") and event["choices"][0].get("finish_reason")),
    ),
    "translated": Caller(
        "/v1/messages",
        {"max_tokens": 64},
        lambda whole: "".join(block["text"] for block in whole["content"]),
        lambda event: str(event.get("delta", {}).get("text", "")),
        lambda event: event["type"] == "message_stop",
    ),
}


@asynccontextmanager
async def two_providers(fault: Fault, place: Place) -> AsyncIterator[tuple[House, Play, Play | str]]:
    """A gateway that believes its first provider to be well, as it was a moment ago; nobody is left over behind it."""
    tasks = asyncio.all_tasks()
    async with place() as first:
        second = Play(as_asked)
        entry = {"api_key": SECRET, "timeouts": fault.patience}
        async with house({"first": first, "second": second}, settings=CHECKED, entries={"first": entry}) as home:
            runtime = home.gateway.runtime
            for name in ("first", "second"):
                await until(lambda name=name: runtime.provider(name).health is not Health.CHECKING)  # type: ignore[misc]
            runtime.check_passed("first", ("m",))
            yield home, second, first
    assert asyncio.all_tasks() == tasks


def say_nothing_of_the_first(response: httpx.Response, record: RequestRecord) -> None:
    """No key and no address reaches the caller, and no key the record."""
    said = f"{response.headers}{response.text}"
    assert SECRET not in said
    assert "127.0.0.1" not in said
    assert "provider.invalid" not in said
    assert SECRET not in repr(record)


def cases(*, late: bool | None = None) -> list[Any]:
    """Each fault with each caller; only those that come `late`, or only the others, when that is asked for."""
    found = []
    for name, fault in {**WALL, **MORE}.items():
        for who, caller in CALLERS.items():
            if late is None or fault.late is late:
                found.append(pytest.param(fault, caller, id=f"{name}, {who}"))
    return found


async def check_that_the_second_answers(fault: Fault, caller: Caller, *, streamed: bool) -> None:
    said = TEXT if streamed else "Hello"
    async with two_providers(fault, fault.stream if streamed else fault.whole) as (home, second, first):
        response = await caller.ask(home, streamed=streamed)
        assert response.status_code == 200
        assert caller.text(response, streamed=streamed) == said
        assert response.headers["x-provider"] == "second"
        assert response.headers["x-fallback-from"] == "first"
        assert response.headers["x-attempts"] == "2"
        assert "retry-after" not in response.headers
        if caller is CALLERS["passed through"]:
            assert response.content == (ANSWER if streamed else WHOLE)
        record = await home.record()
        assert (record.stage, record.status, record.error) == (Stage.DONE, 200, None)
        assert (record.provider, record.fallback_from) == ("second", "first")
        assert [(tried.provider, bool(tried.error)) for tried in record.attempts] == [
            ("first", True),
            ("second", False),
        ]
        assert record.attempts[0].message
        assert home.provider("first").last_error
        assert home.gateway.runtime.fallbacks == 1
        assert len(second.asked) == 1
        assert home.nothing_in_flight()
        say_nothing_of_the_first(response, record)
        if fault.patience and isinstance(first, Play):
            await until(lambda: first.left_at is not None)
        assert caller.text(await caller.ask(home, streamed=streamed), streamed=streamed) == said


@pytest.mark.parametrize(("fault", "caller"), cases())
async def test_a_whole_reply_that_fails_is_answered_by_the_other_provider(fault: Fault, caller: Caller) -> None:
    await check_that_the_second_answers(fault, caller, streamed=False)


@pytest.mark.parametrize(("fault", "caller"), cases(late=False))
async def test_a_stream_that_fails_in_time_is_answered_by_the_other_provider(fault: Fault, caller: Caller) -> None:
    await check_that_the_second_answers(fault, caller, streamed=True)


@pytest.mark.parametrize(("fault", "caller"), cases())
async def test_the_record_knows_what_was_wrong_with_a_whole_reply(fault: Fault, caller: Caller) -> None:
    async with two_providers(fault, fault.whole) as (home, _, _):
        await caller.ask(home, streamed=False)
        assert [tried.error for tried in (await home.record()).attempts] == [fault.whole_code or fault.code, None]


@pytest.mark.parametrize(("fault", "caller"), cases(late=False))
async def test_the_record_knows_what_was_wrong_with_a_stream(fault: Fault, caller: Caller) -> None:
    async with two_providers(fault, fault.stream) as (home, _, _):
        await caller.ask(home, streamed=True)
        assert [tried.error for tried in (await home.record()).attempts] == [fault.code, None]


@pytest.mark.parametrize(("fault", "caller"), cases(late=True))
async def test_a_stream_that_fails_too_late_ends_with_an_error_that_says_so(fault: Fault, caller: Caller) -> None:
    async with two_providers(fault, fault.stream) as (home, second, first):
        response = await caller.ask(home, streamed=True)
        events = caller.events(response)
        assert response.status_code == 200
        assert response.headers["x-provider"] == "first"
        assert "".join(map(caller.piece, events)) == "Hello"
        assert not any(map(caller.is_end, events))
        assert "[DONE]" not in response.text
        assert events[-1]["error"]["message"]
        assert [bool(event.get("error")) for event in events].count(True) == 1
        assert not second.asked
        record = await home.record()
        assert (record.stage, record.status, record.error) == (Stage.CUT, 200, fault.code)
        assert [(tried.provider, tried.error) for tried in record.attempts] == [("first", fault.code)]
        assert record.message
        assert home.provider("first").last_error
        assert home.nothing_in_flight()
        say_nothing_of_the_first(response, record)
        if fault.patience and isinstance(first, Play):
            await until(lambda: first.left_at is not None)
