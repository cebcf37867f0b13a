"""Show what may be spent and what was, or set the month's budget of a running gateway.

  ai-dashboard budget               every limit as it stands
  ai-dashboard budget set 50        dollars that all together may spend in a month
  ai-dashboard budget set none      go back to what gateway.yaml says

What is set holds from now on, also after a restart, and wins over gateway.yaml and BUDGET_LIMIT.
"""

import argparse
import json
from datetime import UTC, datetime
from typing import Any

from ai_dashboard.cli.asking import ask
from ai_dashboard.cli.options import add_url_option

NONE = "none"
BAR = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("show", "set"), default="show", metavar="ACTION")
    parser.add_argument("amount", nargs="?", type=_amount, metavar="AMOUNT", help="US dollars for a month, or none")
    parser.add_argument("--json", action="store_true", help="for programs")
    add_url_option(parser)
    parser.set_defaults(refuse=parser.error)


def run(args: argparse.Namespace) -> int:
    if (args.action == "set") != (args.amount is not None):
        args.refuse("`set` needs an AMOUNT" if args.action == "set" else "only `set` takes an AMOUNT")
    if args.action == "set":
        ask(args.url, "POST", "budget", {"budget_limit": None if args.amount == NONE else args.amount})
    views = ask(args.url, "GET", "budget")
    print(json.dumps(views, ensure_ascii=False, indent=2) if args.json else "\n".join(lines(views)))
    return 0


def lines(views: dict[str, Any]) -> list[str]:
    """A line for each limit, then what no budget counts."""
    budgets = views["budgets"]
    names = [_name(view) for view in budgets]
    width = max(map(len, names), default=0)
    text = [_line(view, name, width) for view, name in zip(budgets, names, strict=True)]
    if not text:
        text.append("no budgets: `ai-dashboard budget set 50`, or `budgets:` in gateway.yaml")
    if views["unpriced"]:
        text.append(f"⚠ nobody knows what these cost: {', '.join(views['unpriced'])}")
    return [*text, f"public prices: {views['prices']}"]


def _name(view: dict[str, Any]) -> str:
    owner = f"{view['scope']} {view['name']}" if view["name"] else "all together"
    return f"{owner}, {view['window']}"


def _line(view: dict[str, Any], name: str, width: int) -> str:
    percent = view["used_percent"]
    filled = min(BAR, round(BAR * percent / 100))
    mark = "✗" if percent >= 100 else "⚠" if percent >= 75 else " "
    resets = view["resets_at"]
    until = f"  until {datetime.fromtimestamp(resets, UTC):%Y-%m-%d %H:%M} UTC" if resets is not None else ""
    held = f" + ${view['reserved']:,.2f} in flight" if view["reserved"] else ""
    bar = "█" * filled + "░" * (BAR - filled)
    return (
        f"{mark} {name:<{width}}  {bar} {percent:>5.1f} %  ${view['spent']:,.2f} of ${view['limit']:,.2f}{held}{until}"
    )


def _amount(text: str) -> float | str:
    if text.lower() == NONE:
        return NONE
    try:
        amount = float(text.removeprefix("$"))
    except ValueError:
        amount = -1.0
    if not 0 <= amount < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no amount; write dollars such as 50, or none")
    return amount
