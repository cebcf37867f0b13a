"""What a changed file would have done with the last requests of the running gateway.

  ai-dashboard config what-if providers.yaml /tmp/providers.yaml
  sed s/gpt-4o/gpt-5-mini/ config/model-mappings.yaml | ai-dashboard config what-if model-mappings.yaml -

Says how many of them would go elsewhere, with examples, and what the change means. Nothing is changed.
Exit code 0: it would load, 1: it would not, or there is no gateway to ask, 2: used wrongly.
"""

import argparse
import asyncio
import dataclasses
import json
import os
from pathlib import Path

from ai_dashboard.cli.configuring.changing import add_gateway_option
from ai_dashboard.cli.configuring.folder import file_name
from ai_dashboard.cli.options import add_config_option
from ai_dashboard.core.control import PortClosed


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=file_name, help="such as providers.yaml")
    parser.add_argument("text", metavar="NEWTEXT", help="the changed copy, `-` for standard input")
    parser.add_argument("--json", action="store_true", help="for programs")
    add_gateway_option(parser)
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.configuring.changing import address_in, ask, show
    from ai_dashboard.cli.configuring.folder import read_text
    from ai_dashboard.cli.neighbour import is_ours
    from ai_dashboard.config.locate import find_folder

    text = read_text(args.text)
    address = args.url or address_in(find_folder(args.config_dir, dict(os.environ), Path.cwd()))
    if not is_ours(address):
        raise PortClosed(
            f"no gateway of yours answers at {address}: start one with `ai-dashboard serve`, or name its address with "
            "--url (`config diff` says without one what a change means)"
        )
    proposal = asyncio.run(ask(address, lambda port: port.propose(args.file, text)))
    if args.json:
        print(json.dumps(dataclasses.asdict(proposal), ensure_ascii=False, indent=2))
    else:
        show(proposal)
    return 1 if proposal.refused else 0
