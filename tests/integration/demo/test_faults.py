"""Faults that were asked for, as a caller in each of the dialects sees them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from ai_dashboard.config.schema import ProvidersFile
from ai_dashboard.core.clock import Clock
from ai_dashboard.demo.catalogue import PROVIDERS, FaultRates
from ai_dashboard.demo.faults import read_faults
from ai_dashboard.demo.server import NOISE, PAGE, STALL_S, Sleep
from ai_dashboard.demo.stage import DemoStage

Stage = Callable[[str], DemoStage]
QUESTION = "How do pools work?"
MESSAGES = [{"role": "user", "content": QUESTION}]
CAST = [replace(provider, faults=FaultRates()) for provider in PROVIDERS]


@dataclass(frozen=True)
class Dialect:
    """How a simulated provider is asked for a whole answer and for a stream, and what its events say."""

    provider: str
    whole: str
    stream: str
    body: dict[str, Any]
    stream_body: dict[str, Any]
    text: Callable[[Any], str]
    ends: Callable[[Any], bool]
    usage: str

    def events(self, data: bytes) -> list[Any]:
        """The JSON of a stream, without what is none."""
        found = []
        for line in data.split(b"\n"):
            try:
                found.append(json.loads(line.removeprefix(b"data: ")))
            except ValueError:
                continue
        return found

    def pieces(self, data: bytes) -> list[str]:
        """The pieces of the answer in a stream."""
        return [text for event in self.events(data) if (text := self.text(event))]


def _first(holder: dict[str, Any], name: str) -> dict[str, Any]:
    return next(iter(holder.get(name) or ()), {})


DIALECTS = {
    "openai": Dialect(
        "demo-vllm",
        "/chat/completions",
        "/chat/completions",
        {"model": "qwen3-32b", "messages": MESSAGES},
        {"stream": True, "stream_options": {"include_usage": True}},
        lambda event: _first(event, "choices").get("delta", {}).get("content") or "",
        lambda event: bool(_first(event, "choices").get("finish_reason")),
        "usage",
    ),
    "anthropic": Dialect(
        "demo-claude",
        "/v1/messages",
        "/v1/messages",
        {"model": "claude-sonnet-5-5", "max_tokens": 500, "messages": MESSAGES},
        {"stream": True},
        lambda event: event.get("delta", {}).get("text", ""),
        lambda event: event["type"] == "message_stop",
        "usage",
    ),
    "google": Dialect(
        "demo-gemini",
        "/v1beta/models/gemini-2.5-flash:generateContent",
        "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        {"contents": [{"role": "user", "parts": [{"text": QUESTION}]}]},
        {},
        lambda event: "".join(part["text"] for part in _first(event, "candidates")["content"]["parts"]),
        lambda event: "finishReason" in _first(event, "candidates"),
        "usageMetadata",
    ),
    "ollama": Dialect(
        "demo-ollama",
        "/api/chat",
        "/api/chat",
        {"model": "llama3.1:8b", "messages": MESSAGES, "stream": False},
        {"stream": True},
        lambda event: str(event["message"]["content"]),
        lambda event: event["done"] is True,
        "eval_count",
    ),
}
EVERY = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS.keys())


@pytest.fixture
def told(clock: Clock, sleep: Sleep) -> Stage:
    """A stage whose providers fail only as they are told to."""

    def stage(text: str) -> DemoStage:
        faults = read_faults(text, [provider.name for provider in PROVIDERS]) if text else ()
        return DemoStage(1, providers=CAST, clock=clock, sleep=sleep, faults=faults)

    return stage


@asynccontextmanager
async def calling(stage: DemoStage, provider: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who asks one provider of a stage."""
    address = str(stage.provider_entries()[provider]["base_url"])
    headers = {"anthropic-version": "2023-06-01"}
    async with httpx.AsyncClient(base_url=address, headers=headers, trust_env=False) as client:
        yield client


async def ask(stage: DemoStage, dialect: Dialect, **more: object) -> httpx.Response:
    async with calling(stage, dialect.provider) as client:
        return await client.post(dialect.whole, json=dialect.body | more)


async def stream(stage: DemoStage, dialect: Dialect) -> tuple[bytes, httpx.TransportError | None]:
    """A stream as far as it goes, and what ended it before its end."""
    async with (
        calling(stage, dialect.provider) as client,
        client.stream("POST", dialect.stream, json=dialect.body | dialect.stream_body) as reply,
    ):
        assert (reply.status_code, reply.headers["x-simulated"]) == (200, "1")
        got = b""
        try:
            async for piece in reply.aiter_raw():
                got += piece
        except httpx.TransportError as error:
            return got, error
        return got, None


@EVERY
@pytest.mark.parametrize(
    ("text", "failure"),
    [("cut@3", httpx.RemoteProtocolError), ("stall@3", httpx.RemoteProtocolError), ("reset@3", httpx.ReadError)],
)
async def test_a_stream_breaks_off_where_it_was_told_to(
    told: Stage, slept: Sequence[float], dialect: Dialect, text: str, failure: type[httpx.TransportError]
) -> None:
    async with told(text) as stage:
        got, error = await stream(stage, dialect)
    assert type(error) is failure
    assert len(dialect.pieces(got)) == 3
    assert not any(dialect.ends(event) for event in dialect.events(got))
    assert (slept[-1] == STALL_S) is text.startswith("stall")


@EVERY
async def test_a_break_before_the_first_piece_leaves_the_head_of_a_stream(told: Stage, dialect: Dialect) -> None:
    async with told("cut@0") as stage:
        got, error = await stream(stage, dialect)
    assert isinstance(error, httpx.RemoteProtocolError)
    assert dialect.pieces(got) == []


@EVERY
async def test_an_answer_that_is_over_too_soon_breaks_before_it_says_so(told: Stage, dialect: Dialect) -> None:
    async with told("") as stage:
        whole, _ = await stream(stage, dialect)
    async with told("cut@999999") as stage:
        got, error = await stream(stage, dialect)
    assert isinstance(error, httpx.RemoteProtocolError)
    assert dialect.pieces(got) == dialect.pieces(whole)
    assert not any(dialect.ends(event) for event in dialect.events(got))


@EVERY
@pytest.mark.parametrize("text", ["cut", "stall", "reset"])
async def test_an_answer_in_one_piece_that_breaks_off_has_not_even_a_head(
    told: Stage, dialect: Dialect, text: str
) -> None:
    async with told(text) as stage:
        with pytest.raises(httpx.TransportError):
            await ask(stage, dialect)


@EVERY
async def test_noise_in_a_stream_comes_after_its_pieces_and_is_the_last_of_it(told: Stage, dialect: Dialect) -> None:
    async with told("garbage@2") as stage:
        got, error = await stream(stage, dialect)
    assert error is None
    assert got.endswith(NOISE)
    assert len(dialect.pieces(got)) == 2


@EVERY
async def test_noise_for_an_answer_is_no_json(told: Stage, dialect: Dialect) -> None:
    async with told("garbage") as stage:
        reply = await ask(stage, dialect)
    assert (reply.status_code, reply.content, reply.headers["x-simulated"]) == (200, NOISE, "1")


@EVERY
@pytest.mark.parametrize(("text", "status"), [("429=7", 429), ("500", 500), ("503", 503), ("error200", 200)])
async def test_errors_have_the_form_of_the_dialect(told: Stage, dialect: Dialect, text: str, status: int) -> None:
    async with told(text) as stage:
        reply = await ask(stage, dialect)
    assert (reply.status_code, reply.headers.get("retry-after")) == (status, "7" if status == 429 else None)
    error = reply.json()["error"]
    assert (error if isinstance(error, str) else error["message"]).startswith("Simulated ")
    assert reply.headers["x-simulated"] == "1"


@EVERY
async def test_a_page_comes_in_place_of_a_stream(told: Stage, dialect: Dialect) -> None:
    async with told("html") as stage:
        reply = await ask(stage, dialect, **dialect.stream_body)
    assert (reply.status_code, reply.content) == (200, PAGE)
    assert reply.headers["content-type"] == "text/html; charset=utf-8"


EMPTY: dict[str, Callable[[dict[str, Any]], object]] = {
    "demo-vllm": lambda reply: reply["choices"],
    "demo-claude": lambda reply: reply["content"],
    "demo-gemini": lambda reply: reply["candidates"][0]["content"]["parts"],
    "demo-ollama": lambda reply: reply["message"]["content"],
}


@EVERY
async def test_a_reply_without_an_answer_looks_well_apart_from_that(told: Stage, dialect: Dialect) -> None:
    async with told("empty") as stage:
        reply = await ask(stage, dialect)
        got, error = await stream(stage, dialect)
    assert reply.status_code == 200
    assert not EMPTY[dialect.provider](reply.json())
    assert error is None
    assert dialect.pieces(got) == []
    assert [dialect.ends(event) for event in dialect.events(got)].count(True) == 1


@EVERY
async def test_nobody_counts_tokens_when_told_not_to(told: Stage, dialect: Dialect) -> None:
    for text, counted in (("", True), ("nousage", False)):
        async with told(text) as stage:
            reply = await ask(stage, dialect)
            got, error = await stream(stage, dialect)
        assert error is None
        assert (f'"{dialect.usage}"' in reply.text) is counted
        assert (f'"{dialect.usage}"'.encode() in got) is counted


@EVERY
async def test_a_stream_that_finishes_twice_says_the_same_before(told: Stage, dialect: Dialect) -> None:
    said = []
    for text, times in (("", 1), ("dupfinish", 2)):
        async with told(text) as stage:
            got, error = await stream(stage, dialect)
        assert error is None
        assert [dialect.ends(event) for event in dialect.events(got)].count(True) == times
        said.append(dialect.pieces(got))
    assert said[0] == said[1]


@EVERY
async def test_a_slow_answer_waits_behind_its_head_and_a_slow_head_before_it(
    told: Stage, slept: Sequence[float], dialect: Dialect
) -> None:
    for text, waits in (("slow=77s", [77.0]), ("slowheaders=77s", [])):
        before = len(slept)
        async with told(text) as stage:
            got, error = await stream(stage, dialect)
        assert error is None
        assert dialect.pieces(got)
        assert [seconds for seconds in slept[before:] if seconds == 77.0] == waits
        assert sum(slept[before:]) > 77


EMBEDDINGS = {
    "demo-vllm": ("/embeddings", {"model": "nomic-embed-text", "input": "Hello"}),
    "demo-ollama": ("/api/embed", {"model": "nomic-embed-text", "input": "Hello"}),
    "demo-gemini": (
        "/v1beta/models/gemini-embedding-001:embedContent",
        {"content": {"parts": [{"text": "Hello"}]}},
    ),
}


@pytest.mark.parametrize(("provider", "asking"), EMBEDDINGS.items(), ids=EMBEDDINGS.keys())
async def test_vectors_fail_as_answers_do(told: Stage, provider: str, asking: tuple[str, dict[str, Any]]) -> None:
    path, body = asking
    for text, content in (("html", PAGE), ("garbage", NOISE)):
        async with told(text) as stage, calling(stage, provider) as client:
            assert (await client.post(path, json=body)).content == content
    async with told("cut") as stage, calling(stage, provider) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(path, json=body)
    async with told("empty") as stage, calling(stage, provider) as client:
        reply = await client.post(path, json=body)
        assert reply.status_code == 200
        assert "[0." not in reply.text


async def test_a_fault_is_for_the_provider_that_it_names(told: Stage) -> None:
    async with told("503@demo-claude") as stage:
        statuses = {name: (await ask(stage, dialect)).status_code for name, dialect in DIALECTS.items()}
    assert statuses == {"openai": 200, "anthropic": 503, "google": 200, "ollama": 200}


async def test_the_same_seed_strikes_the_same_requests(told: Stage) -> None:
    async def story() -> list[int]:
        async with told("500:50%") as stage:
            return [(await ask(stage, DIALECTS["openai"])).status_code for _ in range(12)]

    first = await story()
    assert set(first) == {200, 500}
    assert await story() == first


async def test_lists_of_models_are_spared(told: Stage) -> None:
    async with told("500,cut@0,slow=77s") as stage, calling(stage, "demo-vllm") as client:
        assert (await client.get("/models")).status_code == 200


async def test_a_provider_that_refuses_has_a_port_at_which_nobody_listens(told: Stage) -> None:
    async with told("refuse@demo-vllm") as stage:
        for provider in ("demo-vllm", "demo-cloud"):
            async with calling(stage, provider) as client:
                if provider == "demo-cloud":
                    assert (await client.get("/models")).status_code == 200
                    continue
                with pytest.raises(httpx.ConnectError):
                    await client.get("/models")
        await stage.start_provider("demo-vllm")
        async with calling(stage, "demo-vllm") as client:
            assert (await client.get("/models")).status_code == 200


class Beat:
    """Waits that last until the test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, asyncio.Future[None]]] = []
        self.arrived = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((seconds, over))
        self.arrived.set()
        await over

    def over(self) -> None:
        """End the wait that there is."""
        self.arrived.clear()
        self.waiting.pop()[1].set_result(None)

    async def next(self) -> None:
        """End the wait that there is, and return at the next one."""
        self.over()
        await self.arrived.wait()


async def test_a_port_that_flaps_is_open_and_closed_by_turns(clock: Clock) -> None:
    beat = Beat()
    faults = read_faults("flap=20s@demo-vllm,flap=3s@demo-vllm", ["demo-vllm"])
    async with (
        DemoStage(1, providers=CAST, clock=clock, sleep=beat.sleep, faults=faults) as stage,
        asyncio.TaskGroup() as group,
        calling(stage, "demo-vllm") as client,
    ):
        flapping = group.create_task(stage.flap())
        await beat.arrived.wait()
        for _ in range(2):
            assert [seconds for seconds, _ in beat.waiting] == [10.0]
            assert (await client.get("/models")).status_code == 200
            await beat.next()
            with pytest.raises(httpx.ConnectError):
                await client.get("/models")
            await beat.next()
        flapping.cancel()


@pytest.mark.parametrize("turns", range(1, 8))
@pytest.mark.parametrize("closed", [False, True], ids=["while it closes", "while it opens"])
async def test_a_port_that_is_stopped_in_mid_flap_is_open_or_closed_and_leaves_nobody_behind(
    clock: Clock, closed: bool, turns: int
) -> None:
    tasks = asyncio.all_tasks()
    beat = Beat()
    faults = read_faults("flap@demo-vllm", ["demo-vllm"])
    async with (
        DemoStage(1, providers=CAST, clock=clock, sleep=beat.sleep, faults=faults) as stage,
        asyncio.TaskGroup() as group,
        calling(stage, "demo-vllm") as client,
    ):
        flapping = group.create_task(stage.flap())
        await beat.arrived.wait()
        assert (await client.get("/models")).status_code == 200
        if closed:
            await beat.next()
        beat.over()
        for _ in range(turns):
            await asyncio.sleep(0)
        flapping.cancel()
    assert asyncio.all_tasks() == tasks


async def test_without_faults_of_the_port_nothing_flaps(told: Stage) -> None:
    async with told("cut@3") as stage:
        await stage.flap()


async def test_what_was_asked_for_is_in_the_configuration(told: Stage) -> None:
    async with told("cut@3,slow@demo-vllm") as stage:
        entries = stage.provider_entries()
    features = {name: entry["features"] for name, entry in entries.items()}
    assert features["demo-vllm"] == {"simulated": True, "faults": "cut@3,slow=5s@demo-vllm"}
    assert features["demo-cloud"] == {"simulated": True, "faults": "cut@3"}
    ProvidersFile.model_validate({"providers": entries})
