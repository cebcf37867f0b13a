"""Show a running gateway's screens in a browser on this machine.

  ai-dashboard web                             the gateway on port 4000, at an address that is printed with a token
  ai-dashboard web --url http://127.0.0.1:4100 --port 8080
  ai-dashboard web --demo                      simulated providers, anew in each tab

It listens on this machine alone. From another one: `ssh -L 4080:127.0.0.1:4080 HOST`, and the same address. Whoever has
the address with its token can do what you can. ctrl+c ends it. It needs `pip install 'ai-dashboard[web]'`.
"""

import argparse
import asyncio
import importlib.util
import secrets
import shlex
import socket
import sys

from ai_dashboard.cli.neighbour import is_ours, nobody_at
from ai_dashboard.cli.options import add_url_option, port

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 4080
INSTALL = "pip install 'ai-dashboard[web]'"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port",
        type=port,
        default=DEFAULT_PORT,
        help=f"port to listen on, 0 for any free one (default: {DEFAULT_PORT})",
    )
    parser.add_argument("--demo", action="store_true", help="simulated providers, anew in each tab; asks no gateway")
    add_url_option(parser)


def run(args: argparse.Namespace) -> int:
    problem = _problem(args)
    if problem:
        print(f"ai-dashboard: {problem}", file=sys.stderr)
        return 1
    from ai_dashboard.cli.browsing.door import Door
    from ai_dashboard.cli.browsing.server import serve

    try:
        listener = socket.create_server((LOOPBACK, args.port))
    except OSError as error:
        print(f"ai-dashboard: cannot listen on {LOOPBACK}:{args.port}: {error.strerror}; try --port 0", file=sys.stderr)
        return 1
    with listener:
        door = Door(f"{LOOPBACK}:{listener.getsockname()[1]}", secrets.token_urlsafe(24))
        title = "ai-dashboard (demo)" if args.demo else f"ai-dashboard {args.url}"

        def announce() -> None:
            print(f"open {door.address}", flush=True)

        asyncio.run(serve(shlex.join(command(args)), title, door, listener, announce))
    return 0


def command(args: argparse.Namespace) -> list[str]:
    """What runs in each tab."""
    what = ["demo", "--port", "0"] if args.demo else ["attach", args.url]
    return [sys.executable, "-m", "ai_dashboard", *what]


def _problem(args: argparse.Namespace) -> str:
    if not args.demo and not is_ours(args.url):
        return nobody_at(args.url)
    if importlib.util.find_spec("textual_serve") is None:
        return f"the screens in a browser need one more part: {INSTALL}"
    return ""
