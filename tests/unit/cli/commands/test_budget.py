"""Budgets in lines; talking to a gateway is tested in tests/integration/gateway/test_costs_api.py."""

import argparse
from typing import Any

import pytest

from ai_dashboard.cli.commands.budget import arguments, lines, run

DECEMBER = 1_796_083_200.0
UNTIL = "  until 2026-12-01 00:00 UTC"


def view(name: str, spent: float, resets_at: float | None = DECEMBER, reserved: float = 0.0) -> dict[str, Any]:
    return {
        "scope": "tenant" if name else "total",
        "name": name,
        "window": "monthly",
        "limit": 10.0,
        "spent": spent,
        "reserved": reserved,
        "remaining": max(0.0, 10 - spent),
        "used_percent": 10 * spent,
        "resets_at": resets_at,
    }


def test_a_line_for_each_limit() -> None:
    views = {
        "budgets": [view("", 5.0), view("acme", 8.0, reserved=1.5), view("b", 11.0, resets_at=None)],
        "prices": "a list, 2026-11-21",
        "unpriced": ["openai/gpt-99"],
    }
    assert lines(views) == [
        "  all together, monthly  ██████████░░░░░░░░░░  50.0 %  $5.00 of $10.00" + UNTIL,
        f"⚠ tenant acme, monthly   ████████████████░░░░  80.0 %  $8.00 of $10.00 + $1.50 in flight{UNTIL}",
        "✗ tenant b, monthly      ████████████████████ 110.0 %  $11.00 of $10.00",
        "⚠ nobody knows what these cost: openai/gpt-99",
        "public prices: a list, 2026-11-21",
    ]


def test_no_budgets() -> None:
    assert lines({"budgets": [], "prices": "p", "unpriced": []})[0].startswith("no budgets:")


@pytest.mark.parametrize(
    "written", [["set"], ["show", "5"], ["5"], ["set", "-5"], ["set", "much"], ["set", "inf"], ["raise", "5"]]
)
def test_what_makes_no_sense_is_refused(written: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    arguments(parser)
    with pytest.raises(SystemExit):
        run(parser.parse_args(written))
    assert "error:" in capsys.readouterr().err
