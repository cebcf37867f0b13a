"""Put a backup back. It is checked, and what it replaces is backed up, like any change."""

import argparse
import sys

from ai_dashboard.cli.options import add_config_option


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="as `config backups` lists it")
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.configuring.diff import show
    from ai_dashboard.cli.configuring.folder import store_of, who
    from ai_dashboard.config.load import load
    from ai_dashboard.config.store import Refused

    store = store_of(args)
    try:
        proposal, backup = store.rollback(args.id, load(store.folder, store.env).config, who=who())
    except Refused as error:
        print(f"ai-dashboard: not rolled back: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"ai-dashboard: not rolled back, the file is untouched: {error}", file=sys.stderr)
        return 1
    show(proposal)
    kept = f"; what it replaced is backup {backup.id}" if backup else ""
    print(f"{store.folder / proposal.file} is as it was{kept}")
    return 0
