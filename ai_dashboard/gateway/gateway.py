"""The gateway as a whole: listens, answers, watches its providers, and freezes pictures of itself."""

import asyncio
import os
import random
import secrets
import socket
from collections.abc import Awaitable, Callable
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Self

from ai_dashboard import __version__
from ai_dashboard.config.expand import Env
from ai_dashboard.config.load import Config, Loaded
from ai_dashboard.core.clock import Clock
from ai_dashboard.core.control import ConfigFile, ProviderAction
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.logs import AlertAction, AuditTrail, LogEvents, LogLevel
from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.core.records import RecordPage, RequestRecord
from ai_dashboard.core.snapshot import Alert, ConfigView, HostView, ProviderView, Snapshot
from ai_dashboard.costs.catalogue import public_prices
from ai_dashboard.costs.pricing import completed
from ai_dashboard.gateway.alert_desk import AlertDesk
from ai_dashboard.gateway.audit_trail import Trail
from ai_dashboard.gateway.beginning import first_generation, limits_of, listen_privately, read_files
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.gateway.conversations import Conversations
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.embedding import embed_through
from ai_dashboard.gateway.exact_limits import adopt_limits
from ai_dashboard.gateway.gauges import Gauges
from ai_dashboard.gateway.generation import Generation, build_generation
from ai_dashboard.gateway.guard import Guard
from ai_dashboard.gateway.health import HealthMonitor
from ai_dashboard.gateway.insight import Insight
from ai_dashboard.gateway.keeping import Keeping
from ai_dashboard.gateway.operations import find, operate
from ai_dashboard.gateway.own_events import breaker_moved, listening
from ai_dashboard.gateway.reload import Reloader
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.server import GatewayServer
from ai_dashboard.gateway.sharing import sharing_of
from ai_dashboard.gateway.snapshot import freeze
from ai_dashboard.gateway.trip_events import TripEvents
from ai_dashboard.gateway.watching import watched
from ai_dashboard.routing.wishes import with_headers
from ai_dashboard.state.beat import BEAT_S, next_beat
from ai_dashboard.state.link import Link
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.telemetry.json_log import JsonLog
from ai_dashboard.transport.client import UpstreamClient
from ai_dashboard.transport.http1 import Server

if TYPE_CHECKING:
    from ai_dashboard.config.discover import Discovery

Discover = Callable[[], Awaitable["Discovery"]]

TICK_S = BEAT_S
IDLE_TICKS = 4
"""While nothing happens a picture is frozen once a second: rates fall and the uptime grows."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a gateway is started. `host` and `port` win over the configuration; port 0 takes any free one. On
    `control_socket` it listens as well: a unix socket that only its owner can open. `share_port` lets other processes
    of this user listen beside it. `inherited` are descriptors of sockets that listen already: it listens on those."""

    host: str | None = None
    port: int | None = None
    insecure: bool = False
    simulated: bool = False
    control_socket: Path | None = None
    share_port: bool = False
    inherited: tuple[int, ...] = ()
    admin_token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)


class Gateway:
    """`async with Gateway(…) as gateway:` listens and answers until the block ends; then it drains."""

    def __init__(
        self,
        loaded: Loaded,
        options: Options,
        *,
        read_host: Callable[[], HostView],
        discover: Discover | None = None,
        clock: Clock | None = None,
        chance: random.Random | None = None,
        env: Env = os.environ,
        audit: Audit | None = None,
        state: Path | None = None,
        log: JsonLog | None = None,
    ) -> None:
        """`state` is the folder for what outlives the process; without it everything is in memory. `log` says where
        events go besides; whoever made it closes it."""
        self._loaded = loaded
        self._options = options
        self._read_host = read_host
        self._discover = discover
        self._chance = chance or random.Random()
        self.runtime = Runtime(
            clock=clock or SystemClock(), new_id=lambda: f"{self._chance.getrandbits(64):016x}", chance=self._chance
        )
        self.client = UpstreamClient()
        self._conversations = Conversations()
        self.diagnostics = loaded.diagnostics
        public, wall = public_prices(), self.runtime.clock.wall
        self.generation = first_generation(loaded, self._chance, lambda config: completed(config, public, wall()))
        self.client.widen(self.generation.settings.limits.max_in_flight)
        self.runtime.adopt(self.generation.config)
        self.log = log or JsonLog(self.generation.settings.logging.level, self.runtime.clock)
        self.log.sources.append(TripEvents(self.runtime.ring))
        self.runtime.on_breaker = partial(breaker_moved, self.log)
        self._alert_desk = AlertDesk(self.runtime.clock, self.log)
        self._trail = Trail(audit)
        self.sharing = sharing_of(self.generation, self.runtime, self._chance, self.log)
        self.keeping = Keeping(
            self.generation,
            self.runtime.clock,
            admin_token=options.admin_token,
            embed_via=lambda *asked: embed_through(self.desk(), *asked),
            folder=state,
            config_folder=loaded.folder,
            link=self.link,
            public=public,
            events=self.log,
        )
        self.runtime.book = self.keeping.book
        adopt_limits(self.generation, self.runtime, self.keeping)
        self.guard = Guard(
            options.host or self.generation.settings.listen.host,
            self.generation.settings,
            lambda: self.keeping.identity,
            insecure=options.insecure,
        )
        self.audit = audit
        self.gauges = Gauges(self.runtime, self.keeping.caching)
        self.insight = Insight(self)
        self.reloader = Reloader(self, loaded, env, fixed=_decided(options), alone=not options.share_port, audit=audit)
        self._address = ("", 0)
        self._cell: Snapshot | None = None
        self._seen_changes = -1
        self._tasks = asyncio.TaskGroup()
        self._background: list[asyncio.Task[None]] = []
        self._monitor = HealthMonitor(self.generation, self.runtime, self.client, self._chance)
        self._watching: asyncio.Task[None] | None = None

    # ── life ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def __aenter__(self) -> Self:
        """Listen. Raises `OSError` when the port is taken, `CallerError` for an open listener without a key."""
        settings = self.generation.settings
        host = self._options.host or settings.listen.host
        port = settings.listen.port if self._options.port is None else self._options.port
        await self.keeping.open()
        self.guard.check(settings)
        self._server = Server(GatewayServer(self, self.guard).handle, limits_of(settings))
        await self._server.__aenter__()
        try:
            given, shared = self._options.inherited, self._options.share_port
            self._address = await self._server.listen(host, port, shared=shared, inherited=given)
            if (private := self._options.control_socket) is not None:
                await listen_privately(self._server, private)
        except BaseException:
            await self._server.__aexit__(None, None, None)
            raise
        await self._tasks.__aenter__()
        label = f"DEMO, {self.generation.config.origin}: " if self._options.simulated else ""
        told = listening(self._address, self.generation.upstreams, label)
        self.log.note(self._lifecycle, "gateway_started", told, version=__version__, config=self.generation.number)
        self._freeze()
        self._watching = self._tasks.create_task(self._monitor.watch(), name="health")
        self._background = [self._tasks.create_task(self._tick(), name="snapshot")]
        self._background.append(self._tasks.create_task(self.reloader.run(), name="reload"))
        self._background.append(self._tasks.create_task(self.log.run(), name="log"))
        if self.sharing is not None:
            self._background.append(self._tasks.create_task(self.sharing.run(), name="sharing"))
        for name, work in (*self.keeping.tasks(), *watched(self, shared=self._options.share_port)):
            self._background.append(self._tasks.create_task(work, name=name))
        if self._discover is not None:
            self._background.append(self._tasks.create_task(self._adopt_discovered(self._discover), name="discovery"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop watching, let go of every connection. Whoever wants requests to end first calls `drain` before."""
        for task in (*self._background, self._watching):
            if task is not None:
                task.cancel()
        await self._server.__aexit__(kind, error, trace)
        await self._tasks.__aexit__(None, None, None)
        await self.keeping.close()
        if self.sharing is not None:
            await self.sharing.close()
        self.client.close()
        self.log.note(
            self._lifecycle, "gateway_stopped", requests=self.runtime.requests, failures=self.runtime.failures
        )

    async def drain(self, seconds: float | None = None) -> None:
        """Take no new connections, and give requests in flight `seconds` (the configuration's `drain_s` if None)."""
        self.runtime.draining = True
        self._freeze()
        self.log.note(self._lifecycle, "gateway_stopping", "no new connections; requests in flight may end")
        await self._server.drain(self.generation.settings.drain_s if seconds is None else seconds)

    def desk(self) -> Desk:
        """What a request that begins now works with."""
        return Desk(self.generation, self.runtime, self.client, self._conversations, self.keeping)

    @property
    def _lifecycle(self) -> LogLevel:
        """How much it matters that it starts and stops: of one of several on a port, whoever looks after them tells."""
        return LogLevel.DEBUG if self._options.share_port else LogLevel.INFO

    @property
    def link(self) -> Link | None:
        """The Redis that it shares with other gateways."""
        return None if self.sharing is None else self.sharing.link

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return self._address

    def listeners(self) -> list[socket.socket]:
        """Copies of the sockets that it listens on, for a gateway that takes its place."""
        return self._server.copies()

    @property
    def operator_token(self) -> str:
        """What an operator shows to be let in."""
        return self._options.admin_token

    # ── what a control centre asks ───────────────────────────────────────────────────────────────────────────────

    def snapshot(self) -> Snapshot:
        """The latest picture. Safe from any thread: it is one reference."""
        if self._cell is None:
            raise RuntimeError("there is no picture before the gateway listens")
        return self._cell

    def records(self, after: int, limit: int) -> RecordPage:
        """Finished requests. Safe from any thread."""
        return self.runtime.ring.page(after, limit)

    def record(self, id_prefix: str) -> RequestRecord:
        """One request, by its id or the beginning of it. Raises `RecordNotFound`."""
        return find(id_prefix, self.runtime)

    def operate(self, provider: str, action: ProviderAction) -> ProviderView:
        """Do that with a provider; how it stands then. Raises `ProviderNotFound` or `OffInConfig`."""
        operate(provider, action, self.generation, self.runtime)
        self._freeze()
        return next(view for view in self.snapshot().providers if view.name == provider)

    def logs(self, after: int, limit: int) -> LogEvents:
        """What it has told of itself. Safe from any thread."""
        return self.log.page(after, limit)

    async def alert(
        self, key: str, action: AlertAction, minutes: float, *, who: str, where: str = "this process"
    ) -> Alert:
        """Do that about an alert, and put it on record; how it is then. Raises `AlertNotFound` or `CallerError`."""
        alert = self._alert_desk.act(key, action, minutes)
        if self.audit is not None:
            after = f"for {minutes:g} minutes" if action == "silence" else ""
            noting = partial(self.audit.note, f"alert.{action}", key, who=who, where=where, after=after)
            await asyncio.to_thread(noting)
        self._freeze()
        return alert

    async def audit_trail(self, limit: int) -> AuditTrail:
        """Who changed what, and whether that is as it was written."""
        return await self._trail.newest(limit)

    def explain(self, facts: RouteFacts) -> Plan:
        """Where such a request would go now, without taking anybody's turn; its headers say what they would say of one.
        Raises `ModelNotFound`, and `CallerError` for requirements that cannot be read."""
        return self.desk().explain(with_headers(facts, dict(facts.headers)))

    async def config_files(self) -> tuple[ConfigFile, ...]:
        """The configuration's files as they are on disk, secrets masked."""
        folder = self._loaded.folder
        if folder is None:
            return ()
        return await asyncio.to_thread(read_files, folder)

    async def refresh(self) -> None:
        """Check all providers now."""
        await self._monitor.check_all()
        self._freeze()

    # ── in the background ────────────────────────────────────────────────────────────────────────────────────────

    async def _tick(self) -> None:
        idle = 0
        while True:
            await next_beat(TICK_S)
            self.runtime.reckon(self.runtime.look())
            self.runtime.offer_places()
            idle += 1
            if self.runtime.changes != self._seen_changes or idle >= IDLE_TICKS:
                self._freeze()
                idle = 0

    def _freeze(self) -> None:
        self._seen_changes = self.runtime.changes
        self.gauges.note()
        self._cell = freeze(
            self._cell.version + 1 if self._cell else 1,
            self.runtime,
            self.generation,
            address=self._address,
            connections=self._server.connections,
            config=self._config_view(),
            host=self._read_host(),
            simulated=self._options.simulated,
            about_config=self.reloader.alert,
            shared=None if self.sharing is None else self.sharing.view,
            about_money=self.keeping.reports.alerts(),
            money=self.keeping.reports.outlook.gauge(self.keeping.caching.saved_usd),
            cache=self.gauges.cache(),
            queue=self.gauges.queue(),
        )

        picture = self._cell
        self._cell = replace(picture, alerts=self._alert_desk.marked(picture.alerts))

    def _config_view(self) -> ConfigView:
        folder = self._loaded.folder
        return ConfigView(
            number=self.generation.number,
            folder=str(folder) if folder else None,
            origin=self.generation.config.origin,
            usable=self.generation.refused is None,
            diagnostics=self.diagnostics,
            screen=self.generation.config.screen,
            hash=self.reloader.hash,
        )

    async def _adopt_discovered(self, discover: Discover) -> None:
        """Look around. Beside an operator's configuration finds are only mentioned; without one they are used."""
        found = await discover()
        self.diagnostics += found.diagnostics
        if self._loaded.folder is None and found.providers:
            config = self.generation.config
            origin = f"{config.origin} and what was found here"
            self._use(Config(MappingProxyType(found.providers), config.mappings, config.gateway, origin))
        self.runtime.changes += 1

    def _use(self, config: Config) -> None:
        before = self.generation
        turns, chance = before.planner.turns, self._chance
        self.adopt(build_generation(before.number + 1, config, turns=turns, chance=chance, completed=before.completed))

    def adopt(self, generation: Generation) -> None:
        """Swap to another configuration. Requests in flight finish on the one that they began with."""
        before, self.generation = self.generation, generation
        self.log.level = generation.settings.logging.level
        text = f"configuration {generation.number} is in force instead of {before.number}"
        self.log.note(LogLevel.INFO, "config_reloaded", text, config=generation.number, before=before.number)
        self.runtime.history.mark(self.runtime.clock.wall(), generation.number)
        self.keeping.adopt(generation)
        self.guard.adopt(generation.settings)
        self.runtime.adopt(generation.config)
        adopt_limits(generation, self.runtime, self.keeping)
        if self.sharing is not None:
            self.sharing.adopt(generation)
        self.client.widen(generation.settings.limits.max_in_flight)
        self.client.keep_only({upstream.endpoint for upstream in generation.upstreams.values()})
        if self._watching is not None:
            self._watching.cancel()
        self._monitor = HealthMonitor(self.generation, self.runtime, self.client, self._chance)
        self._watching = self._tasks.create_task(self._monitor.watch(), name="health")


def _decided(options: Options) -> frozenset[str]:
    """The settings that the command line has decided, whatever the files say."""
    given = {"listen.host": options.host, "listen.port": options.port}
    return frozenset(name for name, value in given.items() if value is not None)
