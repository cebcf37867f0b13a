"""One world for all contract tests, on the loop that the program chooses: each cell costs a few asks and no start."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import pytest_asyncio
import uvloop

from tests.contract.callers.anthropic import Anthropic
from tests.contract.callers.base import Caller, Door
from tests.contract.callers.google import Google
from tests.contract.callers.ollama import Ollama
from tests.contract.callers.openai_chat import OpenAIChat
from tests.contract.callers.openai_responses import OpenAIResponses
from tests.contract.matrix import Matrix
from tests.contract.names import CALLER_NAMES
from tests.contract.stage import World, world

pytest.register_assert_rewrite("tests.contract.features")

LoopFactory = Callable[[], asyncio.AbstractEventLoop]

KEY = "the-callers-key"
NARROW = {"limits": {"max_in_flight": 1, "max_body_mb": 0.05}}


def pytest_asyncio_loop_factories() -> Mapping[str, LoopFactory]:
    """The hook by which pytest-asyncio learns what to run each test on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def matrix() -> AsyncIterator[Matrix]:
    """Every official client at the doors of two gateways, and what was found out so far."""
    async with AsyncExitStack() as stack:
        open_world = await stack.enter_async_context(world())
        guarded = await stack.enter_async_context(world(key=KEY, settings=NARROW))
        callers = await stack.enter_async_context(callers_at(open_world, "any-key"))
        guests = await stack.enter_async_context(callers_at(guarded, KEY))
        strangers = await stack.enter_async_context(callers_at(guarded, "another-key"))
        yield Matrix(open_world, guarded, callers, guests, strangers)


@asynccontextmanager
async def callers_at(at: World, key: str) -> AsyncIterator[Mapping[str, Caller]]:
    """All clients, each at a door of its own."""
    makers: tuple[Callable[[Door], Caller], ...] = (OpenAIChat, OpenAIResponses, Anthropic, Google, Ollama)
    callers = {name: make(Door(at.url, key)) for name, make in zip(CALLER_NAMES, makers, strict=True)}
    try:
        yield callers
    finally:
        for caller in callers.values():
            await caller.close()
