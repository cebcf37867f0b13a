"""The ledger: reserve before a call, settle after it. This one is in memory, with a journal that outlives a restart.

A reservation is held until it is settled, at most for the length of a lease: who dies between the two does not keep the
money for ever. Reserving asks and takes in one step; nothing here waits while it does.
"""

import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from typing import NamedTuple, Protocol

from ai_dashboard.core.costs import Allowance
from ai_dashboard.core.data import dataclass
from ai_dashboard.costs.account import Account, Limit, Spent
from ai_dashboard.costs.apart import Promise
from ai_dashboard.costs.journal import Charge, Journal
from ai_dashboard.costs.windows import Moment
from ai_dashboard.state.beat import next_beat
from ai_dashboard.state.sqlite_writer import NotWritten

LOOK_S = 1.0
"""Seconds after which what others have spent is known here."""

NOTHING = Spent()


class Share(NamedTuple):
    """An account that a call is charged to, and what may be spent from it."""

    account: str
    allowance: Allowance


@dataclass(frozen=True, slots=True)
class Claim:
    """A call that is about to be made at `wall` (Unix time), which is `moment`. It may cost `amount`, and not more if
    `bounded`."""

    shares: tuple[Share, ...]
    amount: int
    bounded: bool
    moment: Moment
    wall: float


@dataclass(slots=True)
class Hold:
    """What is held for a call: `amount` in each account. `apart` are the promises that it was taken from, where nobody
    else could be asked."""

    id: str
    shares: tuple[Share, ...]
    amount: int
    moment: Moment
    settled: bool = False
    apart: tuple[Promise, ...] = ()


class Refused(NamedTuple):
    """The account whose limit a call does not fit into. `reserved` is what calls in flight may still cost."""

    account: str
    limit: Limit
    reserved: int


class Ledger(Protocol):
    """Where the books are kept. `limit` is the monthly budget that was set while it runs, if any."""

    @property
    def limit(self) -> int | None: ...

    def account(self, name: str) -> Account:
        """An account as it is known here, made when it is first asked for."""
        ...

    def accounts(self) -> Iterable[Account]:
        """All that are known here."""
        ...

    async def reserve(self, claim: Claim) -> Hold | Refused:
        """Hold what a call may cost, in all of its accounts or in none."""
        ...

    def settle(self, hold: Hold, charge: Charge | None) -> None:
        """Charge what it has cost, if anything is known of that, and let go of the rest. Once: a second time changes
        nothing."""
        ...

    async def lines(self, since: str) -> list[Charge]:
        """All that was charged since a day, hour by hour. Raises `NotWritten`."""
        ...

    async def set_limit(self, limit: int | None) -> None:
        """Set the monthly budget, or go back to the configuration's. Raises `NotWritten`."""
        ...

    async def look(self, moment: Moment) -> None:
        """Tell others what was spent here, and take over what they have spent."""
        ...

    async def run(self, now: Callable[[], Moment]) -> None:
        """Look again and again, until it is cancelled."""
        ...

    async def close(self) -> None:
        """Write what is not written yet."""
        ...


@dataclass(slots=True)
class MemoryLedger:
    """Of one gateway. A reservation lasts `lease_s`, which is as long as a call can last."""

    journal: Journal
    lease_s: float
    limit: int | None = None
    _accounts: dict[str, Account] = field(default_factory=dict)
    _held: OrderedDict[str, tuple[float, Hold]] = field(default_factory=OrderedDict)
    _meanwhile: list[tuple[Hold, int]] | None = None
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def account(self, name: str) -> Account:
        account = self._accounts.get(name)
        if account is None:
            account = self._accounts[name] = Account(name)
        return account

    def accounts(self) -> Iterable[Account]:
        return self._accounts.values()

    async def reserve(self, claim: Claim) -> Hold | Refused:
        self._let_go(claim.wall)
        amount, moment, touched = claim.amount, claim.moment, []
        for name, allowance in claim.shares:
            account = self._accounts.get(name) or self.account(name)
            touched.append(account)
            left = account.left(allowance, moment)
            if left is not None and not account.has_room(left, amount, bounded=claim.bounded):
                return Refused(name, account.tightest(allowance, moment), account.reserved)
        hold = Hold(str(next(self._ids)), claim.shares, amount, moment)
        for account in touched:
            account.reserved += amount
        self._held[hold.id] = claim.wall + self.lease_s, hold
        return hold

    def settle(self, hold: Hold, charge: Charge | None) -> None:
        if hold.settled:
            return
        hold.settled = True
        held = hold.amount if self._held.pop(hold.id, None) is not None else 0
        amount = charge[1].amount if charge is not None else 0
        for name, _ in hold.shares if held or amount else ():
            account = self._accounts.get(name) or self.account(name)
            account.reserved -= held
            if amount:
                account.charge(amount, hold.moment)
        if amount and self._meanwhile is not None:
            self._meanwhile.append((hold, amount))
        if charge is not None:
            self.journal.add(charge)

    async def lines(self, since: str) -> list[Charge]:
        return await self.journal.lines(since)

    async def set_limit(self, limit: int | None) -> None:
        await self.journal.set_limit(limit)
        self.limit = limit

    async def look(self, moment: Moment, *, patiently: bool = False) -> None:
        """Others are workers that write into the same journal. What is settled while it is read is not in its sums."""
        self._meanwhile = []
        try:
            books = await self.journal.news(moment, patiently=patiently)
            if books is not None:
                self.limit = books.limit
                for name in {*self._accounts, *books.sums}:
                    self.account(name).put(books.sums.get(name, NOTHING), moment)
                for hold, amount in self._meanwhile:
                    for name, _ in hold.shares:
                        self.account(name).charge(amount, hold.moment)
        except NotWritten:
            pass  # the journal says so itself; until it can be read again, what is known here counts
        finally:
            self._meanwhile = None

    async def run(self, now: Callable[[], Moment]) -> None:
        while True:
            await self.look(now(), patiently=True)
            await next_beat(LOOK_S)

    async def close(self) -> None:
        await self.journal.close()

    def _let_go(self, wall: float) -> None:
        """Of those whose lease is over, the oldest of which come first."""
        while self._held:
            expires, hold = next(iter(self._held.values()))
            if expires > wall:
                return
            self._free(hold)

    def _free(self, hold: Hold) -> None:
        if self._held.pop(hold.id, None) is not None:
            for name, _ in hold.shares:
                self.account(name).reserved -= hold.amount
