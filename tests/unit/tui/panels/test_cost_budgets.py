from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.costs import BudgetView, CostsView
from ai_dashboard.core.snapshot import MoneyGauge
from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels.cost_budgets import MARK, bar, draw, glance, select, word
from tests.tui.fakes import HOSTILE, busy
from tests.tui.money import budget, spent

COSTS = spent(busy(), "model", "month")


def holding(*views: BudgetView) -> CostsView:
    """Costs with these budgets, and every price known."""
    return replace(COSTS, budgets=replace(COSTS.budgets, budgets=views, unpriced=()))


@pytest.mark.parametrize(
    ("used", "text", "ink"),
    [
        (0.0, "● ok", Ink.GOOD),
        (0.7499, "● ok", Ink.GOOD),
        (0.75, "⚠ over 75%", Ink.WARN),
        (0.8999, "⚠ over 75%", Ink.WARN),
        (0.90, "✗ over 90%", Ink.BAD),
        (0.9999, "✗ over 90%", Ink.BAD),
        (1.0, "✗ used up", Ink.BAD),
        (7.0, "✗ used up", Ink.BAD),
    ],
)
def test_three_marks_divide_a_budget(used: float, text: str, ink: Ink) -> None:
    assert word(used) == (text, ink)


def test_marks_stand_in_the_bar_until_it_is_filled_up_to_them() -> None:
    def drawn(used: float) -> str:
        return text_of(bar(used, 22))

    assert [place - 1 for place, cell in enumerate(drawn(0.5)) if cell == MARK] == [15, 18]
    assert drawn(0.8).count(MARK) == 1
    assert drawn(1.0).count(MARK) == 0
    assert len(drawn(0.0)) == len(drawn(3.0)) == 22


@given(st.floats(0, 10), st.integers(0, 80))
def test_a_bar_takes_its_cells(used: float, cells: int) -> None:
    assert width_of(bar(used, cells)) == max(cells, 2)


def test_a_budget_says_what_is_spent_left_held_and_when_it_begins_anew() -> None:
    one = budget("tenant", "acme", 0.8, "daily", COSTS.at + 3_700)
    first, second = (text_of(line) for line in draw(select(holding(one)), 100)[:2])
    assert first == "⚠ over 75% tenant acme · day  $80.00 of $100.00"
    assert second.endswith("80%  $20.00 left · anew in 1h01 · $0.12 held")


def test_a_budget_for_good_never_begins_anew() -> None:
    text = "\n".join(text_of(line) for line in draw(select(holding(budget("total", "", 0.1, "total"))), 100))
    assert "all together · for good" in text
    assert "anew" not in text


def test_models_of_unknown_price_are_named() -> None:
    costs = replace(COSTS, budgets=replace(COSTS.budgets, unpriced=("openai/gpt-99", "x/y")))
    text = " ".join(text_of(line) for line in draw(select(costs), 90))
    assert "no budget counts them: openai/gpt-99, x/y" in text
    assert "genai-prices 1.2, 2026-09-01" in text


def test_without_a_budget_it_says_how_to_set_one() -> None:
    assert text_of(draw(select(None), 80)[0]) == "waiting for the gateway"
    assert text_of(draw(select(holding()), 80)[0]) == "no budget · B sets one for all together"


def test_every_width_holds_it() -> None:
    hostile = holding(budget("tenant", HOSTILE, 0.5), budget("key", "日本語" * 20, 12.0))
    for costs in (COSTS, hostile):
        for width in range(3, 130, 7):
            assert all(width_of(line) <= width for line in draw(select(costs), width)), width


def test_of_the_past_there_is_at_least_the_fullest_budget() -> None:
    gauge = MoneyGauge(window="daily", spent=4.0, budget=5.0, used=0.8)
    first, second, last = (text_of(line) for line in draw(glance(gauge, "no more"), 100))
    assert first == "⚠ over 75% all together · day  $4.00 of $5.00"
    assert second.endswith(" 80%  $1.00 left")
    assert last == "no more"
    assert [text_of(line) for line in draw(glance(MoneyGauge(), "no more"), 100)] == ["no more"]


def test_the_key_that_sets_a_budget_is_the_one_that_does_it_now() -> None:
    assert text_of(draw(select(holding()), 80, "f9")[0]) == "no budget · f9 sets one for all together"
