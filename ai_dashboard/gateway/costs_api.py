"""The admin API's part about money: what was spent, what may be, and how it goes on."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Annotated, Protocol, get_args

from pydantic import Field

from ai_dashboard.core.cache import CacheFigures
from ai_dashboard.core.costs import (
    MAX_BUDGET,
    BudgetViews,
    CostLines,
    CostsView,
    CostTable,
    Dimension,
    Forecasts,
    budget_problem,
    nano,
)
from ai_dashboard.core.errors import CallerError
from ai_dashboard.costs.reports import MONTH, Reports
from ai_dashboard.gateway.admin import Body, query_of, read_body, reply_json
from ai_dashboard.gateway.auditing import note_change
from ai_dashboard.gateway.described import described
from ai_dashboard.gateway.routes import Handler
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.transport.http1 import Exchange

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

SINCE = {"since": "a day as `2026-11-01`, `30d`, or `month`"}


class Saving(Protocol):
    """The cache, as far as it is about money."""

    def figures(self) -> CacheFigures: ...


class Paying(Protocol):
    """The part of a gateway that this API is about. `token_quotas` are what tenants have for a month."""

    @property
    def reports(self) -> Reports: ...
    @property
    def caching(self) -> Saving: ...
    @property
    def token_quotas(self) -> dict[str, int]: ...


class SetBudget(Body):
    """`POST …/budget`: dollars for a month; null goes back to what the configuration says."""

    budget_limit: Annotated[float, Field(ge=0, le=MAX_BUDGET, allow_inf_nan=False, strict=False)] | None


Noting = Callable[[str, str], Awaitable[None]]
"""Puts on record what a budget was and what it is."""


async def costs_view(paying: Paying, by: Dimension, since: str) -> CostsView:
    """All that a screen shows of money. Raises `CallerError`, and `LedgerUnavailable`."""
    return await paying.reports.view(by, since, paying.token_quotas, paying.caching.figures())


async def put_budget(paying: Paying, limit: float | None, note: Noting) -> dict[str, float | None]:
    """Set what all together may spend in a month, in dollars, or go back to the configuration; this month then. Raises
    `CallerError`, and `LedgerUnavailable`."""
    if problem := budget_problem(limit):
        raise CallerError(problem)
    before = await paying.reports.this_month()
    await paying.reports.set_budget(None if limit is None else nano(limit))
    now = await paying.reports.this_month()
    await note(str(before["budget_limit"]), str(now["budget_limit"]))
    return now


class CostsApi:
    """Handlers below `/api/admin/`."""

    def __init__(self, gateway: Paying, audit: Audit | None = None) -> None:
        self._gateway = gateway
        self._audit = audit

    def handlers(self) -> Iterator[tuple[str, str, Handler]]:
        """Method, name and handler of each."""
        yield "GET", "costs", self._costs
        yield "GET", "costs/view", self._view
        yield "GET", "costs/lines", self._lines
        yield "GET", "costs/forecast", self._forecast
        yield "GET", "budget", self._budget
        yield "POST", "budget", self._set_budget

    @described(dict[str, float | None] | CostTable, query={"by": f"one of {', '.join(DIMENSIONS)}", **SINCE})
    async def _costs(self, exchange: Exchange) -> None:
        """`GET …/costs`: this month's dollars by provider; with `?by=` and `&since=` a table."""
        query = query_of(exchange)
        if "by" not in query and "since" not in query:
            reply_json(exchange, await self._gateway.reports.this_month())
            return
        reply_json(exchange, await self._gateway.reports.table(_by(query), query.get("since", MONTH)))

    @described(CostsView, query={"by": f"one of {', '.join(DIMENSIONS)}", **SINCE})
    async def _view(self, exchange: Exchange) -> None:
        """`GET …/costs/view?by=model&since=30d`: all that a screen shows of money at one time."""
        query = query_of(exchange)
        reply_json(exchange, await costs_view(self._gateway, _by(query), query.get("since", MONTH)))

    @described(CostLines, query=SINCE)
    async def _lines(self, exchange: Exchange) -> None:
        """`GET …/costs/lines?since=`: costs day by day and model by model, to compare with a bill."""
        reply_json(exchange, await self._gateway.reports.lines(query_of(exchange).get("since", MONTH)))

    @described(Forecasts)
    async def _forecast(self, exchange: Exchange) -> None:
        """`GET …/costs/forecast`: how spending and token use are likely to go on."""
        reply_json(exchange, await self._gateway.reports.forecasts(self._gateway.token_quotas))

    @described(BudgetViews)
    async def _budget(self, exchange: Exchange) -> None:
        """`GET …/budget`: every budget as it stands."""
        reply_json(exchange, self._gateway.reports.budgets())

    @described(dict[str, float | None], body=SetBudget)
    async def _set_budget(self, exchange: Exchange) -> None:
        """`POST …/budget {"budget_limit": 50}`: what all together may spend in a month; answered as `GET …/costs`
        is."""
        asked = await read_body(exchange, SetBudget)
        note = partial(note_change, self._audit, exchange, "budget.set", "all together")
        noted = await put_budget(self._gateway, asked.budget_limit, lambda was, is_: note(before=was, after=is_))
        reply_json(exchange, noted)


def _by(query: dict[str, str]) -> Dimension:
    by = next((known for known in DIMENSIONS if known == query.get("by", "provider")), None)
    if by is None:
        raise CallerError(f"`by` is {query['by'][:40]!r}", hint=f"it can be {', '.join(DIMENSIONS)}")
    return by
