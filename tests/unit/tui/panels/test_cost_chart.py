from dataclasses import replace

from ai_dashboard.core.costs import CostsView, DayCost
from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels.cost_chart import draw, select
from tests.tui.fakes import busy, empty
from tests.tui.money import budget, spent

COSTS = spent(busy(), "model", "month")


def days(*amounts: float | None) -> CostsView:
    """Costs of so many days of September."""
    return replace(COSTS, days=tuple(DayCost(f"2026-09-{day:02}", it) for day, it in enumerate(amounts, start=1)))


def with_daily(limit: float, costs: CostsView) -> CostsView:
    """With a daily budget of all together."""
    one = replace(budget("total", "", 0.1, "daily"), limit=limit)
    return replace(costs, budgets=replace(costs.budgets, budgets=(one, budget("tenant", "acme", 0.1, "daily"))))


def test_the_legend_tells_of_today_and_of_the_budget() -> None:
    legend = text_of(draw(select(with_daily(10.0, days(1.0, 2.0, 4.31))), 100, 12)[0])
    assert legend == "today $4.31  by midnight about $8.90  ── budget $10.00 a day"


def test_the_budgets_line_lies_across_where_it_can_be_seen() -> None:
    near, far = (draw(select(with_daily(limit, days(1.0, 4.0))), 60, 12) for limit in (6.0, 600.0))
    assert any(ink is Ink.WARN and "──" in text for line in near[1:] for text, ink in line)
    assert not any(ink is Ink.WARN for line in far[1:] for _, ink in line)
    assert "$5.00┤" in text_of(far[1])


def test_a_day_of_unknown_cost_has_no_column_and_is_counted() -> None:
    view = select(days(2.0, None, 1.0))
    assert view.days == (2.0, None, 1.0)
    assert "1 without a known price" in text_of(draw(view, 120, 12)[0])


def test_without_costs_it_says_so() -> None:
    assert text_of(draw(select(None), 80, 10)[0]) == "waiting for the gateway"
    assert text_of(draw(select(spent(empty(), "model", "month")), 80, 10)[0]) == "nothing was spent in 21 days"


def test_in_too_little_room_there_is_a_line_of_bars() -> None:
    legend, bars = draw(select(days(1.0, 2.0, 4.0)), 28, 3)
    assert text_of(legend).startswith("today $4.00")
    assert len(text_of(bars)) == 28
    assert len(draw(select(COSTS), 28, 1)) == 1


def test_a_change_that_cannot_be_seen_is_no_other_view() -> None:
    assert select(days(1.0, 2.00001)) == select(days(1.0, 2.00002))
    assert select(days(1.0, 2.0)) != select(days(1.0, 2.01))


def test_every_size_holds_it() -> None:
    for width in range(3, 130, 9):
        for height in (1, 3, 7, 12):
            lines = draw(select(COSTS), width, height)
            assert len(lines) <= height
            assert all(width_of(line) <= width for line in lines), (width, height)
