"""Run the gateway alone, without a screen.

  ai-dashboard serve                     what ./config says, on port 4000
  ai-dashboard serve --demo --port 4100  simulated providers, with traffic
  ai-dashboard serve --workers 4         four gateways on one port, each in a process of its own

SIGTERM and ctrl+c stop it: no new connections, requests in flight may finish within `drain_s`. So does a terminal that
goes away. SIGHUP otherwise has it read its configuration again, which it also does by itself when a file changes; one
with errors leaves the old one in force. With --workers every worker does so.

Workers share the port, the admin token and the configuration files. What they know they share through Redis: the one
that the configuration or REDIS_URL names, else one of their own, with ai-dashboard[workers] installed; without either
each goes by itself. Figures and records are each worker's own: the system gives each connection to one of them, so what
`status`, `attach` and /health show is one worker's part, and the next connection may show another's. A worker that
breaks is replaced.

What happens is told on standard error: as text in a terminal, else one JSON object a line (docs/logs.md).
"""

import argparse
import asyncio
import importlib
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import get_args

from ai_dashboard.cli.child import STAY, environment, serve_command
from ai_dashboard.cli.hangup import on_hangup
from ai_dashboard.cli.lines import LogFormat, log_of, note_diagnostics
from ai_dashboard.cli.opening import Order, explain_listen_failure, opened, order_from, print_diagnostics
from ai_dashboard.cli.options import DRAIN_AFTER_SCREEN_S, add_gateway_options, descriptors, gateway_arguments, workers
from ai_dashboard.cli.saving.occupied import in_use
from ai_dashboard.cli.valkey import NoValkey, OwnValkey, binary, private_folder
from ai_dashboard.cli.workers import Crew, supervise
from ai_dashboard.config.load import Config
from ai_dashboard.core.errors import ConfigError
from ai_dashboard.core.logs import LogLevel
from ai_dashboard.gateway.guard import refuse_open_listener
from ai_dashboard.gateway.memory import keep_house, share_one_heap
from ai_dashboard.gateway.own_events import listening
from ai_dashboard.gateway.state import state_folder
from ai_dashboard.gateway.thread import SWITCH_INTERVAL_S, new_loop
from ai_dashboard.transport.http1.listening import reserve

LISTENING = "listening"

SIGNALS = (signal.SIGTERM, signal.SIGINT)

ADMIN_API = "ai_dashboard.gateway.own_routes"
"""Imported once the gateway listens, and while it answers: nothing that callers ask for needs it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    add_gateway_options(parser)
    parser.add_argument(
        "--workers", type=workers, default=1, metavar="N", help="processes that share the port (default: 1)"
    )
    parser.add_argument(
        "--log-format",
        choices=get_args(LogFormat),
        default="auto",
        help="events on standard error: json, text, or auto (the default): text in a terminal, else json",
    )
    # For the screen that starts us as its child: where it reaches us; our standard input is its sign of life.
    parser.add_argument("--control", type=Path, help=argparse.SUPPRESS)
    # For the supervisor of several: the port is shared, our standard input is its sign of life, and our first line of
    # output says that we listen.
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    # For a screen that has us take its place: the listening sockets, and our first line of output says that we listen.
    parser.add_argument("--inherit", type=descriptors, default=(), help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    order = order_from(args)
    config = order.loaded.config
    if config is None and args.control is None:
        print_diagnostics(order.loaded)
        print("ai-dashboard: nothing is served from a configuration with errors", file=sys.stderr)
        return 2
    if args.control is None and not args.inherit:
        order = replace(order, log_format=args.log_format)
    if config is not None and args.workers > 1:
        return _run_workers(order, config, args)
    order = replace(order, options=replace(order.options, share_port=args.worker, inherited=args.inherit))
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(_serve(order))
    except OSError as error:
        raise explain_listen_failure(error, order) from None
    return 0


def _run_workers(order: Order, config: Config, args: argparse.Namespace) -> int:
    """Hold the port, and run the workers on it until they have ended. What would stop every worker is said once, before
    there is any."""
    if order.demo:
        raise ConfigError(("ai-dashboard: the demo is one process; leave --workers out",))
    if not hasattr(socket, "SO_REUSEPORT"):
        raise ConfigError(("ai-dashboard: this system cannot share a port (no SO_REUSEPORT); leave --workers out",))
    host, port = order.address
    has_key = config.gateway.auth.master_key is not None
    refuse_open_listener(host, has_key=has_key, insecure=order.options.insecure)
    with ExitStack() as stack:
        try:
            held = [stack.enter_context(bound) for bound in reserve(host, port)]
        except OSError as error:
            raise explain_listen_failure(error, order) from None
        stack.enter_context(in_use(state_folder(order.env)))  # also while no worker lives
        shown, port = held[0].getsockname()[:2]
        names = [name for name, provider in config.providers.items() if provider.active]
        banner = f"{listening((shown, port), names)} with {args.workers} workers"
        log = stack.enter_context(closing(log_of(order.loaded, order.env, order.log_format, fileless=True)))
        note_diagnostics(log, order.loaded)

        def say(level: LogLevel, text: str) -> None:
            log.note(level, "workers", text)
            log.write()

        there = argparse.Namespace(**{**vars(args), "host": host, "port": port})
        command = serve_command("--worker", f"--log-format={args.log_format}", *gateway_arguments(there))
        crew = Crew(args.workers, command, environment(order.options.admin_token), say)
        with asyncio.Runner(loop_factory=new_loop) as runner:
            if config.gateway.redis.url is not None:
                return runner.run(supervise(crew, lambda: say(LogLevel.INFO, f"{banner}, which share what they know")))
            return runner.run(_supervise_with_valkey(crew, order, banner))


async def _supervise_with_valkey(crew: Crew, order: Order, banner: str) -> int:
    """As `supervise`, with a Valkey for the crew where there is one to be had."""
    async with AsyncExitStack() as stack:
        shared = "which share what they know"
        try:
            folder = stack.enter_context(private_folder(order.env))
            valkey = await stack.enter_async_context(OwnValkey(binary(), folder, crew.say))
        except NoValkey as problem:
            shared = f"each by itself ({problem})"
        else:
            crew = replace(crew, env={**crew.env, "REDIS_URL": valkey.url})
        return await supervise(crew, lambda: crew.say(LogLevel.INFO, f"{banner}, {shared}"))


async def _serve(order: Order) -> None:
    share_one_heap()
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    worker = order.options.share_port
    loop.add_signal_handler(signal.SIGHUP, on_hangup(stop.set, lambda: None))  # what it would read is read at the start
    parent = _Parent(loop, stop) if worker or order.options.control_socket else None
    async with opened(order) as gateway:
        loop.add_signal_handler(signal.SIGHUP, on_hangup(stop.set, gateway.reloader.request))
        if worker or order.options.inherited:
            print(LISTENING, flush=True)
        gateway.log.write()  # at once: whoever waits for it reads where it listens
        await asyncio.to_thread(importlib.import_module, ADMIN_API)
        keep_house()
        sys.setswitchinterval(SWITCH_INTERVAL_S)  # else the threads that write to disk hold the loop up for 5 ms each
        await stop.wait()
        # A second signal means now.
        for number in SIGNALS:
            loop.remove_signal_handler(number)
        await gateway.drain(_drain_s(order, parent))


class _Parent:
    """The screen or supervisor that started us holds the other end of our standard input. When it lets go, we end,
    unless it has told us to stay."""

    def __init__(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
        self.gone = False
        self._loop = loop
        self._stop = stop
        loop.add_reader(sys.stdin.fileno(), self._look)

    def _look(self) -> None:
        told = os.read(sys.stdin.fileno(), 1024)
        if told == STAY:
            self._loop.remove_reader(sys.stdin.fileno())
        elif not told:
            self.gone = True
            self._loop.remove_reader(sys.stdin.fileno())
            self._stop.set()


def _drain_s(order: Order, parent: _Parent | None) -> float | None:
    """Seconds for what is in flight: none for visitors of a demo, little when whoever started us is gone."""
    if order.demo:
        return 0.0
    return DRAIN_AFTER_SCREEN_S if parent is not None and parent.gone else None
