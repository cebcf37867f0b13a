"""A request's body as its two sides see it."""

import asyncio

import pytest

from ai_dashboard.core.errors import BodyTimeout
from ai_dashboard.transport.http1.body import Body


async def test_read_waits_for_the_end_and_joins() -> None:
    body = Body()
    async with asyncio.TaskGroup() as tasks:
        reader = tasks.create_task(body.read())
        await asyncio.sleep(0)
        body.feed(b"ab")
        await asyncio.sleep(0)
        assert not reader.done()
        body.feed(b"c")
        body.end()
    assert (reader.result(), body.size) == (b"abc", 3)


async def test_a_failure_replaces_what_had_arrived() -> None:
    body = Body()
    body.feed(b"ab")
    body.fail(BodyTimeout("late"))
    with pytest.raises(BodyTimeout, match="late"):
        await body.read()
