"""One Valkey for all tests of the folder, and links to it."""

import random
from collections.abc import AsyncIterator, Iterator

import pytest

from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.state.link import Link
from tests.valkey import Valkey, valkey


@pytest.fixture(scope="session")
def queue_valkey() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


@pytest.fixture
async def link(queue_valkey: Valkey) -> AsyncIterator[Link]:
    link = Link(queue_valkey.url, clock=SystemClock(), chance=random.Random(1), call_s=2.0)
    assert await link.connect()
    await link.call("FLUSHALL")
    yield link
    await link.close()
