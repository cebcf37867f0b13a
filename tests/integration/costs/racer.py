"""One gateway of several that race for a dollar: a process of its own. Says what it was granted and what it spent.

`python racer.py URL GATEWAY CALLS COST`, then a line on its standard input starts the race.
"""

import asyncio
import json
import random
import sys
from collections.abc import Callable

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
    await until(lambda: link.up)
    first = await ledger.reserve(claim(0, DOLLAR))
    assert isinstance(first, Hold)
    ledger.settle(first, None)
    running = asyncio.create_task(ledger.run(lambda: CALENDAR.at(TurnedClock().wall())))  # noqa: TID251
    await until(lambda: EVERYBODY in ledger._promises)
    say("ready")
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
    say("raced", json.dumps({"spent": sum(spent), "granted": len(spent) - 1}))
    await asyncio.to_thread(sys.stdin.readline)
    await until(lambda: not ledger._waiting and ledger._sending is None)
    say("told")
    running.cancel()
    watching.cancel()


async def until(so: Callable[[], bool]) -> None:
    """Look again and again, for as long as whoever started us has patience."""
    while not so():  # noqa: ASYNC110 - nobody says when
        await asyncio.sleep(0.01)


def say(*words: str) -> None:
    """To whoever started us."""
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    url, gateway, calls, cost = sys.argv[1:]
    asyncio.run(race(url, gateway, int(calls), int(cost)))
