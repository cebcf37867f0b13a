"""Puts a gateway together: configuration, discovery, hardware, and the demo if it was asked for."""

import argparse
import asyncio
import errno
import importlib
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ai_dashboard.cli.lines import LogFormat, log_of, note_diagnostics
from ai_dashboard.cli.neighbour import describe_listener, free_port_after, url_of
from ai_dashboard.cli.saving.occupied import in_use
from ai_dashboard.cli.saving.swapping import finish_first
from ai_dashboard.config.load import Loaded, load
from ai_dashboard.config.locate import find_folder
from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import ConfigError
from ai_dashboard.demo.faults import ChosenFault, written
from ai_dashboard.gateway.gateway import Gateway, Options
from ai_dashboard.gateway.state import admin_token, audit_folder, state_folder
from ai_dashboard.hardware.sampler import HardwareSampler
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.telemetry.foreign_log import heard
from ai_dashboard.telemetry.json_log import JsonLog

if TYPE_CHECKING:
    from ai_dashboard.config.discover import Discovery
    from ai_dashboard.demo.stage import DemoStage


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for, with the configuration already read."""

    loaded: Loaded
    options: Options
    env: Mapping[str, str]
    look_around: bool
    demo: bool
    seed: int
    faults: tuple[ChosenFault, ...] = ()
    log_format: LogFormat | None = None
    """How events are written to standard error; None where a screen has the terminal."""

    @property
    def address(self) -> tuple[str, int]:
        """Where the gateway will try to listen."""
        listen = self.loaded.config.gateway.listen if self.loaded.config else GatewaySettings().listen
        port = listen.port if self.options.port is None else self.options.port
        return self.options.host or listen.host, port

    @property
    def told_to_fail(self) -> str:
        """What was asked to go wrong, in words; empty when nothing was."""
        return f"told to fail: {written(self.faults)}" if self.faults else ""

    @property
    def cast(self) -> str:
        """Who answers in the demo, in words."""
        return f"simulated providers, {self.told_to_fail}" if self.faults else "simulated providers"


def order_from(args: argparse.Namespace) -> Order:
    """Read the configuration that the arguments point to. Raises `ConfigError` for a folder that does not exist, and
    for faults without the demo."""
    if args.fault and not args.demo:
        raise ConfigError(("ai-dashboard: --fault is for simulated providers; add --demo",))
    env = dict(os.environ)
    if not args.demo:
        finish_first(state_folder(env))
    folder = None if args.demo else find_folder(args.config_dir, env, Path.cwd())
    options = Options(
        host=args.host,
        port=args.port,
        insecure=args.insecure,
        simulated=args.demo,
        control_socket=args.control,
        admin_token=admin_token(state_folder(env), env),
    )
    loaded = load(folder, env)
    return Order(
        loaded,
        options,
        env,
        look_around=not (args.no_discovery or args.demo),
        demo=args.demo,
        seed=args.seed,
        faults=tuple(args.fault),
    )


@asynccontextmanager
async def opened(order: Order) -> AsyncIterator[Gateway]:
    """The gateway, listening, with everything that it needs around it. Raises `OSError` when the port is taken."""
    hardware = HardwareSampler()
    log = log_of(order.loaded, order.env, order.log_format, fileless=order.demo)
    if not order.options.share_port:  # what a configuration is warned of, the supervisor of several has said for all
        note_diagnostics(log, order.loaded)
    gateway_around = _demo if order.demo else _real
    try:
        with heard(log):
            async with gateway_around(order, hardware, log) as gateway:
                hardware.start()  # now, since what it imports would keep callers waiting
                yield gateway
    finally:
        hardware.stop()
        log.close()


@asynccontextmanager
async def _real(order: Order, hardware: HardwareSampler, log: JsonLog) -> AsyncIterator[Gateway]:
    """A gateway that keeps what it knows in the state folder."""
    with in_use(state_folder(order.env)):
        async with Gateway(
            order.loaded,
            order.options,
            read_host=lambda: hardware.latest,
            discover=partial(_look_around, order.env) if order.look_around else None,
            audit=Audit(audit_folder(order.env), time.time),
            state=state_folder(order.env),
            log=log,
        ) as gateway:
            yield gateway


async def _look_around(env: Mapping[str, str]) -> "Discovery":
    """Discovery, imported once the gateway listens: its HTTP client takes as long to import as all of ours."""
    discover = await asyncio.to_thread(importlib.import_module, "ai_dashboard.config.discover")
    found: Discovery = await discover.discover(env)
    return found


@asynccontextmanager
async def _demo(order: Order, hardware: HardwareSampler, log: JsonLog) -> AsyncIterator[Gateway]:
    """Simulated providers, a gateway that knows only them, and visitors at its door."""
    from ai_dashboard.demo.stage import DemoStage
    from ai_dashboard.demo.traffic import send_traffic

    with TemporaryDirectory(prefix="ai-dashboard-demo-") as folder:
        async with DemoStage(order.seed, faults=order.faults) as stage:
            loaded = _as_files(Path(folder), stage, order)
            async with (
                Gateway(
                    loaded,
                    order.options,
                    read_host=lambda: hardware.latest,
                    chance=Random(order.seed),
                    state=Path(folder) / "state",
                    log=log,
                ) as gateway,
                asyncio.TaskGroup() as visitors,
            ):
                traffic = visitors.create_task(send_traffic(url_of(*gateway.address), order.seed), name="traffic")
                flapping = visitors.create_task(stage.flap(), name="flapping")
                try:
                    yield gateway
                finally:
                    traffic.cancel()
                    flapping.cancel()


def _as_files(folder: Path, stage: "DemoStage", order: Order) -> Loaded:
    """The demo's configuration, written and read like any other, so that the screen has real files to show."""
    import yaml

    head = "# Simulated providers, made for this demo; gone when it ends.\n"
    files: dict[str, dict[str, object]] = {
        "providers.yaml": {"providers": stage.provider_entries()},
        "model-mappings.yaml": stage.mapping_entries(),
        "gateway.yaml": stage.gateway_entries(),
    }
    for name, content in files.items():
        (folder / name).write_text(head + yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    loaded = load(folder, order.env)
    if loaded.config is None:
        raise ConfigError(tuple(str(finding) for finding in loaded.diagnostics))
    return replace(loaded, config=replace(loaded.config, origin=order.cast))


def explain_listen_failure(error: OSError, order: Order) -> ConfigError:
    """Why the gateway could not listen, and what to do, in one line."""
    host, port = order.address
    if error.errno == errno.EADDRINUSE:
        holder = describe_listener(host, port)
        free = free_port_after(host, port)
        return ConfigError((f"ai-dashboard: port {port} is taken by {holder}; try --port {free}",))
    if error.errno == errno.EACCES:
        return ConfigError((f"ai-dashboard: port {port} needs rights that you do not have; try --port 4000",))
    return ConfigError((f"ai-dashboard: cannot listen on {host}:{port}: {error.strerror or error}",))


def print_diagnostics(loaded: Loaded) -> None:
    """Every finding on standard error, one line each."""
    for finding in loaded.diagnostics:
        print(finding, file=sys.stderr)
