"""The screen and its gateway, together: who starts first, who ends first, and what a signal means."""

import argparse
import asyncio
import os
import signal
import sys
from types import FrameType

from ai_dashboard.cli.neighbour import is_ours, token_for, url_of
from ai_dashboard.cli.opening import Order, explain_listen_failure, opened, order_from
from ai_dashboard.cli.options import DRAIN_AFTER_SCREEN_S, gateway_arguments
from ai_dashboard.control.local import LocalPort
from ai_dashboard.core.control import ControlPort
from ai_dashboard.gateway.thread import GatewayThread
from ai_dashboard.tui.app import ControlCentre

LAST_RESORT_S = 1.7
"""After a signal everything has ended by then, whatever hangs: two seconds are what a user waits at most."""


def show_own(args: argparse.Namespace) -> int:
    """Start a gateway in a thread, and show it. A port that a gateway of ours holds leads to an offer to attach."""
    order = order_from(args)
    thread = GatewayThread(lambda: opened(order))
    try:
        gateway = thread.start()
    except OSError as error:
        if _wants_to_attach(order):
            return show_attached(url_of(*order.address))
        raise explain_listen_failure(error, order) from None
    try:
        local = LocalPort(thread, gateway, drain_s=DRAIN_AFTER_SCREEN_S)
        return _show(ControlCentre(local, source=order.told_to_fail, quit_asks=not order.demo))
    finally:
        thread.stop(DRAIN_AFTER_SCREEN_S)


def show_child(args: argparse.Namespace) -> int:
    """Start a gateway in a process of its own, and show it over a unix socket."""
    from ai_dashboard.cli.child import running
    from ai_dashboard.control.remote import RemotePort

    order = order_from(args)
    with running(gateway_arguments(args), token=order.options.admin_token) as child:
        port = RemotePort("http://localhost", child.token, socket=child.socket)
        return _show(ControlCentre(port, source=order.told_to_fail, quit_asks=not order.demo))


def show_attached(url: str) -> int:
    """Show a gateway that runs elsewhere. Raises `PortClosed` when it cannot be reached at all."""
    from ai_dashboard.control.remote import RemotePort

    token = token_for(url)
    asyncio.run(_reach(RemotePort(url, token)))
    return _show(ControlCentre(RemotePort(url, token), source=f"attached to {url}", quit_asks=False))


async def _reach(port: ControlPort) -> None:
    """One look before the screen is taken, so that a wrong address is a line and not a screen full of nothing."""
    try:
        await port.snapshot()
    finally:
        await port.close()


def _show(app: ControlCentre) -> int:
    """Run the screen until it is left or a signal ends it."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print("ai-dashboard: the screen needs a terminal; `ai-dashboard serve` runs without one", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: _leave(app, number, frame))
    app.run()
    return app.return_code or 0


def _leave(app: ControlCentre, _number: int, _frame: FrameType | None) -> None:
    """End the screen from a signal. Should anything hang (a terminal that is gone swallows writes) an alarm ends us."""
    signal.signal(signal.SIGALRM, lambda *_: os._exit(1))
    signal.setitimer(signal.ITIMER_REAL, LAST_RESORT_S)
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        sys.exit(0)
    loop.call_soon_threadsafe(app.exit)


def _wants_to_attach(order: Order) -> bool:
    if not (sys.stdin.isatty() and is_ours(url_of(*order.address))):
        return False
    answer = input(f"An ai-dashboard gateway already serves port {order.address[1]}. Show that one? [Y/n] ")
    return answer.strip().lower() in {"", "y", "yes"}
