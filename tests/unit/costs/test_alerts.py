"""When money is something to be told."""

import pytest

from ai_dashboard.core.costs import DOLLAR, Allowance
from ai_dashboard.core.snapshot import AlertLevel
from ai_dashboard.costs.account import Limit
from ai_dashboard.costs.alerts import CostAlerts, level_of, unpriced_alerts
from ai_dashboard.costs.journal import MemoryJournal
from ai_dashboard.costs.ledger import MemoryLedger
from ai_dashboard.costs.windows import Moment

NOW = Moment("2026-11-21T12", "2026-11-21", "2026-11")
TOMORROW = Moment("2026-11-22T12", "2026-11-22", "2026-11")
OWNERS = {
    "total": Allowance(daily=100 * DOLLAR, monthly=1000 * DOLLAR),
    "provider:openai": Allowance(total=10 * DOLLAR),
}


@pytest.mark.parametrize(
    ("spent", "level"),
    [
        (0, None), (74, None), (75, AlertLevel.WARNING), (89, AlertLevel.WARNING), (90, AlertLevel.CRITICAL),
        (100, AlertLevel.CRITICAL), (120, AlertLevel.CRITICAL),
    ],
)  # fmt: skip
def test_three_quarters_are_worth_a_warning_and_nine_tenths_more(spent: int, level: AlertLevel | None) -> None:
    assert level_of(Limit("daily", 100, spent)) is level


def test_a_budget_of_nothing_is_used_up() -> None:
    assert level_of(Limit("daily", 0, 0)) is AlertLevel.CRITICAL


def test_each_limit_is_told_for_itself_and_keeps_its_time_while_it_lasts() -> None:
    ledger, alerts = MemoryLedger(MemoryJournal(), 600), CostAlerts()
    ledger.account("total").charge(80 * DOLLAR, NOW)
    ledger.account("provider:openai").charge(11 * DOLLAR, NOW)
    first = alerts.now(ledger, OWNERS, (), NOW, wall=5.0)
    assert [(it.key, it.level, it.at, it.text, it.provider) for it in first] == [
        (
            "budget:total:daily",
            AlertLevel.WARNING,
            5.0,
            "80 % of the daily budget of the gateway is spent ($80.00 of $100.00)",
            None,
        ),
        (
            "budget:provider:openai:total",
            AlertLevel.CRITICAL,
            5.0,
            "the budget of provider openai is used up ($10.00)",
            "openai",
        ),
    ]
    ledger.account("total").charge(10 * DOLLAR, NOW)
    later = {it.key: (it.level, it.at) for it in alerts.now(ledger, OWNERS, (), NOW, wall=9.0)}
    assert later == {
        "budget:total:daily": (AlertLevel.CRITICAL, 9.0),
        "budget:provider:openai:total": (AlertLevel.CRITICAL, 5.0),
    }
    tomorrow = alerts.now(ledger, OWNERS, (), TOMORROW, wall=99.0)
    assert [it.key for it in tomorrow] == ["budget:provider:openai:total"]


def test_models_of_unknown_price_are_told_provider_by_provider() -> None:
    models = {("a", f"m{number}") for number in range(5)} | {("b", "n")}
    assert [(it.key, it.provider, it.text) for it in unpriced_alerts(models)] == [
        ("unpriced:a", "a", "nobody knows what m0, m1, m2 and 2 more costs at a: no budget counts it"),
        ("unpriced:b", "b", "nobody knows what n costs at b: no budget counts it"),
    ]
