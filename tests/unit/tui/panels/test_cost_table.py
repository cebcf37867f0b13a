from dataclasses import replace

import pytest

from ai_dashboard.core.costs import CostRow
from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels.cost_table import draw, select
from tests.tui.fakes import HOSTILE, busy
from tests.tui.money import cost_row, spent

COSTS = spent(busy(), "model", "month")


def test_figures_stand_under_their_titles() -> None:
    head, first, second, unknown = (text_of(line) for line in draw(select(COSTS, "model"), 118))
    assert head.startswith("model ")
    assert first.startswith("llama3.1:8b")
    end = head.index("cost") + 4
    assert [row[end - 9 : end].strip() for row in (first, second, unknown)] == ["$30.00", "$15.00", "unknown"]
    assert first[end : end + 5].strip() == "66.7"
    calls = head.index("calls") + 5
    assert first[calls - 6 : calls].strip() == "40"
    assert "5 of unknown price" in unknown


def test_a_cost_that_nobody_knows_is_said_and_is_no_part_of_the_whole() -> None:
    line = draw(select(COSTS, "model"), 118)[3]
    assert ("  unknown", Ink.WARN) in line
    view = select(COSTS, "model")
    assert view.rows is not None
    assert [row.share for row in view.rows] == [pytest.approx(2 / 3), pytest.approx(1 / 3), None]


def test_the_total_says_what_is_not_certain() -> None:
    view = select(COSTS, "model")
    assert view.total is not None
    assert view.total.figures[:2] == ("$45.00", "85")
    assert view.total.doubt == "5 of unknown price, 8 estimated"


def test_days_are_named_after_what_is_added_up() -> None:
    view = select(spent(busy(), "day", "7d"), "model")
    assert (view.by, view.since) == ("day", "2026-09-15 (UTC)")
    assert [text_of(line)[:10] for line in draw(view, 80)] == ["day       ", "2026-09-20", "2026-09-21"]


def test_before_the_first_answer_and_without_costs_it_says_so() -> None:
    assert text_of(draw(select(None, "key"), 80)[0]) == "waiting for the gateway"
    nothing = replace(COSTS, table=replace(COSTS.table, rows=()))
    assert text_of(draw(select(nothing, "model"), 80)[0]) == "nothing was spent since 2026-09-01 (UTC)"


def test_where_everything_is_free_there_are_no_shares() -> None:
    free = CostRow("total", 0.0, 1, 0, 0, 1, 1, 0, 0)
    view = select(replace(COSTS, table=replace(COSTS.table, rows=(cost_row("llama", 0.0),), total=free)), "model")
    assert "llama" in text_of(draw(view, 100)[1])
    assert view.rows is not None
    assert view.rows[0].share is None


def test_every_width_holds_it() -> None:
    hostile = replace(COSTS, table=replace(COSTS.table, rows=(cost_row(HOSTILE, 3.0), cost_row("日本語" * 9, None))))
    for view in (select(COSTS, "model"), select(hostile, "model")):
        for width in range(5, 140, 5):
            assert all(width_of(line) <= width for line in draw(view, width)), width
