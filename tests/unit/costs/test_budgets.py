"""Allowances, and how their limits are told."""

from datetime import UTC, datetime

import pytest

from ai_dashboard.config.schema.budgets import Budgets
from ai_dashboard.core.costs import DOLLAR, UNLIMITED, Allowance
from ai_dashboard.costs.account import Limit
from ai_dashboard.costs.budgets import allowance_of, compile_budgets, exceeded, tighter, used_up
from ai_dashboard.costs.ledger import Refused

OWN = ": $1.00 of $10.00 is left, $0.25 of it reserved for calls in flight, and it may cost $2.00"
RESETS = datetime(2026, 12, 1, tzinfo=UTC)


def test_dollars_become_nano_dollars() -> None:
    allowances = compile_budgets(
        Budgets.model_validate({"total": {"daily": 0.5}, "tenants": {"acme": 10, "*": 1}, "keys": {"k": {"total": 3}}})
    )
    assert allowances.everybody == Allowance(daily=DOLLAR // 2)
    assert allowance_of("acme", allowances.tenants) == Allowance(monthly=10 * DOLLAR)
    assert allowance_of("other", allowances.tenants) == Allowance(monthly=DOLLAR)
    assert allowance_of("k2", allowances.keys) == UNLIMITED
    assert allowances.named() == {
        "total": Allowance(daily=DOLLAR // 2),
        "tenant:acme": Allowance(monthly=10 * DOLLAR),
        "key:k": Allowance(total=3 * DOLLAR),
    }


def test_of_two_allowances_the_tighter_holds() -> None:
    assert tighter(Allowance(1, None, 5), Allowance(2, 3, 4)) == Allowance(1, 3, 4)
    assert tighter(UNLIMITED, UNLIMITED) == UNLIMITED


@pytest.mark.parametrize(
    ("account", "message"),
    [
        (
            "tenant:acme",
            f"the monthly budget of tenant acme does not allow for this call{OWN}",
        ),
        ("key:k1", f"the monthly budget of key k1 does not allow for this call{OWN}"),
        ("total", "the monthly budget of the gateway does not allow for this call"),
        ("provider:openai", "the monthly budget of provider openai does not allow for this call"),
    ],
)
def test_a_caller_is_told_its_own_figures_and_nobody_elses(account: str, message: str) -> None:
    refused = Refused(account, Limit("monthly", 10 * DOLLAR, 9 * DOLLAR), DOLLAR // 4)
    error = exceeded(refused, 2 * DOLLAR, RESETS, RESETS.timestamp() - 60)
    assert error.message == message
    assert (error.status, error.code, error.retry_after_s) == (402, "budget_exceeded", 60)
    assert error.hint.startswith("it is renewed at 2026-12-01 00:00 UTC; ask for fewer tokens")


def test_a_budget_once_and_for_all_is_never_renewed() -> None:
    error = exceeded(Refused("key:k", Limit("total", DOLLAR, 2 * DOLLAR), 0), 0, None, 0)
    assert error.message == "the budget of key k does not allow for this call: $0.00 of $1.00 is left"
    assert error.retry_after_s is None
    assert error.hint.startswith("ask for fewer tokens")


def test_that_nothing_is_left() -> None:
    assert used_up("tenant:a", Limit("daily", DOLLAR, DOLLAR)) == "the daily budget of tenant a is used up ($1.00)"
    assert used_up("total", Limit("total", DOLLAR, DOLLAR)) == "the budget of the gateway is used up ($1.00)"
