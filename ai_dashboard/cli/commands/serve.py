"""Run the gateway alone, without a screen.

  ai-dashboard serve                     what ./config says, on port 4000
  ai-dashboard serve --demo --port 4100  simulated providers, with traffic

SIGTERM and ctrl+c stop it: no new connections, requests in flight may finish within `drain_s`.
"""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from ai_dashboard.cli.opening import Order, explain_listen_failure, opened, order_from, print_diagnostics
from ai_dashboard.cli.options import DRAIN_AFTER_SCREEN_S, add_gateway_options
from ai_dashboard.gateway.gateway import Gateway
from ai_dashboard.gateway.thread import calm_collector, new_loop

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def arguments(parser: argparse.ArgumentParser) -> None:
    add_gateway_options(parser)
    # For the screen that starts us as its child: where it reaches us; our standard input is its sign of life.
    parser.add_argument("--control", type=Path, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    order = order_from(args)
    print_diagnostics(order.loaded)
    if order.loaded.config is None and args.control is None:
        print("ai-dashboard: nothing is served from a configuration with errors", file=sys.stderr)
        return 2
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(_serve(order))
    except OSError as error:
        raise explain_listen_failure(error, order) from None
    return 0


async def _serve(order: Order) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    parent = _Parent(loop, stop) if order.options.control_socket else None
    async with opened(order) as gateway:
        print(_banner(gateway, demo=order.demo), file=sys.stderr, flush=True)
        calm_collector()
        await stop.wait()
        # A second signal means now.
        for number in SIGNALS:
            loop.remove_signal_handler(number)
        await gateway.drain(_drain_s(order, parent))


class _Parent:
    """The screen that started us holds the other end of our standard input. When it lets go, we end."""

    def __init__(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
        self.gone = False
        self._loop = loop
        self._stop = stop
        loop.add_reader(sys.stdin.fileno(), self._look)

    def _look(self) -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            self.gone = True
            self._loop.remove_reader(sys.stdin.fileno())
            self._stop.set()


def _drain_s(order: Order, parent: _Parent | None) -> float | None:
    """Seconds for what is in flight: none for visitors of a demo, little when the screen has been closed."""
    if order.demo:
        return 0.0
    return DRAIN_AFTER_SCREEN_S if parent is not None and parent.gone else None


def _banner(gateway: Gateway, *, demo: bool) -> str:
    host, port = gateway.address
    shown = f"[{host}]" if ":" in host else host
    label = "DEMO, simulated providers: " if demo else ""
    names = ", ".join(gateway.generation.upstreams) or "none yet"
    return f"ai-dashboard: {label}listening on http://{shown}:{port}/v1 (providers: {names})"
