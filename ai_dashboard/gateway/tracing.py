"""Traces, off the path of any request: what is over is read from the ring of the last requests, once a second, and made
into spans on a thread. A collector that takes nothing costs no request anything: what it does not take is left out."""

import asyncio
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from ai_dashboard import __version__
from ai_dashboard.config.schema.monitoring import OtelSettings
from ai_dashboard.core.logs import LogLevel
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.generation import Generation
from ai_dashboard.gateway.spans import span_of
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.state.beat import next_beat
from ai_dashboard.telemetry.json_log import JsonLog
from ai_dashboard.telemetry.traces import Parent, Span, parent_of

ROUND_S = 1.0

INSTALL = "pip install 'ai-dashboard[otel]'"


class Outlet(Protocol):
    """Where spans go. Both calls take as long as they take."""

    def send(self, spans: Sequence[Span], /) -> bool: ...
    def close(self) -> None: ...


Open = Callable[[OtelSettings, str], Outlet]
"""Raises `ImportError` where what it needs is not installed. The text tells this gateway from others."""


class Tracing:
    """Of one gateway. `desk` says what is in force."""

    def __init__(self, desk: Callable[[], Desk], log: JsonLog, chance: random.Random, *, opening: Open) -> None:
        self.exported = 0
        self.left_out = 0
        self._desk = desk
        self._log = log
        self._chance = chance
        self._open = opening
        self._for: OtelSettings | None = None
        self._outlet: Outlet | None = None
        self._seen = desk().runtime.ring.last
        self._well = True

    async def run(self) -> None:
        """Until it is cancelled; then once more, if somebody takes it."""
        try:
            while True:
                await next_beat(ROUND_S)
                await self.turn()
        finally:
            if self._well:
                await self.turn()
            await self._close()

    async def turn(self) -> None:
        """Export what has ended since the last time."""
        desk = self._desk()
        settings, ring = desk.generation.settings.otel, desk.runtime.ring
        if settings != self._for:
            await self._adopt(settings, desk.keeping.name)
        if self._outlet is None:
            self._seen = ring.last
            return
        trips, lost = ring.since(self._seen)
        self._seen += len(trips) + lost
        chosen = [(trip, parent) for trip in trips if (parent := self._wanted(trip, settings)) is not None]
        most = int(settings.per_second * ROUND_S)
        self.left_out += lost + max(0, len(chosen) - most)
        if chosen := chosen[:most]:
            send = partial(_send, self._outlet, chosen, desk.generation)
            self._told(await asyncio.to_thread(send), len(chosen), settings)

    def _wanted(self, trip: Trip, settings: OtelSettings) -> "tuple[Parent | None] | None":
        """The caller's own span, if any, where the request is exported at all."""
        parent = parent_of(trip.traceparent)
        sampled = parent.sampled if parent is not None else self._chance.random() < settings.sample
        return (parent,) if sampled else None

    async def _adopt(self, settings: OtelSettings, instance: str) -> None:
        """Go by other settings."""
        await self._close()
        self._for, self._well = settings, True
        if not settings.enabled:
            return
        try:
            self._outlet = await asyncio.to_thread(self._open, settings, instance)
        except ImportError:
            self._log.note(LogLevel.WARNING, "otel_missing", f"traces are not exported: {INSTALL}")
        except ValueError as error:
            self._log.note(LogLevel.WARNING, "otel_troubled", f"traces are not exported: {error}")

    def _told(self, well: bool, requests: int, settings: OtelSettings) -> None:
        """Say so when the collector begins or ceases to take what it is given."""
        if well:
            self.exported += requests
        else:
            self.left_out += requests
        if well is not self._well:
            where = settings.endpoint or "the collector"
            if well:
                self._log.note(LogLevel.INFO, "otel_well", f"{where} takes traces again", left_out=self.left_out)
            else:
                self._log.note(LogLevel.WARNING, "otel_troubled", f"{where} does not take traces; they are left out")
        self._well = well

    async def _close(self) -> None:
        outlet, self._outlet = self._outlet, None
        if outlet is not None:
            await asyncio.to_thread(outlet.close)


def open_collector(settings: OtelSettings, instance: str) -> Outlet:
    """The way to the collector that the settings name. Raises `ImportError`."""
    from ai_dashboard.telemetry.otel import Traces, to_collector

    exporter = to_collector(settings.endpoint, settings.timeout_s)
    return Traces(exporter, settings.service_name, __version__, instance)


def _send(outlet: Outlet, chosen: Sequence[tuple[Trip, tuple[Parent | None]]], generation: Generation) -> bool:
    return outlet.send([span_of(trip, generation, parent) for trip, (parent,) in chosen])
