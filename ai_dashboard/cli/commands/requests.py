"""Read the request log of a running gateway: what was asked, who answered, how long it took and what it cost.

ai-dashboard requests                                    the last ones
ai-dashboard requests --since 1h --filter 'status:>=400 model:qwen*'
ai-dashboard requests --follow --filter tenant:acme      and those to come, until ctrl+c
ai-dashboard requests --since 7d --export csv > week.csv
ai-dashboard requests show 4f2a                          all that is known of one

A filter is words with spaces between them, all of which have to hold: fields (provider, model, asked, tenant, key,
status, stage, dialect, error, id, path, ttft, total, overhead, tokens, prompt, completion, cached, hit, cost, attempts,
stream) as in `ttft:>2s` or `status:4xx,5xx`, any other word is looked for everywhere; a minus in front turns it round.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from ai_dashboard.cli.asking import ask
from ai_dashboard.cli.options import add_url_option

if TYPE_CHECKING:
    from ai_dashboard.core.request_log import LoggedRequest

SHOWN = 20
PAGE = 500
FOLLOW_S = 1.0
FORMATS = ("jsonl", "csv", "har")
MARKS = {"done": "✓", "failed": "✗", "cut": "✂", "gone": "–"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("list", "show"), default="list", metavar="list|show")
    parser.add_argument("id", nargs="?", metavar="ID", help="show: the request's id or the beginning of it")
    parser.add_argument("--since", metavar="WHEN", help="such as 1h, 7d, 2026-11-21 or 2026-11-21T13:00 (UTC)")
    parser.add_argument("--until", metavar="WHEN", help="the same, for the end")
    parser.add_argument("--filter", metavar="WORDS", default="", help="which requests")
    parser.add_argument("-n", type=int, default=SHOWN, metavar="N", help=f"rows, without --since (default: {SHOWN})")
    parser.add_argument("--follow", "-f", action="store_true", help="go on with those to come")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--export", choices=FORMATS, help="everything that fits, as a file on standard output")
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    add_url_option(parser)
    parser.set_defaults(refuse=parser.error)


def run(args: argparse.Namespace) -> int:
    if (args.action == "show") != (args.id is not None):
        args.refuse("`show` needs an ID, and nothing else takes one")
    if args.export and args.follow:
        args.refuse("an export has an end: it cannot --follow")
    if args.action == "show":
        return _show(args)
    if args.export:
        return _export(args)
    write: Callable[[dict[str, Any]], str] = _json if args.json else line
    last = 0
    for page in _pages(args) if args.since else [_page(args, limit=args.n)]:
        last = _print(page, write) or last
    while args.follow:
        time.sleep(FOLLOW_S)
        last = _print(_page(args, after=last, limit=PAGE), write) or last
    return 0


def _show(args: argparse.Namespace) -> int:
    request = ask(args.url, "GET", f"log/{quote(args.id, safe='')}")
    print(json.dumps(request, ensure_ascii=False, indent=2) if args.json else "\n".join(details(request)))
    return 0


def _export(args: argparse.Namespace) -> int:
    from ai_dashboard.telemetry.export import as_csv, as_jsonl
    from ai_dashboard.telemetry.har import as_har

    rows = _rows(args)
    match args.export:
        case "jsonl":
            pieces = as_jsonl(rows)
        case "csv":
            pieces = as_csv(rows)
        case _:
            pieces = as_har(rows, args.url)
    for piece in pieces:
        sys.stdout.write(piece)
    return 0


def _rows(args: argparse.Namespace) -> "Iterator[LoggedRequest]":
    from pydantic import TypeAdapter

    from ai_dashboard.core.request_log import LoggedRequest

    row = TypeAdapter(LoggedRequest)
    for page in _pages(args, whole="1"):
        yield from map(row.validate_python, page["requests"])


def _pages(args: argparse.Namespace, **more: str) -> Iterator[dict[str, Any]]:
    """All that fits, from the oldest on."""
    page = _page(args, after=0, limit=PAGE, **more)
    while True:
        yield page
        if not page["more"]:
            return
        page = _page(args, after=page["last"], limit=PAGE, **more)


def _page(args: argparse.Namespace, **more: str | int) -> dict[str, Any]:
    asked = {"since": args.since, "until": args.until, "filter": args.filter or None, **more}
    return ask(args.url, "GET", f"log?{urlencode({name: it for name, it in asked.items() if it is not None})}")


def _print(page: Mapping[str, Any], write: Callable[[dict[str, Any]], str]) -> int:
    """Says the number of the last row."""
    for request in page["requests"]:
        print(write(request))
    sys.stdout.flush()
    return int(page["last"])


def _json(request: dict[str, Any]) -> str:
    return json.dumps(request, ensure_ascii=False)


def line(request: Mapping[str, Any]) -> str:
    """One request in one line."""
    when = datetime.fromtimestamp(request["at"]).astimezone().strftime("%m-%d %H:%M:%S")
    tokens = (
        f"{request['prompt_tokens']}→{request['completion_tokens']}" if request["prompt_tokens"] is not None else "–"
    )
    parts = [
        f"{MARKS.get(request['stage'], '?')} {when}",
        request["id"][:8],
        f"{request['status']:>3}",
        f"{_duration(request['total_s']):>7}",
        f"{_duration(request['ttft_s']):>7}",
        f"{tokens:>12}",
        f"{_money(request['cost']):>9}",
        f"{request['tenant']:<10}",
        f"{request['asked']} @ {request['provider'] or 'nobody'}{' (known)' if request['cached'] else ''}",
    ]
    if request["error"]:
        parts.append(f"{request['error']}: {request['message']}")
    return plain("  ".join(parts))


def details(request: Mapping[str, Any]) -> list[str]:
    """All that is known of one."""
    text = [
        line(request),
        f"came in at {request['method']} {request['path'] or '–'} with {request['key_id'] or 'no key'}",
    ]
    text += [f"{name:<10} {_duration(seconds)}" for name, seconds in request["stages"].items()]
    for number, attempt in enumerate(request["attempts"], start=1):
        outcome = attempt.get("error") or attempt.get("status") or "–"
        spent = attempt.get("ended_s", 0.0) - attempt.get("started_s", 0.0)
        text.append(
            f"attempt {number}  {attempt.get('kind', '')}  {attempt.get('model', '')} @ {attempt.get('provider', '')}  "
            f"{_duration(spent)}  {outcome}  {attempt.get('message', '')}".rstrip()
        )
    text += [f"warning    {warning}" for warning in request["warnings"]]
    for name in ("request_body", "response_body"):
        if request[name] is not None:
            text += [f"{name.replace('_', ' ')}:", *request[name].splitlines()]
    return [plain(it) for it in text]


def plain(text: str) -> str:
    """What a terminal may be shown: callers and providers choose some of these words."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds * 1000:.0f}ms" if seconds < 1 else f"{seconds:.2f}s"


def _money(dollars: float | None) -> str:
    return "–" if dollars is None else f"${dollars:.4f}"
