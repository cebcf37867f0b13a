"""The ledger of several gateways, in a Redis that they share. One script reserves; settling waits for nobody, and is
done in batches, each of which counts once however often it has to be sent.

While Redis is away a gateway spends what was promised to it (see `apart.py`), and what it has settled meanwhile is
added when Redis is back. What is known of the accounts here is as old as the last answer.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field, replace

from ai_dashboard.core.clock import Clock
from ai_dashboard.core.costs import Allowance
from ai_dashboard.core.data import dataclass
from ai_dashboard.costs.account import Account, Spent
from ai_dashboard.costs.apart import PARTS, Promise, Wanted, fits, presumed
from ai_dashboard.costs.journal import Charge, Journal
from ai_dashboard.costs.ledger import LOOK_S, Claim, Hold, Refused, Share
from ai_dashboard.costs.redis_replies import (
    Item,
    day_keys,
    figures_in,
    integer,
    limits_of,
    line_charges,
    many,
    mapped,
    text,
    work_of,
)
from ai_dashboard.costs.redis_scripts import ADOPT, BEAT, KEEP_DAYS_S, KEYS, RESERVE, SETTLE, STALE
from ai_dashboard.costs.windows import Moment
from ai_dashboard.state.link import Link, LinkDown, Part, Reply, Script
from ai_dashboard.state.sqlite_writer import NotWritten

ALIVE_S = 5.0
"""A gateway that was not heard of for so long is gone, and what was promised to it is free."""

IN_USE_S = 60.0
"""Promises are asked for accounts from which something was wanted within so many seconds."""

GATHER_S = 0.02
"""How long the first call that is to be settled waits for others."""

BATCH = 200
"""Calls that are settled at one time: few enough for Redis to be done at once."""

LIMIT_FIELD = "limit"


@dataclass(frozen=True, slots=True)
class Batch:
    """What is settled under one number."""

    number: int
    items: tuple[Item, ...]


@dataclass(slots=True)
class Use:
    """When something was last wanted from an account, how much, and what may be spent from it."""

    allowance: Allowance
    at: float
    amount: int


@dataclass(slots=True)
class RedisLedger:
    """One gateway's hand on the shared books. `gateway` tells it from the others, and from itself before a restart.
    What `_accounts` say is what Redis has said last, and what is `_unsent` on top."""

    link: Link
    gateway: str
    journal: Journal
    clock: Clock
    lease_s: float
    limit: int | None = None
    _epoch: str = ""
    _gateways: int = 1
    _accounts: dict[str, Account] = field(default_factory=dict)
    _unsent: dict[str, Account] = field(default_factory=dict)
    _promises: dict[str, Promise] = field(default_factory=dict)
    _used: dict[str, Use] = field(default_factory=dict)
    _given_up: set[str] = field(default_factory=set)
    _waiting: deque[Item] = field(default_factory=deque)
    _sending: Batch | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _ids: Iterator[int] = field(default_factory=itertools.count)
    _something: asyncio.Event = field(default_factory=asyncio.Event)
    _talking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def account(self, name: str) -> Account:
        return _in(self._accounts, name)

    def accounts(self) -> Iterable[Account]:
        return self._accounts.values()

    # ── before a call ────────────────────────────────────────────────────────────────────────────────────────────

    async def reserve(self, claim: Claim) -> Hold | Refused:
        limited = [share for share in claim.shares if share.allowance.limited]
        if not limited:
            return Hold("", claim.shares, claim.amount, claim.moment)
        for name, allowance in limited:
            if name not in self._used:
                self._something.set()  # a promise for it is wanted soon
            self._used[name] = Use(allowance, claim.wall, claim.amount)
        hold = Hold(f"{self.gateway}:{next(self._ids)}", claim.shares, claim.amount, claim.moment)
        try:
            reply = await self._run(RESERVE, self._wish(hold, claim))
        except LinkDown:
            return self._reserve_apart(hold, limited, bounded=claim.bounded)
        except BaseException:
            self._later(Item(hold, None))  # the caller has left, and nobody knows how far this came
            raise
        if reply[0] == 1:
            for (name, _), figures in zip(claim.shares, many(reply[1]), strict=True):
                self._learn(name, many(figures))
            return hold
        name, allowance = claim.shares[integer(reply[1])]
        self._learn(name, many(reply[2]))
        return self._refused(name, allowance, claim.moment)

    def _wish(self, hold: Hold, claim: Claim) -> list[Part]:
        times = (_ms(claim.wall), _ms(claim.wall + self.lease_s))
        wish: list[Part] = [hold.id, *times, claim.amount, int(claim.bounded), self.gateway]
        wish += [_ms(claim.wall - ALIVE_S), claim.moment.day, claim.moment.month]
        for name, allowance in claim.shares:
            wish += [name, *limits_of(allowance)]
        return wish

    def _reserve_apart(self, hold: Hold, limited: Sequence[Share], *, bounded: bool) -> Hold | Refused:
        """Take it from what is promised. It may be that Redis has held it all the same: settling lets go of that."""
        wanted = [self._wanted(share, hold.moment) for share in limited]
        for it in wanted:
            if not fits(it, hold.amount, hold.moment, bounded=bounded):
                self._later(Item(hold, None))
                return self._refused(it.account.name, it.allowance, hold.moment)
        for it in wanted:
            it.promise.take(hold.amount)
        return replace(hold, apart=tuple(it.promise for it in wanted))

    def _wanted(self, share: Share, moment: Moment) -> Wanted:
        account, promise = self.account(share.account), self._promises.get(share.account)
        if promise is None or promise.day != moment.day:
            promise = presumed(account, share.allowance, moment, self._gateways)
            self._promises[share.account] = promise
        return Wanted(account, share.allowance, promise)

    def _refused(self, name: str, allowance: Allowance, moment: Moment) -> Refused:
        account = self.account(name)
        return Refused(name, account.tightest(allowance, moment), account.reserved)

    # ── after a call ─────────────────────────────────────────────────────────────────────────────────────────────

    def settle(self, hold: Hold, charge: Charge | None) -> None:
        if hold.settled:
            return
        hold.settled = True
        amount = charge[1].amount if charge is not None else 0
        for promise in hold.apart:
            promise.settle(hold.amount, amount)
        for name, _ in hold.shares if amount else ():
            self.account(name).charge(amount, hold.moment)
            _in(self._unsent, name).charge(amount, hold.moment)
        if charge is not None:
            self.journal.add(charge)
        if charge is not None or hold.id:
            self._later(Item(hold, charge))

    def _later(self, item: Item) -> None:
        self._waiting.append(item)
        self._something.set()

    async def flush(self) -> None:
        """Settle what is to be settled. Raises `LinkDown`; what was sent then is sent again, under the same number."""
        async with self._talking:
            while self._waiting or self._sending is not None:
                if self._sending is None:
                    items = tuple(self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting))))
                    self._sending = Batch(next(self._numbers), items)
                batch = self._sending
                days, work = work_of(batch.items, first_key=len(KEYS) + 1)
                await self._run(SETTLE, [self.gateway, batch.number, work, KEEP_DAYS_S], days)
                self._sending = None
                for hold, charge in batch.items:
                    amount = charge[1].amount if charge is not None else 0
                    for name, _ in hold.shares if amount else ():
                        _in(self._unsent, name).charge(-amount, hold.moment)

    # ── all the time ─────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self, now: Callable[[], Moment]) -> None:
        await self._remember(now())
        while True:
            self._something.clear()
            await self.look(now())
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._something.wait()
                    await asyncio.sleep(GATHER_S)
            except TimeoutError:
                pass

    async def look(self, moment: Moment) -> None:
        """Settle, tell the others that this gateway is there, and hear how the accounts stand."""
        wall = self.clock.wall()
        for name in [name for name, use in self._used.items() if use.at <= wall - IN_USE_S]:
            del self._used[name]
            self._promises.pop(name, None)
            self._given_up.add(name)
        # Counted before anything is settled: what is on its way must not look free.
        kept = {name: it.kept for name, it in self._promises.items() if it.day == moment.day}
        try:
            await self.flush()
            await self._beat(moment, wall, kept)
        except LinkDown:
            pass  # the link says so itself; until it is back, what was promised counts

    async def _beat(self, moment: Moment, wall: float, kept: dict[str, int]) -> None:
        used, given_up = list(self._used.items()), self._given_up - self._used.keys()
        beat: list[Part] = [_ms(wall), self.gateway, _ms(wall - ALIVE_S), PARTS, moment.day, moment.month]
        for name, use in used:
            beat += [name, kept.get(name, 0), use.amount, *limits_of(use.allowance)]
        for name in given_up:
            beat += [name, 0, 0, "", "", ""]
        reply = await self._run(BEAT, beat)
        self._given_up -= given_up
        self._gateways = integer(reply[1])
        self.limit = int(limit) if (limit := text(reply[2])) else None
        for (name, _), told in zip(used, many(reply[3]), strict=False):  # those that are given up come last
            figures, share = many(told)
            self._learn(name, many(figures))
            promise = self._promises.get(name)
            if promise is None or promise.day != moment.day:
                promise = self._promises[name] = Promise(moment.day, 0)
            promise.set(integer(share))

    async def _remember(self, moment: Moment) -> None:
        """What this gateway spent before it was started: Redis may have lost it."""
        try:
            books = await self.journal.news(moment)
        except NotWritten:
            return  # the journal says so itself
        if books is None:
            return
        self.limit = books.limit
        for name, spent in books.sums.items():
            self.account(name).put(spent, moment)

    async def _run(self, script: Script, arguments: Sequence[Part], days: Sequence[str] = ()) -> Sequence[Reply]:
        """A script, by the books that Redis has: whoever knows others brings what it remembers first."""
        for _ in range(3):
            reply = many(await self.link.run(script, (*KEYS, *days), (self._epoch, *arguments)))
            if reply[0] != STALE:
                return reply
            await self._adopt()
        raise LinkDown("its books are begun anew all the time")

    async def _adopt(self) -> None:
        fresh = f"{self.gateway}:{next(self._ids)}"
        memories: list[Part] = [self._epoch, fresh, "" if self.limit is None else self.limit]
        for account in self._accounts.values():
            if account.day:
                memories += [account.name, account.day, account.month, *_without(account, self._unsent)]
        reply = many(await self.link.run(ADOPT, KEYS, memories))
        self._epoch = text(reply[1])

    def _learn(self, name: str, figures: Sequence[Reply]) -> None:
        if not figures:
            return
        account, (moment, spent, reserved) = self.account(name), figures_in(figures)
        unsent = self._unsent.get(name)
        if unsent is not None:
            spent = Spent(
                spent.day + (unsent.spent_day if unsent.day == moment.day else 0),
                spent.month + (unsent.spent_month if unsent.month == moment.month else 0),
                spent.total + unsent.spent_total,
            )
        account.put(spent, moment)
        account.reserved = reserved

    # ── for people ───────────────────────────────────────────────────────────────────────────────────────────────

    async def lines(self, since: str) -> list[Charge]:
        """Of all gateways; of this one alone while Redis is away."""
        try:
            await self.flush()
            charges: list[Charge] = []
            for key in day_keys(since, self.clock.wall()):
                charges += line_charges(await self._fields(key))
        except LinkDown:
            return await self.journal.lines(since)
        return sorted((line, counts) for line, counts in charges if line.hour >= since)

    async def _fields(self, key: str) -> dict[str, str]:
        """A day's fields, a few at a time: a long day must not keep Redis from anything else."""
        fields: dict[str, str] = {}
        cursor = "0"
        while True:
            reply = many(await self.link.call("HSCAN", key, cursor, "COUNT", 1000))
            fields |= mapped(reply[1])
            cursor = text(reply[0])
            if cursor == "0":
                return fields

    async def set_limit(self, limit: int | None) -> None:
        try:
            if limit is None:
                await self.link.call("HDEL", KEYS[0], LIMIT_FIELD)
            else:
                await self.link.call("HSET", KEYS[0], LIMIT_FIELD, limit)
        except LinkDown as down:
            raise NotWritten(f"Redis cannot be asked now: {down}") from None
        await self.journal.set_limit(limit)
        self.limit = limit

    async def close(self) -> None:
        try:
            await self.flush()
        except LinkDown:
            pass  # the journal has it, for the gateway's next start
        await self.journal.close()


def _in(accounts: dict[str, Account], name: str) -> Account:
    account = accounts.get(name)
    if account is None:
        account = accounts[name] = Account(name)
    return account


def _without(account: Account, unsent: dict[str, Account]) -> Spent:
    """What Redis had, as far as this gateway knows."""
    spent, more = Spent(account.spent_day, account.spent_month, account.spent_total), unsent.get(account.name)
    if more is None:
        return spent
    return Spent(
        spent.day - (more.spent_day if more.day == account.day else 0),
        spent.month - (more.spent_month if more.month == account.month else 0),
        spent.total - more.spent_total,
    )


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
