from dataclasses import replace

import pytest

from ai_dashboard.core.costs import CostsView, Forecasts, Savings, TenantForecast
from ai_dashboard.core.snapshot import MoneyGauge
from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels.cost_outlook import draw, glance, lasts, select
from tests.tui.fakes import HOSTILE, busy
from tests.tui.money import outlook, spent

COSTS = spent(busy(), "model", "month")


def lines(costs: CostsView) -> dict[str, str]:
    """By label, what stands behind it."""
    return {text_of(line)[:11].strip(): text_of(line)[11:].strip() for line in draw(select(costs), 90)}


def test_what_is_settled_what_is_held_and_how_it_goes_on() -> None:
    said = lines(COSTS)
    assert said["today"] == "$4.31  settled · $0.12 held"
    assert said["midnight"] == "$8.90  likely by then"
    assert said["this month"] == "$43.10  settled"
    assert said["month's end"] == "$131.00  likely · over the budget"
    assert said["burn"] == "$0.31/h  as in the last 24 hours"
    assert said["lasts"] == "5d14  of $100.00 a month"


def test_a_month_within_its_budget_is_no_warning() -> None:
    for limit, over in ((131.0, False), (130.99, True), (None, False)):
        costs = replace(COSTS, forecasts=Forecasts(outlook(limit, None), ()))
        assert ("over the budget" in lines(costs)["month's end"]) is over
        assert ("lasts" in lines(costs)) is (limit is not None)


@pytest.mark.parametrize(
    ("days", "text"),
    [(None, "a year or more"), (0, "used up"), (0.02, "28m00"), (1.5, "1d12"), (5.99, "5d23"), (364.0, "364d")],
)
def test_how_long_a_budget_lasts(days: float | None, text: str) -> None:
    assert lasts(days) == text


def test_what_the_cache_and_ones_own_machines_have_saved() -> None:
    said = lines(COSTS)
    assert said["cache saved"] == "$1.12  812 hits since the start · 14m10"
    assert said["own saved"] == "$3.40  42.0k tokens at paid rates"


def test_savings_that_nobody_can_know_are_not_nothing() -> None:
    costs = replace(COSTS, saved=Savings(0, 0.0, 0.0, 3, 900, None))
    assert lines(costs)["own saved"] == "–  3 calls · nothing paid to compare"
    assert "own saved" not in lines(replace(COSTS, saved=Savings(0, 0.0, 0.0, 0, 0, None)))


def test_a_machine_that_took_more_than_it_saved_is_no_saving() -> None:
    view = select(replace(COSTS, saved=Savings(0, 0.0, 0.0, 3, 900, -2.5)))
    fact = next(fact for fact in view.facts if fact[0] == "own saved")
    assert (fact[1], fact[3]) == ("−$2.50", Ink.PLAIN)


def test_each_tenant_has_its_dollars_and_tokens_against_its_limits() -> None:
    tenant = TenantForecast("acme", outlook(9_000.0, None, 100.0), outlook(None, None, 0.5))
    drawn = draw(select(replace(COSTS, forecasts=Forecasts(outlook(None, None), (tenant,)))), 90)
    assert [text_of(line).split() for line in drawn[-2:]] == [
        ["acme", "$21.55", "this", "month", "→", "$65.50"],
        ["tokens", "4,310", "this", "month", "→", "13.1k", "of", "9,000"],
    ]
    assert any(ink is Ink.WARN for _, ink in drawn[-1])


def test_before_the_first_answer_it_says_so() -> None:
    assert text_of(draw(select(None), 80)[0]) == "waiting for the gateway"


def test_every_width_holds_it() -> None:
    tenant = TenantForecast(HOSTILE, outlook(1.0, None), outlook(None, None))
    hostile = replace(COSTS, forecasts=Forecasts(outlook(None, None), (tenant,)))
    for costs in (COSTS, hostile):
        for width in range(3, 130, 7):
            assert all(width_of(line) <= width for line in draw(select(costs), width)), width


def test_of_the_past_there_is_at_least_what_the_picture_holds() -> None:
    gauge = MoneyGauge(today=1.5, per_hour=0.2, day_end=4.0, month_end=60.0, saved=0.3)
    lines = [text_of(line) for line in draw(glance(gauge, "no more"), 80)]
    assert [line[:11].strip() for line in lines[:-1]] == ["today", "midnight", "month's end", "burn", "cache saved"]
    assert lines[-1] == "no more"
    young = draw(glance(MoneyGauge(today=1.5), "no more"), 80)
    assert [text_of(line)[:11].strip() for line in young[:-1]] == ["today", "cache saved"]
