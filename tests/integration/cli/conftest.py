"""The gateway runs on the loop that the program chooses."""

import asyncio
from collections.abc import Callable, Mapping

import uvloop

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def pytest_asyncio_loop_factories() -> Mapping[str, LoopFactory]:
    """The hook by which pytest-asyncio learns what to run each test on."""
    return {"uvloop": uvloop.new_event_loop}
