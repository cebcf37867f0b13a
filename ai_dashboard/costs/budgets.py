"""What may be spent, as the configuration says it: who has which allowance, and how a limit is told to people."""

from collections.abc import Mapping
from datetime import datetime

from ai_dashboard.config.schema.budgets import OTHERS, Budgets, Spending
from ai_dashboard.core.costs import UNLIMITED, Allowance, money, nano
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import BudgetExceeded
from ai_dashboard.costs.account import EVERYBODY, Limit
from ai_dashboard.costs.ledger import Refused


@dataclass(frozen=True, slots=True)
class Allowances:
    """Of all together, and of each tenant, key and provider."""

    everybody: Allowance
    tenants: Mapping[str, Allowance]
    keys: Mapping[str, Allowance]
    providers: Mapping[str, Allowance]

    def named(self) -> dict[str, Allowance]:
        """The accounts that the configuration names, with what may be spent from them."""
        scopes = (("tenant", self.tenants), ("key", self.keys), ("provider", self.providers))
        named = {
            f"{scope}:{name}": allowance
            for scope, allowances in scopes
            for name, allowance in allowances.items()
            if name != OTHERS
        }
        return {EVERYBODY: self.everybody, **named}


def compile_budgets(budgets: Budgets) -> Allowances:
    """From dollars to nano-dollars."""
    return Allowances(
        _allowance(budgets.total),
        {name: _allowance(it) for name, it in budgets.tenants.items()},
        {name: _allowance(it) for name, it in budgets.by_key.items()},
        {name: _allowance(it) for name, it in budgets.providers.items()},
    )


def allowance_of(name: str, allowances: Mapping[str, Allowance]) -> Allowance:
    """Somebody's own, or that of those who are not named."""
    return allowances.get(name) or allowances.get(OTHERS) or UNLIMITED


def tighter(one: Allowance, other: Allowance) -> Allowance:
    """What both of them allow."""
    return Allowance(_less(one.daily, other.daily), _less(one.monthly, other.monthly), _less(one.total, other.total))


def whose(account: str) -> str:
    """An account in words."""
    scope, _, name = account.partition(":")
    return f"{scope} {name}" if name else "the gateway"


def used_up(account: str, limit: Limit) -> str:
    """That nothing is left, in words."""
    kind = "budget" if limit.window == "total" else f"{limit.window} budget"
    return f"the {kind} of {whose(account)} is used up ({money(limit.limit)})"


def exceeded(refused: Refused, amount: int, resets: datetime | None, now: float) -> BudgetExceeded:
    """What a caller is told whose call does not fit. How much all others have spent is no business of his."""
    account, limit, reserved = refused
    kind = "budget" if limit.window == "total" else f"{limit.window} budget"
    message = f"the {kind} of {whose(account)} does not allow for this call"
    if account.startswith(("tenant:", "key:")):
        held = f", {money(reserved)} of it reserved for calls in flight" if reserved else ""
        left = money(max(0, limit.left))
        message += f": {left} of {money(limit.limit)} is left{held}"
        message += f", and it may cost {money(amount)}" if amount else ""
    again = f"it is renewed at {resets:%Y-%m-%d %H:%M %Z}; " if resets is not None else ""
    hint = f"{again}ask for fewer tokens (max_tokens), or for a model that costs less or nothing"
    return BudgetExceeded(message, hint=hint, retry_after_s=resets.timestamp() - now if resets is not None else None)


def _allowance(spending: Spending) -> Allowance:
    return Allowance(_nano(spending.daily), _nano(spending.monthly), _nano(spending.total))


def _nano(dollars: float | None) -> int | None:
    return None if dollars is None else nano(dollars)


def _less(one: int | None, other: int | None) -> int | None:
    known = [it for it in (one, other) if it is not None]
    return min(known, default=None)
