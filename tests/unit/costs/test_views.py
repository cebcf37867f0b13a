"""Charges and accounts, for people."""

from datetime import date

import pytest

from ai_dashboard.core.costs import DOLLAR, Allowance, BudgetView, CostLine, CostRow, DayCost, Dimension
from ai_dashboard.costs.account import Account
from ai_dashboard.costs.journal import Charge, Counts, Line
from ai_dashboard.costs.views import budgets, cost_lines, day_costs, flat, percent, saved_by_own, table
from ai_dashboard.costs.windows import Calendar

NOON = 1_795_262_400.0


def charge(day: str, provider: str, model: str, tenant: str, cents: int, unknown: int = 0) -> Charge:
    line = Line(f"2026-11-{day}T10", provider, model, tenant, "", "")
    return line, Counts(cents * DOLLAR // 100, 1, unknown, 1 - unknown, 100, 10, 5, 2)


CHARGES = [
    charge("02", "openai", "gpt-5", "a", 300),
    charge("01", "anthropic", "claude", "a", 1245),
    charge("02", "openai", "gpt-5", "", 100),
    charge("02", "ollama", "llama", "b", 0),
    charge("02", "odd", "m", "b", 0, unknown=1),
]


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("provider", [("anthropic", 12.45), ("openai", 4.0), ("odd", None), ("ollama", 0.0)]),
        ("model", [("claude", 12.45), ("gpt-5", 4.0), ("llama", 0.0), ("m", None)]),
        ("tenant", [("a", 15.45), ("–", 1.0), ("b", 0.0)]),
        ("key", [("–", 16.45)]),
        ("task", [("–", 16.45)]),
        ("day", [("2026-11-01", 12.45), ("2026-11-02", 4.0)]),
    ],
)
def test_what_came_together_under_each_name(by: Dimension, names: list[tuple[str, float | None]]) -> None:
    made = table(CHARGES, by, "2026-11-01", "UTC")
    assert sorted((row.name, row.amount) for row in made.rows if row.amount is not None) == sorted(
        (name, amount) for name, amount in names if amount is not None
    )
    assert {row.name for row in made.rows if row.amount is None} == {name for name, amount in names if amount is None}
    assert made.total == CostRow("total", 16.45, 5, 1, 4, 500, 50, 25, 10)


def test_a_count_is_a_number_even_where_there_is_only_one_receipt() -> None:
    [row] = table([charge("02", "odd", "m", "b", 0, unknown=True)], "provider", "", "UTC").rows
    assert (type(row.unknown), type(row.estimated)) == (int, int)


def test_the_most_expensive_comes_first_and_days_in_their_order() -> None:
    assert [row.name for row in table(CHARGES, "provider", "", "UTC").rows][:2] == ["anthropic", "openai"]
    assert [row.name for row in table(CHARGES, "day", "", "UTC").rows] == ["2026-11-01", "2026-11-02"]


def test_dollars_by_provider_against_the_budget() -> None:
    assert flat(CHARGES, 100 * DOLLAR) == {
        "anthropic": 12.45,
        "openai": 4.0,
        "total": 16.45,
        "budget_limit": 100.0,
        "remaining": 83.55,
        "budget_used_percent": 16.45,
    }
    without = flat([], None)
    assert without == {"total": 0.0, "budget_limit": None, "remaining": None, "budget_used_percent": None}
    assert flat(CHARGES, DOLLAR)["remaining"] == 0.0


def test_lines_for_a_bill() -> None:
    assert cost_lines(CHARGES)[:2] == (
        CostLine("2026-11-01", "anthropic", "claude", 100, 10, 12.45, 0),
        CostLine("2026-11-02", "odd", "m", 100, 10, None, 1),
    )
    assert cost_lines(CHARGES)[-1] == CostLine("2026-11-02", "openai", "gpt-5", 200, 20, 4.0, 0)


def test_every_limit_as_it_stands() -> None:
    accounts = {"total": Account("total"), "tenant:a": Account("tenant:a")}
    calendar = Calendar()
    accounts["total"].charge(5 * DOLLAR, calendar.at(NOON))
    accounts["total"].reserved = DOLLAR
    owners = {"tenant:a": Allowance(total=DOLLAR), "total": Allowance(daily=20 * DOLLAR)}
    assert list(budgets(owners, accounts.__getitem__, calendar, NOON)) == [
        BudgetView("total", "", "daily", 20.0, 5.0, 1.0, 15.0, 25.0, NOON + 12 * 3600),
        BudgetView("tenant", "a", "total", 1.0, 0.0, 0.0, 1.0, 0.0, None),
    ]


def test_percent() -> None:
    assert (percent(1, 3), percent(3, 2), percent(0, 0)) == (33.33, 150.0, 100.0)


def test_days_have_no_gap_and_what_nobody_knows_is_not_nothing() -> None:
    charges = [*CHARGES, charge("04", "odd", "m", "b", 0, unknown=1)]
    assert day_costs(charges, date(2026, 10, 31), date(2026, 11, 4)) == (
        DayCost("2026-10-31", 0.0),
        DayCost("2026-11-01", 12.45),
        DayCost("2026-11-02", 4.0),
        DayCost("2026-11-03", 0.0),
        DayCost("2026-11-04", None),
    )


def test_machines_of_ones_own_save_what_their_tokens_would_have_cost_elsewhere() -> None:
    def own(provider: str, _model: str) -> bool:
        return provider == "ollama"

    # Three calls of 110 tokens took 16.45 dollars; one call is ours.
    calls, tokens, saved = saved_by_own(CHARGES, own)
    assert (calls, tokens) == (1, 110)
    assert saved == pytest.approx(16.45 / 3)
    rented = [*CHARGES, charge("02", "ollama", "llama", "b", 900)]
    assert saved_by_own(rented, own)[2] == pytest.approx(16.45 * 2 / 3 - 9)


def test_without_tokens_that_were_paid_for_nobody_knows_what_was_saved() -> None:
    assert saved_by_own(CHARGES[3:], lambda provider, _model: provider == "ollama") == (1, 110, None)
    assert saved_by_own([], lambda _provider, _model: True) == (0, 0, None)
