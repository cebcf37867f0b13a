"""Check a changed copy of a file, back the old file up, and put the copy in its place.

Nothing is written when the folder would not load with it. A gateway that watches the folder takes it up at once.
"""

import argparse
import sys

from ai_dashboard.cli.configuring import diff


def arguments(parser: argparse.ArgumentParser) -> None:
    diff.arguments(parser)
    parser.add_argument("--why", default="", metavar="TEXT", help="for the index of backups")


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.configuring.folder import store_of, who
    from ai_dashboard.config.store import Refused

    store = store_of(args)
    proposal = diff.proposed(args, store)
    diff.show(proposal)
    try:
        backup = store.commit(proposal, who=who(), why=args.why)
    except Refused as error:
        print(f"ai-dashboard: not put in place: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"ai-dashboard: not put in place, the old file is untouched: {error}", file=sys.stderr)
        return 1
    kept = f"; the old one is backup {backup.id}" if backup else ""
    print(f"{store.folder / proposal.file} is in place{kept}")
    return 0
