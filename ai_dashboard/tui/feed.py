"""The screen's own clock hand: asks the gateway for news, keeps what it heard, and publishes a picture when it changed.

The gateway never waits for the screen. One poll is under way at most; a poll that hangs is given up after
`POLL_TIMEOUT_S`, and until an answer comes the last picture stays, marked as stale with its age.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from ai_dashboard.core.control import ControlPort, PortClosed
from ai_dashboard.core.errors import GatewayError
from ai_dashboard.core.snapshot import Snapshot
from ai_dashboard.tui.format import plural
from ai_dashboard.tui.picture import Freshness, Picture
from ai_dashboard.tui.store import CAPACITY, RecordStore

POLL_TIMEOUT_S = 5.0
PROBE_TIMEOUT_S = 30.0
GRACE_TICKS = 3
"""Intervals without an answer before the picture is called stale, although no error was reported."""

PAGE = 500

Unreachable = (PortClosed, GatewayError, TimeoutError, OSError)


def reason(failure: BaseException) -> str:
    """What to tell about a failure of the port."""
    if isinstance(failure, TimeoutError):
        return "the gateway does not answer"
    return str(failure) or "the gateway cannot be reached"


class Feed:
    """Polls `port` when told to and calls `publish` with each new picture. `now` is a monotonic clock in seconds."""

    def __init__(
        self,
        port: ControlPort,
        publish: Callable[[Picture], None],
        *,
        interval_s: float,
        source: str = "",
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._port = port
        self._publish = publish
        self._now = now
        self._grace_s = max(GRACE_TICKS * interval_s, 3.0)
        self._store = RecordStore()
        self._snapshot: Snapshot | None = None
        self._problem = ""
        self._fresh_at = now()
        self._source = source
        self._records_changed = False
        self._paused_with: int | None = None
        self.busy = False
        self.picture = Picture(source=source)

    @property
    def paused(self) -> bool:
        """Whether the picture is frozen; the feed goes on listening meanwhile."""
        return self._paused_with is not None

    def toggle_pause(self) -> None:
        """Freeze the picture, or let it go on with everything that happened meanwhile."""
        self._paused_with = None if self.paused else self._store.after
        self._records_changed = True
        self.publish()

    async def poll(self) -> None:
        """Ask once and publish. Does nothing while another poll is under way."""
        if self.busy:
            return
        self.busy = True
        try:
            async with asyncio.timeout(POLL_TIMEOUT_S):
                await self._ask()
        except Unreachable as failure:
            self._problem = reason(failure)
        finally:
            self.busy = False
        self.publish()

    async def probe(self) -> str:
        """Have the gateway probe its providers, then poll. Returns a sentence on what happened."""
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                await self._port.refresh()
        except Unreachable as failure:
            self._problem = reason(failure)
            self.publish()
            return f"refresh failed: {self._problem}"
        await self.poll()
        if self._snapshot is None:
            return "refreshed"
        return f"probed {plural(len(self._snapshot.providers), 'provider')}"

    def publish(self) -> None:
        """Hand out the picture, if it is another one than last time."""
        picture = self._compose()
        if picture != self.picture:
            self.picture = picture
            self._publish(picture)

    async def _ask(self) -> None:
        snapshot = await self._port.snapshot()
        if self._snapshot is not None and snapshot.gateway.pid != self._snapshot.gateway.pid:
            self._store.clear()
            self._records_changed = True
        page = await self._port.records(self._store.after, PAGE if self._store.after else CAPACITY)
        # The same version is kept as the same object, so that panels compare references and not figures.
        if self._snapshot is None or _stamp(snapshot) != _stamp(self._snapshot):
            self._snapshot = snapshot
        self._records_changed |= self._store.add(page)
        self._problem = ""
        self._fresh_at = self._now()

    def _compose(self) -> Picture:
        age_s = self._now() - self._fresh_at
        stale = bool(self._problem) or age_s > self._grace_s
        if self.paused:
            freshness = Freshness.PAUSED
        elif self._snapshot is None:
            freshness = Freshness.CONNECTING
        else:
            freshness = Freshness.STALE if stale else Freshness.LIVE
        trust = replace(
            self.picture, freshness=freshness, age_s=int(age_s) if stale else 0, problem=self._problem, waiting=0
        )
        if self._paused_with is not None:
            return replace(trust, waiting=max(self._store.after - self._paused_with, 0))
        snapshot, records = self._snapshot, trust.records
        if self._records_changed:
            records, self._records_changed = self._store.newest_first(), False
        running = () if snapshot is None else tuple(r for r in snapshot.running if r.id not in self._store)
        return replace(trust, snapshot=snapshot, records=records, running=running, lost=self._store.lost)


def _stamp(snapshot: Snapshot) -> tuple[int, int]:
    return snapshot.gateway.pid, snapshot.version
