"""Show a gateway that runs elsewhere: the same screens, over its admin API.

  ai-dashboard attach http://127.0.0.1:4000

The admin token is read from this user's state folder, or from AI_DASHBOARD_ADMIN_KEY.
"""

import argparse

from ai_dashboard.cli.options import DEFAULT_URL, url
from ai_dashboard.cli.screen import show_attached


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "url",
        type=url,
        nargs="?",
        default=DEFAULT_URL,
        metavar="URL",
        help=f"address of the gateway (default: {DEFAULT_URL})",
    )
    parser.add_argument("--compact", action="store_true", help="one line for each provider, whatever room there is")


def run(args: argparse.Namespace) -> int:
    return show_attached(args.url, compact=args.compact)
