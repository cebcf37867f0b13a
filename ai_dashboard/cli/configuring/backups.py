"""What the files were before: when, who changed them and why. The newest come first.

  ai-dashboard config backups
  ai-dashboard config backups providers.yaml --json

Exit code 0: here they are, 2: used wrongly.
"""

import argparse
import dataclasses
import json
from datetime import datetime

from ai_dashboard.cli.options import add_config_option


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="of one file only, such as providers.yaml")
    parser.add_argument("--json", action="store_true", help="for programs")
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.configuring.folder import store_of

    store = store_of(args)
    found = store.backups.all(args.file)
    if args.json:
        print(json.dumps([dataclasses.asdict(backup) for backup in found], indent=2))
        return 0
    if not found:
        print(f"there are no backups in {store.folder} yet")
    for backup in found:
        when = datetime.fromtimestamp(backup.at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        by = f"  before {backup.who}'s change" if backup.who else ""
        why = f": {backup.why}" if backup.why else ""
        print(f"{backup.id}\n  {when}  {backup.size} bytes{by}{why}")
    return 0
