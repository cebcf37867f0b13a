"""One account: what has been spent in the day, the month and in all, and what calls in flight may still cost. Pure."""

from typing import NamedTuple

from ai_dashboard.core.costs import Allowance, Window
from ai_dashboard.core.data import dataclass
from ai_dashboard.costs.windows import Moment

EVERYBODY = "total"
"""The account of all together. Others are `tenant:acme`, `key:…` and `provider:openai`."""


class Spent(NamedTuple):
    """Nano-dollars in the current day, the current month, and in all."""

    day: int = 0
    month: int = 0
    total: int = 0


class Limit(NamedTuple):
    """A limit that matters: what it is for, how high it is, and what has been spent of it."""

    window: Window
    limit: int
    spent: int

    @property
    def left(self) -> int:
        """What is left, less than nothing where it has been overdrawn."""
        return self.limit - self.spent


@dataclass(slots=True)
class Account:
    """`day` and `month` say what the sums are of; both are forgotten when the next begins."""

    name: str
    day: str = ""
    month: str = ""
    spent_day: int = 0
    spent_month: int = 0
    spent_total: int = 0
    reserved: int = 0

    def roll(self, moment: Moment) -> None:
        """Begin a new day, and a new month. Time never goes back: a moment of yesterday changes nothing."""
        if moment.day > self.day:
            self.day, self.spent_day = moment.day, 0
            if moment.month > self.month:
                self.month, self.spent_month = moment.month, 0

    def charge(self, amount: int, moment: Moment) -> None:
        """Spend. What began on a day that is over belongs to that day."""
        if moment.day != self.day:
            self.roll(moment)
        self.spent_total += amount
        if moment.month == self.month:
            self.spent_month += amount
            if moment.day == self.day:
                self.spent_day += amount

    def put(self, spent: Spent, moment: Moment) -> None:
        """Take over what somebody else has added up."""
        self.day, self.month = moment.day, moment.month
        self.spent_day, self.spent_month, self.spent_total = spent

    def limits(self, allowance: Allowance) -> list[Limit]:
        """All limits, as they stand since the account was last rolled."""
        limits: tuple[tuple[Window, int | None, int], ...] = (
            ("daily", allowance.daily, self.spent_day),
            ("monthly", allowance.monthly, self.spent_month),
            ("total", allowance.total, self.spent_total),
        )
        return [Limit(window, limit, spent) for window, limit, spent in limits if limit is not None]

    def left(self, allowance: Allowance, moment: Moment) -> int | None:
        """The least that is left of any limit; None without a limit. Asked for every request, so it makes nothing."""
        if moment.day != self.day:
            self.roll(moment)
        daily, monthly, total = allowance.daily, allowance.monthly, allowance.total
        left = None if daily is None else daily - self.spent_day
        if monthly is not None and (left is None or monthly - self.spent_month < left):
            left = monthly - self.spent_month
        if total is not None and (left is None or total - self.spent_total < left):
            left = total - self.spent_total
        return left

    def tightest(self, allowance: Allowance, moment: Moment) -> Limit:
        """The limit of which least is left, for an account that has one."""
        self.roll(moment)
        return min(self.limits(allowance), key=lambda limit: limit.left)

    def has_room(self, left: int, amount: int, *, bounded: bool) -> bool:
        """Whether a call fits into what is left. One of which nobody knows how long its answer may become fits once
        more, alone: so that what is left can be spent at all, and no more than this one call goes over it."""
        return amount <= left - self.reserved or (not bounded and self.reserved == 0 and left > 0)
