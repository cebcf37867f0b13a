"""What a changed copy of a file would mean, before it is put in place.

  ai-dashboard config diff providers.yaml
  ai-dashboard config diff /tmp/new.yaml --as gateway.yaml

The copy's name says which file it stands for (`providers.yaml`); `--as` says it where the copy is called otherwise. No
gateway is asked (`config what-if` asks one).
Exit code 0: nothing would change, 1: something would, 2: it would not load.
"""

import argparse
from pathlib import Path

from ai_dashboard.cli.options import add_config_option, add_json_option
from ai_dashboard.core.errors import ConfigError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("copy", metavar="FILE", type=Path, help="the changed copy")
    parser.add_argument("--as", dest="file", metavar="NAME", help="the file it stands for, such as providers.yaml")
    add_json_option(parser)
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.configuring.changing import Files, print_json, show
    from ai_dashboard.cli.configuring.folder import read_text, store_of

    proposal = Files(store_of(args)).propose(name_of(args), read_text(str(args.copy)))
    print_json(proposal, "") if args.json else show(proposal)
    return 2 if proposal.refused else 1 if proposal.changes else 0


def name_of(args: argparse.Namespace) -> str:
    """The file that a copy stands for. Raises `ConfigError`."""
    from ai_dashboard.config.load import FILES

    name: str = args.file or args.copy.name
    if name not in FILES:
        known = ", ".join(FILES)
        raise ConfigError((f"ai-dashboard: {name!r} is none of {known} (say which file it stands for with --as)",))
    return name
