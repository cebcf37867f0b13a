"""Options that several sub-commands share, spelled the same everywhere."""

import argparse
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ai_dashboard.demo.faults import ChosenFault

DEFAULT_URL = "http://127.0.0.1:4000"
DEFAULT_PORT = 4000

WORKERS_PER_CORE = 4
"""More than this many cannot help: one keeps a core busy."""

DRAIN_AFTER_SCREEN_S = 0.5
"""What requests in flight are given when the screen is closed: `q` has asked already, a lost terminal cannot wait."""


def add_gateway_options(parser: argparse.ArgumentParser) -> None:
    """Where a gateway of our own listens and what it serves."""
    parser.add_argument("--host", help="address to listen on (default: gateway.yaml, else 127.0.0.1)")
    parser.add_argument("--port", type=port, help="port to listen on, 0 for any free one (default: 4000)")
    parser.add_argument("--insecure", action="store_true", help="listen beyond this machine without a key")
    parser.add_argument("--no-discovery", action="store_true", help="do not look for servers on this machine")
    parser.add_argument("--demo", action="store_true", help="serve simulated providers, with traffic; needs nothing")
    parser.add_argument("--seed", type=int, default=1, help="what chance in the demo starts from (default: 1)")
    parser.add_argument(
        "--fault",
        type=faults,
        action="extend",
        default=[],
        metavar="FAULT,…",
        help="what shall go wrong in the demo, such as cut@3,429:30%%@demo-vllm; `--fault help` lists all",
    )
    parser.set_defaults(control=None)
    add_config_option(parser)


def gateway_arguments(args: argparse.Namespace) -> list[str]:
    """What `add_gateway_options` has read, written again: for a gateway in another process."""
    values = {"--host": args.host, "--port": args.port, "--seed": args.seed, "--config-dir": args.config_dir}
    switches = {"--insecure": args.insecure, "--no-discovery": args.no_discovery, "--demo": args.demo}
    written = [f"{name}={value}" for name, value in values.items() if value is not None]
    written += [f"--fault={fault}" for fault in args.fault]
    return written + [name for name, on in switches.items() if on]


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """Which configuration."""
    parser.add_argument("--config-dir", metavar="DIR", help="configuration folder (default: ./config, else your own)")


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """What it says as JSON."""
    parser.add_argument("--json", action="store_true", help="for programs")


def add_url_option(parser: argparse.ArgumentParser) -> None:
    """Which running gateway."""
    parser.add_argument(
        "--url", type=url, default=DEFAULT_URL, help=f"address of a running gateway (default: {DEFAULT_URL})"
    )


def port(text: str) -> int:
    """A port number, or argparse's own complaint."""
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; ports are 0 to 65535")
    return int(text)


def workers(text: str) -> int:
    """A number of workers that this machine can bear, or argparse's own complaint."""
    most = (os.cpu_count() or 1) * WORKERS_PER_CORE
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of workers; here it can be 1 to {most}")
    return int(text)


def faults(text: str) -> "tuple[ChosenFault, ...]":
    """Faults for the demo, or argparse's own complaint, which lists them all."""
    from ai_dashboard.demo.catalogue import PROVIDERS
    from ai_dashboard.demo.faults import read_faults

    try:
        return read_faults(text, [provider.name for provider in PROVIDERS])
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def descriptors(text: str) -> tuple[int, ...]:
    """Numbers of open files, or argparse's own complaint."""
    words = text.split(",")
    if not all(word.isascii() and word.isdigit() for word in words):
        raise argparse.ArgumentTypeError(f"{text!r} are no descriptors")
    return tuple(map(int, words))


def url(text: str) -> str:
    """A gateway's address with its scheme and port, or argparse's own complaint; `host` and `host:port` will do."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        number = parts.port or (443 if parts.scheme == "https" else 80 if "://" in text else DEFAULT_PORT)
    except ValueError:
        parts, number = urlsplit(""), 0
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise argparse.ArgumentTypeError(f"{text!r} is no address of a gateway; it looks like {DEFAULT_URL}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{number}{parts.path.rstrip('/')}"
