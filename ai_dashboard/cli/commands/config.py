"""Look at the configuration, and change it safely.

ai-dashboard config check               every finding with file, line, column and a fix; exit 2 for errors
ai-dashboard config check --json        the same for programs
ai-dashboard config init                write what is found on this machine as commented YAML
ai-dashboard config diff FILE           what a changed copy of a file would mean, before it is put in place
ai-dashboard config put FILE            check it, back the old one up, and put it in place
ai-dashboard config backups             what the files were before, who changed them and why
ai-dashboard config rollback ID         put a backup back (which can be rolled back as well)
ai-dashboard config schema FILE         the JSON Schema of a file, for editors
"""

import argparse
import importlib

ACTIONS = ("check", "init", "diff", "put", "backups", "rollback", "schema")


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name in ACTIONS:
        action = importlib.import_module(f"ai_dashboard.cli.configuring.{name}")
        first_line = (action.__doc__ or "").splitlines()[0]
        action.arguments(
            actions.add_parser(
                name,
                help=first_line,
                description=action.__doc__,
                formatter_class=argparse.RawDescriptionHelpFormatter,
                allow_abbrev=False,
            )
        )


def run(args: argparse.Namespace) -> int:
    action = importlib.import_module(f"ai_dashboard.cli.configuring.{args.action}")
    return int(action.run(args))
