"""Say who changed what, and whether the record of it is whole.

ai-dashboard audit              the last changes, the newest at the end
ai-dashboard audit tail -n 100  more of them; --json for programs
ai-dashboard audit verify       every entry as it was written, none missing; exit 1 where that is not so

The log is in the state folder (`audit/`). It holds every change of the configuration that was made through the program
or taken up from disk, and every action of an operator.
"""

import argparse
import dataclasses
import json
import os
import sys
from datetime import datetime
from pathlib import Path

ACTIONS = ("tail", "verify")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=ACTIONS, default="tail", help="default: tail")
    parser.add_argument("-n", type=_count, default=20, metavar="N", help="entries to show (default: 20)")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.gateway.state import audit_folder

    folder = audit_folder(dict(os.environ))
    try:
        return _verify(folder, as_json=args.json) if args.action == "verify" else _tail(folder, args)
    except OSError as error:
        print(f"ai-dashboard: {folder}: {error.strerror or error}", file=sys.stderr)
        return 1


def _tail(folder: Path, args: argparse.Namespace) -> int:
    from ai_dashboard.telemetry.audit import Audit

    entries = Audit(folder, lambda: 0.0).newest(args.n)
    if args.json:
        print(json.dumps([dataclasses.asdict(entry) for entry in entries], ensure_ascii=False, indent=2))
        return 0
    if not entries:
        print(f"nothing was changed yet ({folder})")
    for entry in entries:
        when = datetime.fromtimestamp(entry.at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        where = f" ({entry.where})" if entry.where else ""
        states = f"  {_short(entry.before)} → {_short(entry.after)}" if entry.before or entry.after else ""
        why = f": {entry.why}" if entry.why else ""
        print(_plain(f"{when}  {entry.what}  {entry.subject}  by {entry.who}{where}{states}{why}"))
        for detail in entry.details:
            print(_plain(f"    {detail}"))
    return 0


def _verify(folder: Path, *, as_json: bool) -> int:
    from ai_dashboard.telemetry.audit_check import verify

    verdict = verify(folder)
    if as_json:
        print(json.dumps(dataclasses.asdict(verdict), ensure_ascii=False, indent=2))
    else:
        for line in (*verdict.problems, *(f"note: {note}" for note in verdict.notes)):
            print(_plain(line))
        state = f"{len(verdict.problems)} problems" if verdict.problems else "whole"
        print(f"{folder}: {verdict.entries} entries, {state}")
    return 1 if verdict.problems else 0


def _short(state: str) -> str:
    """A hash by its beginning, any other state as it is."""
    is_hash = len(state) == 64 and all(letter in "0123456789abcdef" for letter in state)
    return state[:8] if is_hash else state or "nothing"


def _plain(text: str) -> str:
    """What a terminal may be shown: callers of the admin API choose some of these words."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 100_000):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of entries; it can be 1 to 100000")
    return int(text)
