"""The control centre: a gateway on port 4000, and the screen to watch it from.

ai-dashboard                  what ./config says, or whatever is found on this machine
ai-dashboard --demo           simulated providers, with traffic: needs no config, key or GPU
ai-dashboard --process        the gateway in a process of its own: the screen costs it nothing
ai-dashboard --attach URL     a gateway that runs elsewhere
ai-dashboard --compact        one line for each provider: for a corner of 40×8
"""

import argparse

from ai_dashboard import __version__
from ai_dashboard.cli.options import add_gateway_options, url
from ai_dashboard.cli.screen import show_attached, show_child, show_own


def arguments(parser: argparse.ArgumentParser) -> None:
    add_gateway_options(parser)
    add_screen_options(parser)
    parser.add_argument("--attach", type=url, metavar="URL", help="show the gateway at URL instead of starting one")
    parser.add_argument("--version", action="version", version=f"ai-dashboard {__version__}")


def add_screen_options(parser: argparse.ArgumentParser) -> None:
    """How the gateway is shown."""
    parser.add_argument("--process", action="store_true", help="run the gateway in a process of its own")
    parser.add_argument("--compact", action="store_true", help="one line for each provider, whatever room there is")


def run(args: argparse.Namespace) -> int:
    if args.attach:
        return show_attached(args.attach, compact=args.compact)
    return show_child(args) if args.process else show_own(args)
