"""Amounts of money between machines and people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.costs import DOLLAR, MAX_BUDGET, Allowance, budget_problem, dollars, money, nano


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "$0.00"),
        (1, "$0.000000001"),
        (1_500_000, "$0.0015"),
        (9_999_999, "$0.009999999"),
        (10_000_000, "$0.01"),
        (12_345_670_000_000, "$12,345.67"),
    ],
)
def test_money_in_words(amount: int, text: str) -> None:
    assert money(amount) == text


@given(st.integers(0, 9_000_000 * 100))
def test_cents_survive_the_way_to_people_and_back(cents: int) -> None:
    amount = cents * DOLLAR // 100
    assert nano(dollars(amount)) == amount


def test_an_allowance_without_any_end_is_unlimited() -> None:
    assert not Allowance().limited
    assert Allowance(daily=0).limited


@pytest.mark.parametrize("limit", [None, 0, 0.01, 50.0, MAX_BUDGET])
def test_a_budget_that_can_be_set(limit: float | None) -> None:
    assert budget_problem(limit) == ""


@pytest.mark.parametrize("limit", [-0.01, MAX_BUDGET + 1, float("inf"), float("nan")])
def test_a_budget_that_cannot_be_set_is_told(limit: float) -> None:
    assert budget_problem(limit) == f"a budget is 0 to 1,000,000 dollars, not {limit}"
