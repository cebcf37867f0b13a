"""One gateway of several that race for a dollar: a process of its own. Says what it was granted and what it spent.

`python racer.py URL GATEWAY CALLS COST`, then a line on its standard input starts the race.
"""

import asyncio
import json
import random
import sys

from ai_dashboard.core.costs import DOLLAR
from ai_dashboard.costs.account import EVERYBODY
from ai_dashboard.costs.ledger import Hold
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.state.link import Link
from tests.integration.costs.books import CALENDAR, TurnedClock, claim, pay, redis_ledger


async def race(url: str, gateway: str, calls: int, cost: int) -> None:
    """Calls that take a moment each, side by side, while the books are kept beside them."""
    chance = random.Random(gateway)
    link = Link(url, clock=SystemClock(), chance=chance, call_s=1.0)
    watching = asyncio.create_task(link.watch())  # noqa: TID251 - it ends with the process
    ledger = redis_ledger(link, gateway, TurnedClock())
    while not link.up:
        await asyncio.sleep(0.01)
    ledger.settle(first := await granted(ledger.reserve(claim(0, DOLLAR))), None)
    assert first.settled
    running = asyncio.create_task(ledger.run(lambda: CALENDAR.at(TurnedClock().wall())))  # noqa: TID251
    while ledger.account(EVERYBODY).name not in ledger._promises:
        await asyncio.sleep(0.01)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    spent = [0]

    async def call() -> None:
        await asyncio.sleep(chance.random() / 2)
        hold = await ledger.reserve(claim(cost, DOLLAR))
        if isinstance(hold, Hold):
            await asyncio.sleep(chance.random() / 5)
            spent.append(chance.randrange(cost // 2, cost + 1))
            pay(ledger, hold, spent[-1])

    await asyncio.gather(*(call() for _ in range(calls)))
    print("raced", json.dumps({"spent": sum(spent), "granted": len(spent) - 1}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    while ledger._waiting or ledger._sending is not None:
        await asyncio.sleep(0.01)
    print("told", flush=True)
    running.cancel()
    watching.cancel()


async def granted(asked: object) -> Hold:
    """What was asked for, which there must be enough for."""
    hold = await asked  # type: ignore[misc]
    assert isinstance(hold, Hold)
    return hold


if __name__ == "__main__":
    url, gateway, calls, cost = sys.argv[1:]
    asyncio.run(race(url, gateway, int(calls), int(cost)))
