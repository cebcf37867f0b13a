"""Ledgers for tests: both homes, a clock that stands still until it is turned, and calls to be paid for."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ai_dashboard.core.costs import Allowance, Receipt
from ai_dashboard.core.events import Usage
from ai_dashboard.costs.account import EVERYBODY
from ai_dashboard.costs.journal import Counts, Journal, MemoryJournal, line_of
from ai_dashboard.costs.ledger import Claim, Hold, Ledger, MemoryLedger, Refused, Share
from ai_dashboard.costs.redis_ledger import RedisLedger
from ai_dashboard.costs.windows import Calendar, Moment
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.state.link import Link

NOON = 1_795_262_400.0
"""2026-11-21, noon, UTC."""

LEASE_S = 600.0


@dataclass(slots=True)
class TurnedClock:
    """Stands still."""

    wall_s: float = NOON

    def wall(self) -> float:
        return self.wall_s

    def monotonic(self) -> float:
        return self.wall_s


CALENDAR = Calendar("UTC")


def claim(
    amount: int,
    limit: int | None = None,
    *,
    bounded: bool = True,
    wall: float = NOON,
    account: str = EVERYBODY,
    allowance: Allowance | None = None,
) -> Claim:
    """A call that may cost so much, out of an account with a limit for the month."""
    share = Share(account, allowance or Allowance(monthly=limit))
    return Claim((share,), amount, bounded, CALENDAR.at(wall), wall)


def receipt_of(amount: int | None, provider: str = "p", tenant: str = "") -> Receipt:
    return Receipt(
        NOON, provider, "m", tenant, "", "", Usage(100, 50), "file" if amount is not None else "unknown", amount
    )


def pay(ledger: Ledger, hold: Hold | Refused, amount: int) -> None:
    """Settle a call that was granted."""
    assert isinstance(hold, Hold)
    made = receipt_of(amount)
    ledger.settle(hold, (line_of(made, hold.moment), Counts.of(made)))


def moment(wall: float = NOON) -> Moment:
    return CALENDAR.at(wall)


@asynccontextmanager
async def linked(url: str) -> AsyncIterator[Link]:
    """A link that is asked once whether it is there, and waits longer than a busy machine makes it."""
    link = Link(url, clock=SystemClock(), chance=random.Random(1), call_s=5.0)
    assert await link.connect()
    try:
        yield link
    finally:
        await link.close()


def redis_ledger(
    link: Link, gateway: str = "g1", clock: TurnedClock | None = None, journal: Journal | None = None
) -> RedisLedger:
    return RedisLedger(link, gateway, journal or MemoryJournal(), clock or TurnedClock(), LEASE_S)


def memory_ledger() -> MemoryLedger:
    return MemoryLedger(MemoryJournal(), LEASE_S)


def journal_file(folder: Path) -> Path:
    return folder / "costs.sqlite"
