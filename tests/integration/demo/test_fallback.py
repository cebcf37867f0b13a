"""The demo's promise: a provider that dies in the middle of the evening costs nobody an answer."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType

import openai
import pytest

from ai_dashboard.config.load import Config, Loaded
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.snapshot import HostView
from ai_dashboard.demo.stage import DemoStage
from ai_dashboard.gateway.gateway import Gateway, Options

Staged = Callable[..., AbstractAsyncContextManager[DemoStage]]


@pytest.fixture
async def stage(staged: Staged) -> AsyncIterator[DemoStage]:
    async with staged() as stage:
        yield stage


@pytest.fixture
async def client(stage: DemoStage) -> AsyncIterator[openai.AsyncOpenAI]:
    """The official client, pointed at a gateway in front of the stage."""
    providers = ProvidersFile.model_validate({"providers": stage.provider_entries()}).providers
    mappings = Mappings.model_validate(stage.mapping_entries())
    loaded = Loaded(Config(MappingProxyType(providers), mappings, GatewaySettings(), "simulated"), (), None)
    options = Options(port=0, simulated=True)
    async with Gateway(loaded, options, read_host=HostView, chance=random.Random(1)) as gateway:
        host, port = gateway.address
        async with openai.AsyncOpenAI(base_url=f"http://{host}:{port}/v1", api_key="none", max_retries=0) as client:
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
