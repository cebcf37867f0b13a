"""Sends the demo's visitors to the gateway over a real socket, and takes whatever comes back.

Visitors are strangers to the gateway: they know its address and nothing else. A refusal, a broken reply or no gateway
at all is part of the evening, so nothing but cancellation ends it.
"""

import asyncio

import httpx

from ai_dashboard.demo.server import Sleep
from ai_dashboard.demo.visits import Visit, visits

AT_ONCE = 16
"""Visitors inside at any time; more wait at the door, so a slow gateway is not buried."""

PER_SECOND = 3.0

PATIENCE = httpx.Timeout(120.0, connect=5.0)
"""Seconds that a visitor waits for the next piece of an answer: longer than the gateway's own patience."""

USER_AGENT = "ai-dashboard-demo"


async def send_traffic(
    address: str, seed: int = 1, *, per_second: float = PER_SECOND, sleep: Sleep = asyncio.sleep
) -> None:
    """Visit the gateway at `address` (such as `http://127.0.0.1:4000`) until cancelled; then hang up at once."""
    door = asyncio.Semaphore(AT_ONCE)
    client = httpx.AsyncClient(
        base_url=address,
        headers={"user-agent": USER_AGENT},
        timeout=PATIENCE,
        trust_env=False,  # a proxy of the environment is for the world outside
    )
    async with client, asyncio.TaskGroup() as inside:
        for visit in visits(seed, per_second):
            await sleep(visit.pause_s)
            await door.acquire()
            inside.create_task(_visit(client, visit, door))


async def _visit(client: httpx.AsyncClient, visit: Visit, door: asyncio.Semaphore) -> None:
    """One visit, to the end of the answer or to the moment when the visitor has had enough."""
    try:
        async with client.stream("POST", "/v1/chat/completions", json=visit.body) as reply:
            pieces = 0
            async for _ in reply.aiter_raw():
                pieces += 1
                if pieces == visit.leaves_after:
                    return
    except httpx.HTTPError:
        return  # the gateway's own records tell what went wrong
    finally:
        door.release()
