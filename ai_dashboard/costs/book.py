"""The books: what the rest of the gateway asks of money. For each attempt `reserve` before it and `settle` after it,
however it ended; `bar` keeps routing away from what nobody may pay for.

Calls that cost nothing are written down, and never wait for a budget.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from ai_dashboard.config.schema.budgets import Budgets
from ai_dashboard.core.clock import Clock
from ai_dashboard.core.costs import UNLIMITED, Allowance, Receipt
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import BudgetExceeded
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.costs.account import EVERYBODY
from ai_dashboard.costs.budgets import allowance_of, compile_budgets, exceeded, tighter, used_up
from ai_dashboard.costs.busy import Busy
from ai_dashboard.costs.journal import Counts, line_of
from ai_dashboard.costs.ledger import Claim, Hold, Ledger, Refused, Share
from ai_dashboard.costs.pricing import UNKNOWN, Priced, Prices
from ai_dashboard.costs.receipt import receipt, reservation
from ai_dashboard.costs.tally import Tally
from ai_dashboard.costs.windows import Calendar, Moment
from ai_dashboard.state.beat import next_beat

Bar = Callable[[RouteFacts, str, str], str | None]
"""Why a model (third) of a provider (second) may not answer, None when it may."""

FLUSH_S = 0.25
"""How often the ledger is told of charges that nobody limits."""

MAX_REMEMBERED = 4096
"""Payers that are remembered, since most come again."""

NO_TOKENS = Usage(0, 0, estimated=True)


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays for a request, out of which accounts."""

    tenant: str
    key: str
    task: str
    shares: tuple[Share, ...]
    limited: bool
    budget: Allowance = UNLIMITED


@dataclass(slots=True)
class Ticket:
    """An attempt that is paid for: what was reserved, and what it takes to work out the receipt."""

    payer: Payer
    provider: str
    model: str
    priced: Priced
    hold: Hold
    at: float
    factor: float
    limited: bool
    busy_since: float | None = None


class Book:
    """One gateway's. `adopt` another configuration at any time."""

    def __init__(self, ledger: Ledger, clock: Clock, prices: Prices, budgets: Budgets) -> None:
        self.ledger = ledger
        self._tally = Tally(ledger)
        self.clock = clock
        self.adopt(prices, budgets)
        self._busy: dict[str, Busy] = {}

    def adopt(self, prices: Prices, budgets: Budgets) -> None:
        """Go by another configuration. What was spent stays."""
        self.prices = prices
        self.calendar = Calendar(budgets.timezone)
        self.allowances = compile_budgets(budgets)
        self._assumed = budgets.assumed_output_tokens
        self._limit = self.ledger.limit
        self._payers: dict[tuple[str, str, str], Payer] = {}
        self._providers: dict[str, Share] = {}
        self._owners = self.allowances.named()
        limited = self.allowances.providers
        names = [name for name in prices.providers if allowance_of(name, limited).limited]
        self._limited_providers = tuple(self._provider(name) for name in names)

    def payer(self, tenant: str = "", key: str = "", task: str = "", key_budget: Allowance = UNLIMITED) -> Payer:
        """Whoever makes a request. `key_budget` is what the key itself may spend, on top of the configuration."""
        limit = self.ledger.limit
        if limit != self._limit or len(self._payers) >= MAX_REMEMBERED:
            self._limit = limit
            self._payers.clear()
        known = self._payers.get((tenant, key, task))
        if known is None or known.budget is not key_budget:
            known = self._payers[tenant, key, task] = self._payer(tenant, key, task, key_budget)
        return known

    def _payer(self, tenant: str, key: str, task: str, key_budget: Allowance) -> Payer:
        shares = [Share(EVERYBODY, self.everybody)]
        if tenant:
            shares.append(self._owner(f"tenant:{tenant}", allowance_of(tenant, self.allowances.tenants)))
        if key:
            own = allowance_of(key, self.allowances.keys)
            shares.append(self._owner(f"key:{key}", tighter(own, key_budget) if key_budget.limited else own))
        limited = any(share.allowance.limited for share in shares)
        return Payer(tenant, key, task, tuple(shares), limited, key_budget)

    @property
    def everybody(self) -> Allowance:
        """What all together may spend: as it was set while the gateway runs, else as the configuration says."""
        limit, written = self.ledger.limit, self.allowances.everybody
        return written if limit is None else replace(written, monthly=limit)

    @property
    def owners(self) -> dict[str, Allowance]:
        """The accounts that have a limit, as far as they are known."""
        return {**self._owners, EVERYBODY: self.everybody}

    def bar(self, payer: Payer) -> Bar | None:
        """What this payer cannot pay for now; None when nothing is used up, as nearly always: then plans may be those
        that are remembered."""
        if not payer.limited and not self._limited_providers:
            return None
        wall = self.clock.wall()
        moment = self.calendar.at(wall)
        spent = self._spent(payer.shares, moment) if payer.limited else None
        if spent is None and self._spent(self._limited_providers, moment) is None:
            return None

        def bar(_facts: RouteFacts, provider: str, model: str) -> str | None:
            if not self.prices.of(provider, model, wall).costs_money:
                return None
            reason = spent or self._spent((self._provider(provider),), moment)
            return f"budget: {used_up(reason.account, reason.limit)}" if reason is not None else None

        return bar

    def refusal(self, payer: Payer) -> BudgetExceeded | None:
        """What a caller is told for whom nobody is left to answer but those whom nobody may pay for."""
        now = self.clock.wall()
        spent = self._spent(payer.shares, self.calendar.at(now))
        return None if spent is None else self._exceeded(spent, 0, now)

    async def reserve(
        self,
        payer: Payer,
        provider: str,
        model: str,
        *,
        prompt_tokens: int,
        max_tokens: int = 0,
        max_output: int | None = None,
        answers: int = 1,
        factor: float = 1.0,
    ) -> Ticket:
        """Before an attempt. `max_tokens` is what the caller sets (0 for nothing) for each of `answers`, `max_output`
        the model's own end, `factor` the price level of the region. Raises `BudgetExceeded`."""
        if (ticket := self.unheld(payer, provider, model, factor)) is not None:
            return ticket
        wall = self.clock.wall()
        priced, moment = self.prices.of(provider, model, wall), self.calendar.at(wall)
        shares = (*payer.shares, self._provider(provider))
        ends = [end for end in (max_tokens, max_output) if end]
        tokens = min(ends, default=self._assumed) * answers
        amount = reservation(priced, prompt_tokens, tokens, factor)
        bounded = bool(ends) and priced.hourly is None
        held = await self.ledger.reserve(Claim(shares, amount, bounded, moment, wall))
        if isinstance(held, Refused):
            raise self._exceeded(held, amount, wall)
        return self._ticket(payer, provider, model, priced, held, wall, factor, limited=True)

    def unheld(self, payer: Payer, provider: str, model: str, factor: float = 1.0) -> Ticket | None:
        """Before an attempt for which nothing is held, since nobody limits it or it costs nothing; None for others."""
        wall = self.clock.wall()
        priced, share = self.prices.of(provider, model, wall), self._provider(provider)
        limited = payer.limited or share.allowance.limited
        if limited and priced.costs_money:
            return None
        hold = Hold("", (*payer.shares, share), 0, self.calendar.at(wall))
        return self._ticket(payer, provider, model, priced, hold, wall, factor, limited=limited)

    def _ticket(
        self,
        payer: Payer,
        provider: str,
        model: str,
        priced: Priced,
        hold: Hold,
        wall: float,
        factor: float,
        *,
        limited: bool,
    ) -> Ticket:
        ticket = Ticket(payer, provider, model, priced, hold, wall, factor, limited)
        if priced.hourly is not None:
            ticket.busy_since = self._busy.setdefault(provider, Busy()).begin(self.clock.monotonic())
        return ticket

    def settle(self, ticket: Ticket, usage: Usage | None, *, answered: bool = False) -> Receipt | None:
        """After an attempt: its receipt. Without usage nothing was paid, except for the time of a machine, and for what
        was `answered` and does not come in tokens: nobody knows what that cost. A second time it changes nothing, and
        there is no receipt."""
        hold, busy_s = ticket.hold, 0.0
        if hold.settled:
            return None
        if ticket.busy_since is not None:
            busy_s = self._busy[ticket.provider].end(self.clock.monotonic(), ticket.busy_since)
        if usage is None and ticket.busy_since is None and not answered:
            if ticket.limited:
                self.ledger.settle(hold, None)
            hold.settled = True
            return None
        by_the_token = ticket.priced.tariff is not None and ticket.priced.costs_money
        made = receipt(
            UNKNOWN if usage is None and by_the_token else ticket.priced,
            usage or NO_TOKENS,
            at=ticket.at,
            provider=ticket.provider,
            model=ticket.model,
            tenant=ticket.payer.tenant,
            key=ticket.payer.key,
            task=ticket.payer.task,
            factor=ticket.factor,
            busy_s=busy_s,
        )
        if ticket.limited:
            self.ledger.settle(hold, (line_of(made, hold.moment), Counts.of(made)))
        else:
            hold.settled = True
            self._tally.add(made, hold.shares, hold.moment)
        return made

    async def run(self) -> None:
        """Keep the books, until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.ledger.run(self.now), name="ledger")
            while True:
                await next_beat(FLUSH_S)
                self.flush()

    def flush(self) -> None:
        """Let the ledger know of everything."""
        self._tally.flush()

    async def close(self) -> None:
        """Write what is not written yet."""
        self.flush()
        await self.ledger.close()

    async def look(self) -> None:
        """Take over what others have spent, now."""
        await self.ledger.look(self.now())

    def now(self) -> Moment:
        """What day it is where the budgets are."""
        return self.calendar.at(self.clock.wall())

    def _provider(self, name: str) -> Share:
        share = self._providers.get(name)
        if share is None:
            share = self._owner(f"provider:{name}", allowance_of(name, self.allowances.providers))
            self._providers[name] = share
        return share

    def _owner(self, account: str, allowance: Allowance) -> Share:
        if allowance.limited:
            self._owners[account] = allowance
        return Share(account, allowance)

    def _spent(self, shares: Sequence[Share], moment: Moment) -> Refused | None:
        """The first account of which nothing is left."""
        for name, allowance in shares:
            if allowance.limited:
                account = self.ledger.account(name)
                left = account.left(allowance, moment)
                if left is not None and left <= 0:
                    return Refused(name, account.tightest(allowance, moment), account.reserved)
        return None

    def _exceeded(self, refused: Refused, amount: int, now: float) -> BudgetExceeded:
        resets = self.calendar.next_start(refused.limit.window, now)
        return exceeded(refused, amount, self.calendar.local(resets) if resets is not None else None, now)
