"""Make, list and revoke the keys with which callers come to a running gateway.

ai-dashboard keys create ci --tenant acme --model 'gpt-5*' --rpm 60    the key is printed once, and never again
ai-dashboard keys list                                                 all, and what becomes of those who bring them
ai-dashboard keys show ci                                              one: by its id, the beginning of it, or its name
ai-dashboard keys revoke ci                                            for good, within a second, at all gateways
"""

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from ai_dashboard.cli.asking import ask
from ai_dashboard.cli.options import add_url_option
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.tenancy import SCOPES

MARKS = {"active": "●", "disabled": "◐", "expired": "○", "revoked": "✗"}
LIMITS = ("rpm", "tpm", "concurrency", "budget_daily", "budget_monthly", "budget_total")


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action_of(name: str, about: str, example: str) -> argparse.ArgumentParser:
        told = f"{about[0].upper()}{about[1:]}.\n\n  ai-dashboard keys {example}"
        form = argparse.RawDescriptionHelpFormatter
        return actions.add_parser(name, help=about, description=told, formatter_class=form, allow_abbrev=False)

    create = action_of("create", "make a key and print it, once", "create ci --tenant acme --model 'gpt-5*' --rpm 60")
    create.add_argument("name", help="what it is called here")
    create.add_argument("--tenant", help="whose requests its requests are (default: default)")
    create.add_argument("--scope", action="append", choices=SCOPES, help="what it opens (default: chat and read)")
    create.add_argument("--model", action="append", metavar="PATTERN", help="what may be asked for (default: all)")
    create.add_argument("--provider", action="append", metavar="NAME", help="who may answer (default: all)")
    create.add_argument("--rpm", type=int, metavar="N", help="requests in a minute")
    create.add_argument("--tpm", type=int, metavar="N", help="tokens in a minute")
    create.add_argument("--concurrency", type=int, metavar="N", help="requests at one time")
    for window in ("daily", "monthly", "total"):
        create.add_argument(f"--budget-{window}", type=float, metavar="USD", help=f"dollars ({window})")
    create.add_argument("--expires", type=_moment, metavar="WHEN", help="such as 30d, 12h, or 2027-01-31")
    listing = action_of("list", "all keys", "list --json")
    show = action_of("show", "one key", "show ci")
    revoke = action_of("revoke", "revoke one for good", "revoke ci")
    for one in (show, revoke):
        one.add_argument("key", help="its id, the beginning of it, or its name")
    for action in (create, listing, show, revoke):
        action.add_argument("--json", action="store_true", help="for programs")
        add_url_option(action)


def run(args: argparse.Namespace) -> int:
    match args.action:
        case "create":
            said = ask(args.url, "POST", "keys", _wanted(args))
            if not args.json:
                print("\n".join(lines(said["key"])), file=sys.stderr)
                print("the key itself is shown here and never again:", file=sys.stderr)
                print(said["secret"])
                return 0
        case "list":
            said = ask(args.url, "GET", "keys")
            if not args.json:
                print("\n".join(table(said["keys"])))
                if said["trouble"]:
                    print(f"ai-dashboard: {said['trouble']}", file=sys.stderr)
                return 1 if said["trouble"] else 0
        case "show":
            said = ask(args.url, "GET", f"keys/{quote(args.key, safe='')}")
        case _:
            said = ask(args.url, "DELETE", f"keys/{quote(args.key, safe='')}")
    print(json.dumps(said, ensure_ascii=False, indent=2) if args.json else "\n".join(lines(said)))
    return 0


def _wanted(args: argparse.Namespace) -> dict[str, Any]:
    wanted: dict[str, Any] = {"name": args.name, "expires_at": args.expires}
    wanted |= {"tenant": args.tenant, "scopes": args.scope, "models": args.model, "providers": args.provider}
    wanted |= {name: getattr(args, name) for name in LIMITS}
    return {name: value for name, value in wanted.items() if value is not None}


def table(keys: list[dict[str, Any]]) -> list[str]:
    """A line for each key."""
    if not keys:
        return ["there are no keys: whoever is on this machine may call (`ai-dashboard keys create NAME`)"]
    rows = [(_mark(key), key["id"], key["name"], key["shown"], key["tenant"], _limits(key)) for key in keys]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return ["  ".join((*map(str.ljust, row, widths), row[5])).rstrip() for row in rows]


def lines(key: dict[str, Any]) -> list[str]:
    """One key, for people."""
    text = [
        f"{_mark(key)}  {key['id']}  {key['shown']}  {key['name']}".rstrip(),
        f"tenant     {key['tenant']}",
        f"scopes     {', '.join(key['scopes'])}",
        f"models     {', '.join(key['models']) or 'all'}",
        f"providers  {', '.join(key['providers']) or 'all'}",
        f"limits     {_limits(key) or 'those of its tenant'}",
        f"made       {_time(key['created_at'])}",
        f"expires    {_time(key['expires_at']) if key['expires_at'] else 'never'}",
    ]
    if key["revoked_at"]:
        text.append(f"revoked    {_time(key['revoked_at'])}")
    return text


def _mark(key: dict[str, Any]) -> str:
    return f"{MARKS.get(key['state'], '?')} {key['state']}"


def _limits(key: dict[str, Any]) -> str:
    given = {name: key["limits"][name] for name in LIMITS if key["limits"][name] is not None}
    return "  ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in given.items())


def _time(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")


def _moment(text: str) -> float:
    """A time to come, or argparse's own complaint."""
    from ai_dashboard.telemetry.request_filter import since

    now = time.time()
    try:
        at = since(text, now)
    except CallerError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 30d, 12h or 2027-01-31") from None
    if text[-1:].isalpha():
        at = 2 * now - at
    if at <= now:
        raise argparse.ArgumentTypeError(f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC is over")
    return at
