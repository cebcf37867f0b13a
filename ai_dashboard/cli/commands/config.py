"""Look at the configuration, and change it safely.

ai-dashboard config check               every finding with file, line, column and a fix; exit 1 for errors
ai-dashboard config show --origin       every value in force, and who said so
ai-dashboard config get FILE PATH       one of them
ai-dashboard config set FILE PATH VALUE change one value, and nothing else in the file
ai-dashboard config edit FILE           in your editor; checked before it is put in place
ai-dashboard config init                write what is found on this machine as commented YAML
ai-dashboard config diff FILE           what a changed copy of a file would mean, before it is put in place
ai-dashboard config what-if FILE COPY   which of the last requests would go elsewhere with it
ai-dashboard config put FILE            check it, back the old one up, and put it in place
ai-dashboard config backups             what the files were before, who changed them and why
ai-dashboard config rollback ID         put a backup back (which can be rolled back as well)
ai-dashboard config schema FILE         the JSON Schema of a file, for editors
ai-dashboard config export-litellm      the same as a configuration of LiteLLM's
"""

import argparse
import importlib
from types import ModuleType

ACTIONS = (
    "check",
    "show",
    "get",
    "set",
    "edit",
    "init",
    "diff",
    "what-if",
    "put",
    "backups",
    "rollback",
    "schema",
    "export-litellm",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name in ACTIONS:
        action = _module(name)
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
    return int(_module(args.action).run(args))


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"ai_dashboard.cli.configuring.{name.replace('-', '_')}")
