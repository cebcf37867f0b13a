"""Charges and accounts as people see them. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import reduce

from ai_dashboard.core.costs import (
    NOBODY,
    Allowance,
    BudgetView,
    CostLine,
    CostRow,
    CostTable,
    DayCost,
    Dimension,
    dollars,
)
from ai_dashboard.costs.account import EVERYBODY, Account
from ai_dashboard.costs.journal import Charge, Counts, Line
from ai_dashboard.costs.windows import Calendar

NOTHING = Counts()

_PART: Mapping[Dimension, Callable[[Line], str]] = {
    "provider": lambda line: line.provider,
    "model": lambda line: line.model,
    "tenant": lambda line: line.tenant,
    "key": lambda line: line.key,
    "task": lambda line: line.task,
    "day": lambda line: line.hour[:10],
}


def table(charges: Iterable[Charge], by: Dimension, since: str, timezone: str) -> CostTable:
    """What came together under each name."""
    sums, everything = sums_by(charges, by)
    rows = [_row(name or NOBODY, counts) for name, counts in sums.items()]
    rows.sort(key=lambda row: (row.name,) if by == "day" else (-(row.amount or 0), -row.calls, row.name))
    return CostTable(by, since, timezone, tuple(rows), _row("total", everything))


def sums_by(charges: Iterable[Charge], by: Dimension) -> tuple[dict[str, Counts], Counts]:
    """Sums by name, and of everything."""
    part, sums = _PART[by], dict[str, Counts]()
    for line, counts in charges:
        name = part(line)
        sums[name] = sums.get(name, NOTHING).plus(counts)
    return sums, reduce(Counts.plus, sums.values(), NOTHING)


def flat(charges: Iterable[Charge], limit: int | None) -> dict[str, float | None]:
    """Dollars by provider, then the total and how it stands against the budget."""
    sums, everything = sums_by(charges, "provider")
    spent = everything.amount
    figures: dict[str, float | None] = {name: dollars(it.amount) for name, it in sorted(sums.items()) if it.amount}
    figures["total"] = dollars(spent)
    figures["budget_limit"] = None if limit is None else dollars(limit)
    figures["remaining"] = None if limit is None else dollars(max(0, limit - spent))
    figures["budget_used_percent"] = None if limit is None else percent(spent, limit)
    return figures


def cost_lines(charges: Iterable[Charge]) -> tuple[CostLine, ...]:
    """Model by model and day by day."""
    sums: dict[tuple[str, str, str], Counts] = {}
    for line, counts in charges:
        key = line.hour[:10], line.provider, line.model
        sums[key] = sums.get(key, NOTHING).plus(counts)
    return tuple(
        CostLine(*key, counts.prompt_tokens, counts.completion_tokens, _known(counts), counts.unknown)
        for key, counts in sorted(sums.items())
    )


def day_costs(charges: Iterable[Charge], first: date, last: date) -> tuple[DayCost, ...]:
    """Day by day from one to another, those without calls included."""
    sums, _ = sums_by(charges, "day")
    days = ((first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1))
    return tuple(DayCost(day, _known(sums.get(day, NOTHING))) for day in days)


def saved_by_own(charges: Iterable[Charge], own: Callable[[str, str], bool]) -> tuple[int, int, float | None]:
    """Calls and tokens of models (second) of providers (first) that are one's `own`, and the dollars that they saved:
    what their tokens would have cost at what others' tokens cost on average, less what they took themselves. None
    without tokens of others whose price is known."""
    ours, others = NOTHING, NOTHING
    for line, counts in charges:
        if own(line.provider, line.model):
            ours = ours.plus(counts)
        elif not counts.unknown:
            others = others.plus(counts)
    paid_tokens, tokens = _tokens(others), _tokens(ours)
    if not paid_tokens:
        return ours.calls, tokens, None
    return ours.calls, tokens, dollars(round(others.amount * tokens / paid_tokens) - ours.amount)


def budgets(
    owners: Mapping[str, Allowance], account_of: Callable[[str], Account], calendar: Calendar, wall: float
) -> Iterator[BudgetView]:
    """Every limit as it stands, that of all together first."""
    for name, allowance in sorted(owners.items(), key=lambda owner: (owner[0] != EVERYBODY, owner[0])):
        account, (scope, _, owner) = account_of(name), name.partition(":")
        account.roll(calendar.at(wall))
        for window, limit, spent in account.limits(allowance):
            yield BudgetView(
                scope,
                owner,
                window,
                dollars(limit),
                dollars(spent),
                dollars(account.reserved),
                dollars(max(0, limit - spent)),
                percent(spent, limit),
                calendar.next_start(window, wall),
            )


def percent(spent: int, limit: int) -> float:
    """Of a limit; all of a limit of nothing is used."""
    return round(100 * spent / limit, 2) if limit else 100.0


def _row(name: str, counts: Counts) -> CostRow:
    return CostRow(name, _known(counts), *counts[1:])


def _tokens(counts: Counts) -> int:
    return counts.prompt_tokens + counts.completion_tokens


def _known(counts: Counts) -> float | None:
    return None if counts.calls and counts.unknown == counts.calls else dollars(counts.amount)
