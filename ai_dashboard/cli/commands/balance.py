"""Say what is left: of budgets, of the limits of tenants and keys, and of those of providers.

ai-dashboard balance           everything that has an end, scarcest first
ai-dashboard balance --json    for programs
"""

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ai_dashboard.cli.asking import ask
from ai_dashboard.cli.options import add_url_option
from ai_dashboard.core.data import dataclass

BAR = 10
SCARCE, OVER = 0.25, 0.0
"""Shares that are left, at which a line is marked."""


@dataclass(frozen=True, slots=True)
class _Line:
    """Whose it is, how much of it is left (0 to 1), and that in words."""

    owner: str
    share: float
    words: str


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")
    add_url_option(parser)


def run(args: argparse.Namespace) -> int:
    said = ask(args.url, "GET", "balance")
    print(json.dumps(said, ensure_ascii=False, indent=2) if args.json else "\n".join(lines(said)))
    return 0


def lines(said: dict[str, Any]) -> list[str]:
    """A line for each thing that has an end, the scarcest first."""
    found = sorted([*_budgets(said), *_limits(said), *_providers(said)], key=lambda line: line.share)
    if not found:
        return ["nothing is limited: no budget, no limit of a tenant or key, and no provider has told of any"]
    width = max(len(line.owner) for line in found)
    return [f"{_mark(line.share)} {line.owner:<{width}}  {_bar(line.share)}  {line.words}" for line in found]


def _budgets(said: dict[str, Any]) -> Iterator[_Line]:
    for it in said["budgets"]:
        owner = f"{it['scope']} {it['name']}" if it["name"] else "all together"
        share = it["remaining"] / it["limit"] if it["limit"] else 0.0
        held = f" (${it['reserved']:,.2f} of it in flight)" if it["reserved"] else ""
        until = f", until {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC" if (at := it["resets_at"]) else ""
        words = f"${it['remaining']:,.2f} of ${it['limit']:,.2f} {it['window']}{held}{until}"
        yield _Line(owner, share, words)


def _limits(said: dict[str, Any]) -> Iterator[_Line]:
    for it in said["limits"]:
        share = it["remaining"] / it["limit"] if it["limit"] else 0.0
        full = f", all again in {_duration(it['reset_s'])}" if it["reset_s"] >= 1 else ""
        words = f"{it['remaining']:,} of {it['limit']:,} {it['what']}{full}"
        yield _Line(f"{it['scope']} {it['name']}", share, words)


def _providers(said: dict[str, Any]) -> Iterator[_Line]:
    for provider in said["providers"]:
        for it in provider["limits"]:
            resets = f", all again in {_duration(it['resets_in_s'])}" if it["resets_in_s"] else ""
            yield _Line(f"provider {provider['name']}", it["left"], f"{it['left']:.0%} of {it['name']}{resets}")


def _mark(share: float) -> str:
    return "✗" if share <= OVER else "⚠" if share <= SCARCE else " "


def _bar(share: float) -> str:
    filled = min(BAR, round(BAR * share))
    return "█" * filled + "░" * (BAR - filled)


def _duration(seconds: float) -> str:
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"
