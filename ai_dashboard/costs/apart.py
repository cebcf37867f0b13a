"""What a gateway may spend while it cannot ask the others: what they have promised it. Pure.

As long as all can ask, a quarter of what is left in an account is promised, shared out evenly, and the others keep
their hands off it, until it is too little for a single call. So several gateways that lose sight of each other at once
cannot spend the same money twice. A promise is made bigger by the others only, and made smaller by its holder only, who
does so before he tells them.
"""

from typing import NamedTuple

from ai_dashboard.core.costs import Allowance
from ai_dashboard.core.data import dataclass
from ai_dashboard.costs.account import Account
from ai_dashboard.costs.windows import Moment

PARTS = 4
"""One of so many parts of what is left is promised."""


@dataclass(slots=True)
class Promise:
    """For one account on one day: what is left of it, and what is held for calls in flight."""

    day: str
    left: int
    held: int = 0

    @property
    def kept(self) -> int:
        """What the others must not touch yet."""
        return self.left + self.held

    def set(self, share: int) -> None:
        """The share that there is by now, with what is held for calls in flight."""
        self.left = max(0, share - self.held)

    def take(self, amount: int) -> None:
        """Hold it for a call."""
        self.left -= amount
        self.held += amount

    def settle(self, held: int, amount: int) -> None:
        """A call for which `held` was held has cost `amount`."""
        self.held -= held
        self.left += held - amount


class Wanted(NamedTuple):
    """An account that somebody wants to spend from."""

    account: Account
    allowance: Allowance
    promise: Promise


def presumed(account: Account, allowance: Allowance, moment: Moment, gateways: int) -> Promise:
    """Where the others could not be asked for a promise in time: the share that would be promised of what is left, by
    all that is known."""
    left = account.left(allowance, moment) or 0
    return Promise(moment.day, max(0, left - account.reserved) // (PARTS * max(1, gateways)))


def fits(wanted: Wanted, amount: int, moment: Moment, *, bounded: bool) -> bool:
    """Whether a call fits into what is promised."""
    by_all = wanted.account.left(wanted.allowance, moment)
    left = wanted.promise.left if by_all is None else min(wanted.promise.left, by_all)
    return amount <= left or (not bounded and wanted.promise.held == 0 and left > 0)
