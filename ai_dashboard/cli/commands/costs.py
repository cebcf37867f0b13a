"""Say what the calls of a running gateway have cost, and hold it against a provider's bill.

ai-dashboard costs                               this month, by provider
ai-dashboard costs --by tenant --since 30d       the last 30 days
ai-dashboard costs --by day --since 2026-11-01
ai-dashboard costs --forecast                    how it goes on
ai-dashboard costs --reconcile invoice.csv       line by line; exits 1 where bill and receipts differ
"""

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlencode

from ai_dashboard.cli.asking import ask
from ai_dashboard.cli.options import add_url_option
from ai_dashboard.core.costs import CostLine, Dimension

if TYPE_CHECKING:
    from ai_dashboard.costs.invoice import Finding

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
MARKS = {"matched": "✓", "different": "≠", "missing": "?", "unbilled": "–"}
WORDS = {
    "matched": "agree",
    "different": "differ",
    "missing": "billed, and no receipt for it here",
    "unbilled": "a receipt here, and not billed",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", choices=DIMENSIONS, default="provider", help="what to add up by (default: provider)")
    parser.add_argument(
        "--since", metavar="DAY", help="the first day: 2026-11-01, 30d, or month (default: the first of the month)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--forecast", action="store_true", help="how it goes on, and when budgets are used up")
    form.add_argument("--reconcile", type=Path, metavar="FILE", help="a provider's bill as CSV")
    parser.add_argument("--json", action="store_true", help="for programs")
    add_url_option(parser)


def run(args: argparse.Namespace) -> int:
    if args.reconcile is not None:
        return _reconcile(args)
    if args.forecast:
        said = ask(args.url, "GET", "costs/forecast")
        text = forecast_lines(said)
    else:
        said = ask(args.url, "GET", f"costs?{urlencode({'by': args.by, 'since': args.since or 'month'})}")
        text = lines(said)
    print(json.dumps(said, ensure_ascii=False, indent=2) if args.json else "\n".join(text))
    return 0


def lines(table: dict[str, Any]) -> list[str]:
    """A row for each name, and the total."""
    rows = [*table["rows"], table["total"]]
    width = max(len(row["name"]) for row in rows)
    head = f"{table['by']:<{width}}  {'cost':>14}  {'calls':>8}  {'prompt':>12}  {'answer':>12}"
    text = [f"since {table['since']} ({table['timezone']})", head]
    for row in rows:
        unknown = f"  {row['unknown']} of unknown price" if row["unknown"] else ""
        estimated = f"  {row['estimated']} estimated" if row["estimated"] else ""
        tokens = f"{row['prompt_tokens']:>12,}  {row['completion_tokens']:>12,}"
        text.append(f"{row['name']:<{width}}  {_cost(row):>14}  {row['calls']:>8,}  {tokens}{unknown}{estimated}")
    return text


def forecast_lines(said: dict[str, Any]) -> list[str]:
    """Dollars of all, then each tenant's tokens and dollars."""
    text = [f"all together  {_outlook(said['dollars'], '$')}"]
    for tenant in said["tenants"]:
        text.append(f"{tenant['tenant']}  tokens: {_outlook(tenant['tokens'], '')}")
        text.append(f"{tenant['tenant']}  dollars: {_outlook(tenant['dollars'], '$')}")
    return text


def reconcile_lines(findings: "Sequence[Finding]", problems: Sequence[str]) -> list[str]:
    """Model by model; then how many of each kind, and what could not be read."""
    width = max((len(it.model) for it in findings), default=0)
    text = []
    for it in findings:
        tokens = f"{_tokens(it.billed_tokens)} / {_tokens(it.receipt_tokens)} tokens"
        amounts = f"{_dollars(it.billed):>12} / {_dollars(it.receipts):>12}"
        text.append(f"{MARKS[it.verdict]} {it.day}  {it.model:<{width}}  {amounts}  {tokens}  {WORDS[it.verdict]}")
    counts = {verdict: sum(it.verdict == verdict for it in findings) for verdict in MARKS}
    billed, ours = sum(it.billed or 0 for it in findings), sum(it.receipts or 0 for it in findings)
    text.append(f"bill / receipts: {_dollars(billed)} / {_dollars(ours)}; {_count(counts)}")
    return text + [f"⚠ {problem}" for problem in problems]


def _reconcile(args: argparse.Namespace) -> int:
    from ai_dashboard.costs.invoice import read_bill, reconcile

    try:
        bill = read_bill(args.reconcile.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, csv.Error) as error:
        print(f"ai-dashboard: {args.reconcile} cannot be read as a bill: {error}", file=sys.stderr)
        return 1
    first = args.since or min((it.day for it in bill.lines), default="month")
    said = ask(args.url, "GET", f"costs/lines?{urlencode({'since': first})}")
    findings = reconcile(bill.lines, [CostLine(**line) for line in said["lines"]])
    if args.json:
        document = {"findings": [asdict(it) for it in findings], "problems": bill.problems}
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        print("\n".join(reconcile_lines(findings, bill.problems)))
    return 1 if bill.problems or any(it.verdict != "matched" for it in findings) else 0


def _outlook(view: dict[str, Any], sign: str) -> str:
    digits = 2 if sign else 0
    text = (
        f"today {sign}{view['today']:,.{digits}f}, by midnight {sign}{view['day_end']:,.{digits}f}; "
        f"this month {sign}{view['month']:,.{digits}f}, by its end {sign}{view['month_end']:,.{digits}f}"
    )
    if view["limit"] is not None:
        left = view["days_left"]
        until = "used up" if left == 0 else f"lasts {left:.1f} days" if left is not None else "lasts for a year or more"
        text += f"; {sign}{view['limit']:,.{digits}f} {until}"
    return f"{text} ({view['method']})"


def _cost(row: dict[str, Any]) -> str:
    """A cost that nobody knows is not shown as nothing."""
    return "unknown" if row["amount"] is None else _dollars(row["amount"])


def _dollars(amount: float | None) -> str:
    if amount is None:
        return "–"
    return f"${amount:,.2f}" if amount == 0 or abs(amount) >= 0.01 else f"${amount:,.6f}"


def _tokens(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def _count(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
