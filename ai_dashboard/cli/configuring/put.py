"""Check a changed copy of a file, back the old file up, and put the copy in its place.

  ai-dashboard config put providers.yaml --why "a second server"
  ai-dashboard config put /tmp/new.yaml --as gateway.yaml

Nothing is written when the folder would not load with it. A running gateway that holds the folder makes the change and
has it in force at once. Exit code 0: it is in place, 1: it was refused, 2: used wrongly.
"""

import argparse
import sys
from pathlib import Path

from ai_dashboard.cli.configuring.changing import add_gateway_option
from ai_dashboard.cli.options import add_config_option, add_json_option


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("copy", metavar="FILE", type=Path, help="the changed copy")
    parser.add_argument("--as", dest="file", metavar="NAME", help="the file it stands for, such as providers.yaml")
    parser.add_argument("--why", default="", metavar="TEXT", help="for the index of backups")
    add_json_option(parser)
    add_gateway_option(parser)
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.configuring.changing import desk_of, print_json, show
    from ai_dashboard.cli.configuring.diff import name_of
    from ai_dashboard.cli.configuring.folder import read_text

    file, text = name_of(args), read_text(str(args.copy))
    desk = desk_of(args)
    proposal = desk.propose(file, text)
    if not args.json:
        show(proposal)
    if proposal.refused:
        if args.json:
            print_json(proposal, "")
        print("ai-dashboard: not put in place: it would not load", file=sys.stderr)
        return 1
    done = desk.commit(file, text, proposal.base, args.why)
    print_json(proposal, done) if args.json else print(done)
    return 0
