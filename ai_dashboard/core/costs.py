"""Money: what a call cost, what may be spent, and how the admin API and the command line show it.

Amounts are whole nano-dollars, and prices nano-dollars for 1000 tokens: whole numbers add up exactly, whoever adds them
in whatever order. Only what is shown to people is in dollars. A price or an amount that nobody knows is None, never 0.
"""

from typing import Literal

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.events import Usage

DOLLAR = 1_000_000_000
"""Nano-dollars."""

PER_TOKENS = 1000

MAX_BUDGET = 1e6
"""Dollars that a budget can be set to; the books are exact up to nine times as much."""

NOBODY = "–"
"""Stands for a call without a tenant, key or task."""

Source = Literal["file", "catalogue", "hourly", "free", "unknown"]
"""Where a price is from: the operator's file, our list of public prices, the hours that a machine runs, a machine of
one's own that takes nothing, or nobody knows."""

Window = Literal["daily", "monthly", "total"]
"""What a budget is for: a day, a month, or once and for all."""

Dimension = Literal["provider", "model", "tenant", "key", "task", "day"]
"""What costs can be added up by."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Nano-dollars for 1000 tokens of each kind. What is None costs as text does; without a price for text itself (an
    embedding model has none for answers) the amount is not known."""

    input: int | None
    output: int | None
    cached_input: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    input_audio: int | None = None
    output_audio: int | None = None
    input_image: int | None = None
    output_image: int | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be spent in a day, in a month, and in all; None where there is no end to it."""

    daily: int | None = None
    monthly: int | None = None
    total: int | None = None

    @property
    def limited(self) -> bool:
        """Whether there is an end to it in any respect."""
        return self.daily is not None or self.monthly is not None or self.total is not None


UNLIMITED = Allowance()


@dataclass(slots=True, unsafe_hash=True)  # a value, though not frozen: see `core.events.Usage`
class Receipt:
    """What one attempt cost, and why: `amount` is `usage` at `rates`, times `factor` (the price level of the region);
    or, where `source` is `hourly`, `busy_s` seconds of a machine that takes `hourly` an hour. `at` is Unix time,
    `usage.estimated` says that the provider did not count."""

    at: float
    provider: str
    model: str
    tenant: str
    key: str
    task: str
    usage: Usage
    source: Source
    amount: int | None
    rates: Rates | None = None
    factor: float = 1.0
    hourly: int | None = None
    busy_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CostRow:
    """What came together under one name. `amount` (dollars) leaves out the `unknown` calls, whose price nobody knows,
    and is None where all of them are; `estimated` are those whose tokens the provider did not count."""

    name: str
    amount: float | None
    calls: int
    unknown: int
    estimated: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    reasoning_tokens: int


@dataclass(frozen=True, slots=True)
class CostTable:
    """Costs since a day (the first of the month when nobody says), most expensive first; days in their order. `days`
    are in `timezone`."""

    by: Dimension
    since: str
    timezone: str
    rows: tuple[CostRow, ...]
    total: CostRow


@dataclass(frozen=True, slots=True)
class CostLine:
    """One model on one day, for comparison with a bill. `amount` (dollars) is None where nobody knows the price, and
    leaves out the `unknown` calls where somebody does for others."""

    day: str
    provider: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    amount: float | None
    unknown: int


@dataclass(frozen=True, slots=True)
class CostLines:
    """All of them since a day."""

    since: str
    timezone: str
    lines: tuple[CostLine, ...]


@dataclass(frozen=True, slots=True)
class BudgetView:
    """One budget as it stands, in dollars. `reserved` is what calls in flight may still cost; `used_percent` counts
    what is spent, not what is reserved; `resets_at` is Unix time, None for a budget that is never renewed."""

    scope: str
    name: str
    window: Window
    limit: float
    spent: float
    reserved: float
    remaining: float
    used_percent: float
    resets_at: float | None


@dataclass(frozen=True, slots=True)
class BudgetViews:
    """All of them. `prices` says of what day the list of public prices is, and what it was made from; `unpriced` are
    models (`provider/model`) that were asked for, and of which nobody knows what they cost."""

    timezone: str
    budgets: tuple[BudgetView, ...]
    prices: str
    unpriced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forecast:
    """How things go on, in the unit of what went before (dollars or tokens). `method` is `seasonal` where at least
    seven days say what hour of the day takes how much, else `linear`. `days_left` until `limit` is reached: 0 when it
    is, None when it is not within a year or there is no limit."""

    method: Literal["seasonal", "linear"]
    per_hour: float
    today: float
    day_end: float
    month: float
    month_end: float
    limit: float | None
    days_left: float | None


@dataclass(frozen=True, slots=True)
class TenantForecast:
    """A tenant's tokens and dollars as they are likely to go on."""

    tenant: str
    tokens: Forecast
    dollars: Forecast


@dataclass(frozen=True, slots=True)
class Forecasts:
    """All together, and tenant by tenant."""

    dollars: Forecast
    tenants: tuple[TenantForecast, ...]


@dataclass(frozen=True, slots=True)
class DayCost:
    """What a day cost, in dollars: 0 for a day without calls, None where nobody knows the price of any of them."""

    day: str
    amount: float | None


@dataclass(frozen=True, slots=True)
class Savings:
    """What was not paid. Of the cache: `hits`, the dollars that the first answers had cost as far as that is known, and
    the seconds that they had taken, all since this gateway's start. Of machines of one's own, since the table's first
    day: what their tokens would have cost at what tokens of paid providers cost on average in that time, less what the
    machines took; None where no such tokens say so."""

    hits: int
    cache: float
    cache_s: float
    local_calls: int
    local_tokens: int
    local: float | None


@dataclass(frozen=True, slots=True)
class CostsView:
    """What a screen about money shows, as of `at` (Unix time). `days` are the last ones without a gap, today last;
    `reserved` is what calls in flight may still cost, as far as budgets bound them."""

    at: float
    table: CostTable
    days: tuple[DayCost, ...]
    forecasts: Forecasts
    budgets: BudgetViews
    saved: Savings
    reserved: float


def budget_problem(limit: float | None) -> str:
    """What is wrong with a budget in dollars; empty for one that can be set, and for none."""
    if limit is None or 0 <= limit <= MAX_BUDGET:
        return ""
    return f"a budget is 0 to {MAX_BUDGET:,.0f} dollars, not {limit}"


def nano(dollars: float) -> int:
    """Dollars as people write them."""
    return round(dollars * DOLLAR)


def dollars(amount: int) -> float:
    """Nano-dollars for people."""
    return amount / DOLLAR


def money(amount: int) -> str:
    """Nano-dollars in words: cents as usual, and more digits where there is less."""
    value = amount / DOLLAR
    if amount == 0 or abs(value) >= 0.01:
        return f"${value:,.2f}"
    return f"${value:.9f}".rstrip("0")
