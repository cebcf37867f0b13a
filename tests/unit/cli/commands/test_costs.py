"""Costs in lines; talking to a gateway is tested in tests/integration/gateway/test_costs_api.py."""

from typing import Any

from ai_dashboard.cli.commands.costs import forecast_lines, lines, reconcile_lines
from ai_dashboard.costs.invoice import Finding

DOLLARS = "today $1.50, by midnight $3.25; this month $40.00, by its end $1,200.00"


def row(name: str, amount: float | None, unknown: int = 0, estimated: int = 0) -> dict[str, Any]:
    return {
        "name": name,
        "amount": amount,
        "calls": 2,
        "unknown": unknown,
        "estimated": estimated,
        "prompt_tokens": 12000,
        "completion_tokens": 50,
        "cached_tokens": 0,
        "reasoning_tokens": 0,
    }


def outlook(limit: float | None, days_left: float | None) -> dict[str, Any]:
    return {
        "method": "seasonal",
        "per_hour": 1.0,
        "today": 1.5,
        "day_end": 3.25,
        "month": 40.0,
        "month_end": 1200.0,
        "limit": limit,
        "days_left": days_left,
    }


def test_what_nobody_knows_is_not_shown_as_nothing() -> None:
    table = {
        "by": "model",
        "since": "2026-11-01",
        "timezone": "UTC",
        "rows": [row("gpt-5", 1234.5), row("tiny", 0.000042, estimated=1), row("odd", None, unknown=2)],
        "total": row("total", 1234.500042, unknown=2),
    }
    assert lines(table) == [
        "since 2026-11-01 (UTC)",
        "model            cost     calls        prompt        answer",
        "gpt-5       $1,234.50         2        12,000            50",
        "tiny        $0.000042         2        12,000            50  1 estimated",
        "odd           unknown         2        12,000            50  2 of unknown price",
        "total       $1,234.50         2        12,000            50  2 of unknown price",
    ]


def test_the_outlook() -> None:
    said = {
        "dollars": outlook(100.0, 12.34),
        "tenants": [{"tenant": "acme", "tokens": outlook(1000.0, 0), "dollars": outlook(None, None)}],
    }
    assert forecast_lines(said) == [
        f"all together  {DOLLARS}; $100.00 lasts 12.3 days (seasonal)",
        "acme  tokens: today 2, by midnight 3; this month 40, by its end 1,200; 1,000 used up (seasonal)",
        f"acme  dollars: {DOLLARS} (seasonal)",
    ]


def test_a_bill_and_the_receipts_side_by_side() -> None:
    findings = [
        Finding("matched", "2026-11-01", "gpt-5", 1.5, 1.5, 100, 100, (2,)),
        Finding("missing", "2026-11-02", "o3", 2.0, None, None, None, (3,)),
        Finding("unbilled", "2026-11-02", "gpt-4o", None, 0.25, None, 10),
    ]
    assert reconcile_lines(findings, ["line 4: 'soon' is no date"]) == [
        "✓ 2026-11-01  gpt-5          $1.50 /        $1.50  100 / 100 tokens  agree",
        "? 2026-11-02  o3             $2.00 /            –  – / – tokens  billed, and no receipt for it here",
        "– 2026-11-02  gpt-4o             – /        $0.25  – / 10 tokens  a receipt here, and not billed",
        "bill / receipts: $3.50 / $1.75; 1 matched, 0 different, 1 missing, 1 unbilled",
        "⚠ line 4: 'soon' is no date",
    ]
