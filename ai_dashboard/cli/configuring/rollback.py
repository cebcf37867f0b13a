"""Put a backup back. It is checked, and what it replaces is backed up, like any change.

  ai-dashboard config backups
  ai-dashboard config rollback providers.20261121T131152000000Z.0123abcd.yaml

Exit code 0: it is put back, 1: it was refused, 2: used wrongly.
"""

import argparse

from ai_dashboard.cli.configuring.changing import add_gateway_option
from ai_dashboard.cli.options import add_config_option, add_json_option


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="as `config backups` lists it")
    add_json_option(parser)
    add_gateway_option(parser)
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.configuring.changing import desk_of, print_json

    done = desk_of(args).rollback(args.id)
    print_json(None, done) if args.json else print(done)
    return 0
