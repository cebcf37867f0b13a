"""The beat that all who look now and then share: those who wait for the same moment are woken together, once."""

import asyncio
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")

BEAT_S = 0.25
"""The shortest that anybody waits for."""

SHORTEST_S = 0.001
"""A beat that is nearer than this has begun already: loops count in milliseconds."""


async def next_beat(period_s: float) -> None:
    """Sleep until the loop's time is a multiple of `period_s`: for as long at most."""
    left_s = period_s - asyncio.get_running_loop().time() % period_s
    await asyncio.sleep(left_s if left_s >= SHORTEST_S else left_s + period_s)


async def heard(answer: "Future[T]", *, patiently: bool) -> T:
    """What a thread answers: the moment it is there, or with the next beat, so that nobody is woken for it alone.
    Raises what the thread's work did."""
    if not patiently:
        return await asyncio.wrap_future(answer)
    while not answer.done():
        await next_beat(BEAT_S)
    return answer.result()
