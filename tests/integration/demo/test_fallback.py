"""The demo's promise: a provider that dies in mid-evening, or fails as it was told, costs nobody an answer.

Faults behind the first content are the exception: what was relayed cannot be taken back, and the caller is told.
"""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from types import MappingProxyType

import openai
import pytest
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from ai_dashboard.config.load import Config, Loaded
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.clock import Clock
from ai_dashboard.core.snapshot import HostView
from ai_dashboard.demo.catalogue import PROVIDERS, FaultRates
from ai_dashboard.demo.faults import read_faults
from ai_dashboard.demo.server import Sleep
from ai_dashboard.demo.stage import DemoStage
from ai_dashboard.gateway.gateway import Gateway, Options

Staged = Callable[..., AbstractAsyncContextManager[DemoStage]]


@pytest.fixture
async def stage(staged: Staged) -> AsyncIterator[DemoStage]:
    async with staged() as stage:
        yield stage


@asynccontextmanager
async def in_front_of(stage: DemoStage) -> AsyncIterator[openai.AsyncOpenAI]:
    """A gateway before a stage, and the official client at its door."""
    providers = ProvidersFile.model_validate({"providers": stage.provider_entries()}).providers
    mappings = Mappings.model_validate(stage.mapping_entries())
    loaded = Loaded(Config(MappingProxyType(providers), mappings, GatewaySettings(), "simulated"), (), None)
    options = Options(port=0, simulated=True)
    async with Gateway(loaded, options, read_host=HostView, chance=random.Random(1)) as gateway:
        host, port = gateway.address
        async with openai.AsyncOpenAI(base_url=f"http://{host}:{port}/v1", api_key="none", max_retries=0) as client:
            yield client


@pytest.fixture
async def client(stage: DemoStage) -> AsyncIterator[openai.AsyncOpenAI]:
    async with in_front_of(stage) as client:
        yield client


@pytest.mark.parametrize(
    ("model", "first", "then"),
    [
        ("gpt-5-mini", "demo-cloud", "demo-vllm"),
        ("qwen3-32b", "demo-vllm", "demo-ollama"),
        ("llama3.1:8b", "demo-ollama", "demo-vllm"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_killing_a_provider_makes_the_next_request_fall_back(
    stage: DemoStage, client: openai.AsyncOpenAI, model: str, first: str, then: str, stream: bool
) -> None:
    for killed in (False, True):
        if killed:
            await stage.stop_provider(first)
        reply = await client.chat.completions.with_raw_response.create(
            model=model, messages=[{"role": "user", "content": "Good evening."}], stream=stream
        )
        answer = reply.parse()
        if isinstance(answer, openai.AsyncStream):
            text = "".join([chunk.choices[0].delta.content or "" async for chunk in answer if chunk.choices])
        else:
            text = answer.choices[0].message.content or ""
        assert text
        assert reply.headers["x-provider"] == (then if killed else first)
        assert reply.headers.get("x-fallback-from") == (first if killed else None)
        assert reply.headers["x-attempts"] == ("2" if killed else "1")


HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Good evening."}]


@pytest.fixture
def told(clock: Clock, sleep: Sleep) -> Callable[[str], DemoStage]:
    """A stage where nothing goes wrong but what is asked for."""
    cast = [replace(provider, faults=FaultRates()) for provider in PROVIDERS]

    def stage(text: str) -> DemoStage:
        faults = read_faults(text, [provider.name for provider in PROVIDERS])
        return DemoStage(1, providers=cast, clock=clock, sleep=sleep, faults=faults)

    return stage


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    ("fault", "answers"),
    [
        *((fault, "demo-vllm") for fault in ("slow", "slowheaders", "nousage", "dupfinish")),
        *((fault, "other") for fault in ("refuse", "429=7", "500", "503", "html", "error200", "empty")),
        *((fault, "other") for fault in ("cut@0", "stall@0", "reset@0", "garbage@0")),
    ],
)
async def test_a_provider_that_fails_as_it_was_told_costs_nobody_an_answer(
    told: Callable[[str], DemoStage], fault: str, answers: str, stream: bool
) -> None:
    async with told(f"{fault}@demo-vllm") as stage, in_front_of(stage) as client:
        reply = await client.chat.completions.with_raw_response.create(model="qwen3-32b", messages=HELLO, stream=stream)
        answer = reply.parse()
        if isinstance(answer, openai.AsyncStream):
            chunks = [chunk async for chunk in answer]
            text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        else:
            text = answer.choices[0].message.content or ""
        assert "simulated" in text
        assert (reply.headers["x-provider"] == "demo-vllm") is (answers == "demo-vllm")


@pytest.mark.parametrize("fault", ["cut@3", "stall@3", "reset@3"])
async def test_what_breaks_off_after_its_first_words_is_said_to_have(
    told: Callable[[str], DemoStage], fault: str
) -> None:
    async with told(f"{fault}@demo-vllm") as stage, in_front_of(stage) as client:
        words: list[str] = []
        with pytest.raises(openai.APIError):
            await listen(await client.chat.completions.create(model="qwen3-32b", messages=HELLO, stream=True), words)
        assert len(words) == 3


async def listen(stream: openai.AsyncStream[ChatCompletionChunk], words: list[str]) -> None:
    """Note every word of a stream, as far as it goes."""
    async for chunk in stream:
        words += [choice.delta.content for choice in chunk.choices if choice.delta.content]
