"""What a changed copy of a file would mean, before it is put in place.

The copy's name says which file it stands for (`providers.yaml`); `--as` says it where the copy is called otherwise.
Exit code 0: nothing would change, 1: something would, 2: it would not load.
"""

import argparse
from pathlib import Path

from ai_dashboard.cli.options import add_config_option
from ai_dashboard.config.store import ConfigStore, Proposal, Refused
from ai_dashboard.core.errors import ConfigError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("copy", metavar="FILE", type=Path, help="the changed copy")
    parser.add_argument("--as", dest="file", metavar="NAME", help="the file it stands for, such as providers.yaml")
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.configuring.folder import store_of

    proposal = proposed(args, store_of(args))
    show(proposal)
    return 2 if proposal.refused else 1 if proposal.changes else 0


def proposed(args: argparse.Namespace, store: ConfigStore) -> Proposal:
    """The change that a copy stands for. Raises `ConfigError`."""
    from ai_dashboard.config.load import load

    copy: Path = args.copy
    try:
        content = copy.read_bytes()
        return store.propose(args.file or copy.name, content, load(store.folder, store.env).config)
    except OSError as error:
        raise ConfigError((f"ai-dashboard: {copy}: {error.strerror or error}",)) from None
    except Refused as error:
        raise ConfigError((f"ai-dashboard: {error} (say which file it stands for with --as)",)) from None


def show(proposal: Proposal) -> None:
    """Its errors, or what it changes, one line each."""
    for finding in proposal.refused:
        print(finding)
    for change in proposal.changes:
        print(change)
    if not proposal.refused and not proposal.changes:
        print(f"{proposal.file}: nothing that counts is different")
