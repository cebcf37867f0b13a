"""Whatever order calls come, go, die and are settled in: budgets are not overspent, nothing is ever held below nothing,
and the books are the sum of the receipts. Both homes beside a model that is too simple to be wrong."""

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from ai_dashboard.core.costs import Allowance
from ai_dashboard.costs.account import EVERYBODY, Spent
from ai_dashboard.costs.journal import Charge, Counts, MemoryJournal, SqliteJournal, line_of
from ai_dashboard.costs.ledger import Claim, Hold, Ledger, MemoryLedger, Refused, Share
from ai_dashboard.costs.redis_ledger import RedisLedger
from ai_dashboard.costs.redis_replies import many
from ai_dashboard.costs.redis_scripts import KEYS
from ai_dashboard.costs.windows import Moment
from ai_dashboard.state.link import Link, Reply
from tests.integration.costs.books import CALENDAR, LEASE_S, TurnedClock, linked, receipt_of
from tests.valkey import Valkey

T = TypeVar("T")

ALLOWANCES = {
    EVERYBODY: Allowance(monthly=100),
    "tenant:a": Allowance(daily=40, total=90),
    "tenant:b": Allowance(),
}
FEW = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],  # each step may wait for a disk: what fails is told as it was found
)


@dataclass(eq=False)
class Call:
    """A call in flight: at which gateway, what it holds, and until when."""

    gateway: int
    hold: Hold
    bounded: bool
    expires: float


@dataclass
class Model:
    """All receipts, and all that is held."""

    receipts: list[tuple[tuple[Share, ...], Moment, int]] = field(default_factory=list)
    held: list[Call] = field(default_factory=list)
    endless: int = 0
    late: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def spent(self, account: str, now: Moment) -> Spent:
        """The sum of its receipts."""
        own = [(moment, cost) for shares, moment, cost in self.receipts if account in [name for name, _ in shares]]
        return Spent(
            sum(cost for moment, cost in own if moment.day == now.day),
            sum(cost for moment, cost in own if moment.month == now.month),
            sum(cost for _, cost in own),
        )

    def reserved(self, account: str) -> int:
        """The sum of what is held from it."""
        return sum(it.hold.amount for it in self.held if account in [name for name, _ in it.hold.shares])

    def left(self, account: str, now: Moment) -> int | None:
        """The least that is left of its limits."""
        allowance, spent = ALLOWANCES[account], self.spent(account, now)
        limits = zip((allowance.daily, allowance.monthly, allowance.total), spent, strict=True)
        return min((limit - used for limit, used in limits if limit is not None), default=None)

    def fits(self, claim: Claim) -> bool:
        """Whether a call may be made."""
        for name, _ in claim.shares:
            left, held = self.left(name, claim.moment), self.reserved(name)
            if left is not None and claim.amount > left - held and (claim.bounded or held or left <= 0):
                return False
        return True


class Machine(RuleBasedStateMachine):
    """What happens to a ledger. `exact`: whatever fits is granted; several gateways keep something back for each
    other."""

    calls: Bundle[Call] = Bundle("calls")
    exact = True
    gateways = 1

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = TurnedClock()
        self.model = Model()
        self.ledgers: list[Ledger] = []

    def run(self, work: Coroutine[object, object, T]) -> T:
        return self.runner.run(work)

    @property
    def now(self) -> Moment:
        return CALENDAR.at(self.clock.wall_s)

    async def begin(self, gateway: int) -> Ledger:
        raise NotImplementedError

    async def told(self, name: str) -> tuple[Spent, int]:
        """What the books say was spent from an account, and is held."""
        raise NotImplementedError

    @initialize()
    def open(self) -> None:
        self.ledgers = [self.run(self.begin(number)) for number in range(self.gateways)]

    @rule(
        target=calls,
        gateway=st.integers(0, 2),
        tenant=st.sampled_from("ab"),
        amount=st.integers(0, 45),
        bounded=st.booleans(),
    )
    def reserve(self, gateway: int, tenant: str, amount: int, bounded: bool) -> MultipleResults[Call] | Call:
        gateway %= self.gateways
        wall, model = self.clock.wall_s, self.model
        shares = tuple(Share(name, ALLOWANCES[name]) for name in (EVERYBODY, f"tenant:{tenant}"))
        claim = Claim(shares, amount, bounded, self.now, wall)
        model.held = [it for it in model.held if it.expires > wall]
        fits = model.fits(claim)
        hold = self.run(self.ledgers[gateway].reserve(claim))
        if isinstance(hold, Refused):
            assert not (fits and self.exact), hold
            return multiple()
        assert fits
        call = Call(gateway, hold, bounded, wall + LEASE_S)
        model.held.append(call)
        return call

    @rule(call=calls, part=st.floats(0, 1))
    def settle(self, call: Call, part: float) -> None:
        self._settle(call, round(call.hold.amount * part))

    @rule(call=calls)
    def cancel(self, call: Call) -> None:
        self._settle(call, None)

    def _settle(self, call: Call, cost: int | None) -> None:
        """A second time it changes nothing."""
        charge: Charge | None = None
        if cost is not None:
            made = receipt_of(cost, tenant=call.hold.shares[1].account.removeprefix("tenant:"))
            charge = line_of(made, call.hold.moment), Counts.of(made)
        settled = call.hold.settled
        self.ledgers[call.gateway].settle(call.hold, charge)
        if settled:
            return
        if call in self.model.held:
            self.model.held.remove(call)
        else:
            for name, _ in call.hold.shares:  # its lease was over, and others have been given what it held
                self.model.late[name] += cost or 0
        self.model.receipts.append((call.hold.shares, call.hold.moment, cost or 0))
        if not call.bounded:
            self.model.endless = max(self.model.endless, cost or 0)

    @rule(seconds=st.sampled_from([1.0, LEASE_S / 2, LEASE_S, 43_200.0, 86_400.0 * 11]))
    def time_passes(self, seconds: float) -> None:
        self.clock.wall_s += seconds

    @rule(gateway=st.integers(0, 2))
    def restart(self, gateway: int) -> None:
        """Whatever was in flight there never ends."""
        gateway %= self.gateways
        self.run(self.ledgers[gateway].close())
        self._dies(gateway)
        self.ledgers[gateway] = self.run(self.begin(gateway))

    def _dies(self, gateway: int) -> None:
        for call in self.model.held:
            if call.gateway == gateway:
                call.hold.settled = True

    @invariant()
    def budgets_hold(self) -> None:
        for name, allowance in ALLOWANCES.items():
            spent = self.model.spent(name, self.now)
            over = max(0, self.model.endless - 1) + self.model.late[name]
            for limit, used in zip((allowance.daily, allowance.monthly, allowance.total), spent, strict=True):
                assert limit is None or used <= limit + over

    @invariant()
    def the_books_say_what_the_model_says(self) -> None:
        for name in ALLOWANCES if self.ledgers else ():
            assert self.run(self.told(name)) == (self.model.spent(name, self.now), self.model.reserved(name))

    def teardown(self) -> None:
        for ledger in self.ledgers:
            self.run(ledger.close())
        self.runner.close()


class InMemory(Machine):
    """One gateway, with a file."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()

    async def begin(self, gateway: int) -> Ledger:
        ledger = MemoryLedger(SqliteJournal(Path(self.folder.name, "costs.sqlite")), LEASE_S)
        await ledger.look(self.now)
        return ledger

    def _dies(self, gateway: int) -> None:
        super()._dies(gateway)
        self.model.held.clear()  # what it held is gone with it

    async def told(self, name: str) -> tuple[Spent, int]:
        account = self.ledgers[0].account(name)
        account.roll(self.now)
        return Spent(account.spent_day, account.spent_month, account.spent_total), account.reserved

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


def test_one_gateway_keeps_its_books() -> None:
    run_state_machine_as_test(InMemory, settings=FEW)


def _text(reply: Reply) -> str:
    return reply.decode() if isinstance(reply, bytes) else ""


class OnRedis(Machine):
    """Two gateways. What one holds that is gone stays held until its lease is over."""

    exact = False
    gateways = 2
    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.stack = AsyncExitStack()
        self.links: list[Link] = []
        self.names = count()

    @initialize()
    def open(self) -> None:
        self.links = [self.run(self.stack.enter_async_context(linked(self.url))) for _ in range(self.gateways)]
        self.run(self.links[0].call("FLUSHALL"))
        super().open()

    async def begin(self, gateway: int) -> Ledger:
        ledger = RedisLedger(self.links[gateway], f"g{next(self.names)}", MemoryJournal(), self.clock, LEASE_S)
        await ledger.look(self.now)
        return ledger

    @rule(gateway=st.integers(0, 1))
    def look(self, gateway: int) -> None:
        """It hears of the others, and is promised something for a time without Redis."""
        self.run(self.ledgers[gateway].look(self.now))

    async def told(self, name: str) -> tuple[Spent, int]:
        for ledger in self.ledgers:
            assert isinstance(ledger, RedisLedger)
            await ledger.flush()
        fields = [f"{name}|{part}" for part in ("di", "d", "mi", "m", "t", "r")]
        day, in_day, month, in_month, in_all, held = map(
            _text, many(await self.links[0].call("HMGET", KEYS[0], *fields))
        )
        now = self.now
        spent = Spent(
            int(in_day or 0) if day == now.day else 0,
            int(in_month or 0) if month == now.month else 0,
            int(in_all or 0),
        )
        return spent, int(held or 0)

    def teardown(self) -> None:
        for ledger in self.ledgers:
            self.run(ledger.close())
        self.run(self.stack.aclose())
        self.runner.close()


def test_gateways_on_one_redis_keep_their_books_together(shared_valkey: Valkey) -> None:
    run_state_machine_as_test(type("Here", (OnRedis,), {"url": shared_valkey.url}), settings=FEW)
