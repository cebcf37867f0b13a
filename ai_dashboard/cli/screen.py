"""The screen and its gateway, together: who starts first, who ends first, and what a signal means."""

import argparse
import asyncio
import os
import signal
import sys
from contextlib import ExitStack
from types import FrameType

from ai_dashboard.cli.neighbour import is_ours, token_for, url_of
from ai_dashboard.cli.opening import Order, explain_listen_failure, opened, order_from
from ai_dashboard.cli.options import DEFAULT_URL, DRAIN_AFTER_SCREEN_S, gateway_arguments
from ai_dashboard.control.local import LocalPort
from ai_dashboard.core.control import ControlPort
from ai_dashboard.core.screen import ScreenSettings
from ai_dashboard.gateway.gateway import Gateway
from ai_dashboard.gateway.state import state_folder
from ai_dashboard.gateway.thread import GatewayThread
from ai_dashboard.tui.app import ControlCentre, Ending

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
            return show_attached(url_of(*order.address), compact=args.compact)
        raise explain_listen_failure(error, order) from None
    drain_s = DRAIN_AFTER_SCREEN_S
    try:
        app = _centre(LocalPort(thread, gateway, drain_s=drain_s), args, order)
        code = _show(app)
        if app.ending is Ending.LEAVE:
            drain_s = _leave_running(args, order, gateway)
    finally:
        thread.stop(drain_s)
    if app.ending is Ending.DEMO:
        return show_own(argparse.Namespace(**{**vars(args), "demo": True}))
    return code


def _leave_running(args: argparse.Namespace, order: Order, gateway: Gateway) -> float:
    """Have another process take the gateway's place. Returns the seconds in which this one may finish what it has
    begun."""
    from ai_dashboard.cli.handover import hand_over

    host, port = gateway.address
    arguments = gateway_arguments(argparse.Namespace(**{**vars(args), "port": port}))
    with ExitStack() as stack:
        sockets = [stack.enter_context(copy) for copy in gateway.listeners()]
        heir = hand_over(arguments, sockets, state_folder(order.env))
    _tell_of(heir.pid, url_of(host, port))
    if in_flight := gateway.snapshot().gateway.in_flight:
        drain_s = gateway.generation.settings.drain_s
        print(f"ai-dashboard: what is in flight ({in_flight}) may end within {drain_s:g} s; ctrl+c cuts it", flush=True)
        return drain_s
    return DRAIN_AFTER_SCREEN_S


def _tell_of(pid: int, url: str) -> None:
    """What to do with a gateway that was left running."""
    attach = "ai-dashboard attach" if url == DEFAULT_URL else f"ai-dashboard attach {url}"
    print(
        f"ai-dashboard: the gateway goes on at {url} (pid {pid}); `{attach}` shows it, `kill {pid}` ends it", flush=True
    )


def _centre(port: ControlPort, args: argparse.Namespace, order: Order) -> ControlCentre:
    """The screen of a gateway of one's own."""
    config = order.loaded.config
    endings = set() if order.demo else {Ending.DEMO}
    if config is not None and not order.demo:
        endings.add(Ending.LEAVE)
    return ControlCentre(
        port,
        settings=config.screen if config is not None else None,
        compact=args.compact,
        source=order.told_to_fail,
        quit_asks=not order.demo,
        endings=frozenset(endings),
    )


def show_child(args: argparse.Namespace) -> int:
    """Start a gateway in a process of its own, and show it over a unix socket."""
    from ai_dashboard.cli.child import running
    from ai_dashboard.control.remote import RemotePort

    order = order_from(args)
    with running(gateway_arguments(args), token=order.options.admin_token) as child:
        app = _centre(RemotePort("http://localhost", child.token, socket=child.socket), args, order)
        code = _show(app)
        if app.ending is Ending.LEAVE:
            shown = app.feed.latest
            child.stays = True
            _tell_of(child.pid, url_of(shown.host, shown.port) if shown is not None else url_of(*order.address))
    if app.ending is Ending.DEMO:
        return show_child(argparse.Namespace(**{**vars(args), "demo": True}))
    return code


def show_attached(url: str, *, compact: bool = False) -> int:
    """Show a gateway that runs elsewhere. Raises `PortClosed` when it cannot be reached at all."""
    from ai_dashboard.control.remote import RemotePort

    token = token_for(url)
    settings = asyncio.run(_reach(RemotePort(url, token)))
    source = f"attached to {url}"
    port = RemotePort(url, token)
    return _show(ControlCentre(port, settings=settings, compact=compact, source=source, quit_asks=False))


async def _reach(port: ControlPort) -> ScreenSettings:
    """One look before the screen is taken, so that a wrong address is a line and not a screen full of nothing."""
    try:
        return (await port.snapshot()).config.screen
    finally:
        await port.close()


def _show(app: ControlCentre) -> int:
    """Run the screen until it is left or a signal ends it."""
    in_browser = "TEXTUAL_DRIVER" in os.environ  # our standard streams lead there
    # What is drawn goes to standard error, so that a screen whose errors go to a file would be in that file.
    if not (in_browser or all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))):
        problem = "the screen needs a terminal, also for its errors; `ai-dashboard serve` runs without one"
        print(f"ai-dashboard: {problem}", file=sys.stdout if sys.stdout.isatty() else sys.stderr)
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
