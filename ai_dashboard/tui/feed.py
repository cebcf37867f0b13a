"""The screen's own clock hand: asks the gateway for news, keeps what it heard, and publishes a picture when it changed.

The gateway never waits for the screen. One poll is under way at most; a poll that hangs is given up after
`POLL_TIMEOUT_S`, and until an answer comes the last picture stays, marked as stale with its age.

What was is kept (`tui.past`), and can be shown again; the feed goes on listening meanwhile.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from ai_dashboard.core.control import ControlPort, PortClosed
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import GatewayError
from ai_dashboard.core.records import RecordPage, RequestRecord
from ai_dashboard.core.screen import ScreenSettings
from ai_dashboard.core.snapshot import GatewayView, Snapshot
from ai_dashboard.tui.format import plural
from ai_dashboard.tui.marks import MAX_MARKS, Happening, news
from ai_dashboard.tui.pace import SAMPLE, Pace
from ai_dashboard.tui.past import Moment, Past, thrifty
from ai_dashboard.tui.picture import Freshness, Picture
from ai_dashboard.tui.store import CAPACITY, RecordStore

POLL_TIMEOUT_S = 5.0
PAGE_TIMEOUT_S = 3.0
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


@dataclass(frozen=True, slots=True)
class Seen:
    """What the screen saw at a moment: a picture, and how many requests had finished."""

    snapshot: Snapshot
    finished: int


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
        self._pace = Pace(CAPACITY)
        self._snapshot: Snapshot | None = None
        self._problem = ""
        self._fresh_at = now()
        self._source = source
        self._records_changed = False
        self._paused_with: int | None = None
        self._past: Past[Seen] = Past()
        self._marks: deque[Happening] = deque(maxlen=MAX_MARKS)
        self._moment: Moment[Seen] | None = None
        self._records_then: tuple[RequestRecord, ...] = ()
        self.busy = False
        self.picture = Picture(source=source)

    @property
    def paused(self) -> bool:
        """Whether the picture is frozen; the feed goes on listening meanwhile."""
        return self._paused_with is not None

    @property
    def travelling(self) -> bool:
        """Whether the picture is one of the past."""
        return self._moment is not None

    @property
    def latest(self) -> GatewayView | None:
        """The gateway as it was heard of last, None before it was."""
        return self._snapshot.gateway if self._snapshot is not None else None

    @property
    def in_flight(self) -> int:
        """Real requests in flight now, whatever is shown."""
        return Picture(self._snapshot).in_flight

    @property
    def settings(self) -> ScreenSettings | None:
        """How the screen shall look, None before the gateway has said so."""
        return self._snapshot.config.screen if self._snapshot is not None else None

    def toggle_pause(self) -> None:
        """Freeze the picture, or let it go on with everything that happened meanwhile."""
        if self.travelling:
            self.live()
            return
        self._paused_with = None if self.paused else self._store.after
        self._records_changed = True
        self.publish()

    def travel(self, steps: int) -> bool:
        """Show the moment before or after the one that is shown; after the last comes what is now. False where there is
        none before."""
        if self._moment is None and steps > 0:
            return True
        return self._go(self._neighbour(steps), steps)

    def travel_to_mark(self, steps: int) -> bool:
        """The same, to the moment at which the mark before or after stood out first."""
        shown = self._shown_at
        if shown is None:
            return False
        if steps > 0:
            mark = min((mark.at for mark in self._marks if mark.at > shown), default=None)
            return self._go(self._past.after(mark - 1e-6) if mark is not None else None, steps)
        earlier = self._past.before(shown)
        mark = max((mark.at for mark in self._marks if earlier is not None and mark.at <= earlier.at), default=None)
        moment = self._past.after(mark - 1e-6) if mark is not None else None
        return self._go(moment if moment is not None and moment.at < shown else None, steps)

    def live(self) -> None:
        """Show what is now, whatever was shown."""
        self._moment, self._records_then, self._paused_with = None, (), None
        self._records_changed = True
        self.publish()

    @property
    def _shown_at(self) -> float | None:
        if self._moment is not None:
            return self._moment.at
        return None if self.picture.snapshot is None else self.picture.snapshot.at

    def _neighbour(self, steps: int) -> Moment[Seen] | None:
        shown = self._shown_at
        if shown is None:
            return None
        return self._past.before(shown) if steps < 0 else self._past.after(shown)

    def _go(self, moment: Moment[Seen] | None, steps: int) -> bool:
        if moment is None:
            if steps > 0:
                self.live()
            return steps > 0
        self._moment, self._paused_with = moment, None
        then, now = moment.value, self._snapshot
        # Another gateway has counted its requests from one again: of the one before none are left.
        is_same = now is not None and now.gateway.pid == then.snapshot.gateway.pid
        self._records_then = self._store.until(then.finished) if is_same else ()
        self.publish()
        return True

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
        page = await self._finished()
        # The same version is kept as the same object, so that panels compare references and not figures.
        if self._snapshot is None or _stamp(snapshot) != _stamp(self._snapshot):
            self._marks.extend(news(self._snapshot, snapshot))
            self._snapshot = snapshot
            self._remember(snapshot, page.next)
        self._records_changed |= self._store.add(page)
        self._problem = ""
        self._fresh_at = self._now()

    async def _finished(self) -> RecordPage:
        """What has finished meanwhile, as much of it as the line carries; nothing where even that takes too long."""
        after, begun = self._store.after, self._now()
        try:
            async with asyncio.timeout(PAGE_TIMEOUT_S):
                if not after:
                    sample = await self._port.records(after, SAMPLE)
                    self._pace.sampled(self._now() - begun)
                    if len(sample.records) < SAMPLE or self._pace.limit <= SAMPLE:
                        return sample
                    begun = self._now()
                page = await self._port.records(after, min(self._pace.limit, PAGE if after else CAPACITY))
        except TimeoutError:
            self._pace.gave_up()
            return RecordPage((), after, 0)
        self._pace.took(len(page.records), self._now() - begun)
        return page

    def _remember(self, snapshot: Snapshot, finished: int) -> None:
        if self._past.wants(snapshot.at):
            latest = self._past.latest
            kept = thrifty(snapshot, latest.value.snapshot if latest is not None else None)
            self._past.add(snapshot.at, Seen(kept, finished))

    def _then(self, moment: Moment[Seen]) -> Picture:
        """The picture of a moment."""
        snapshot, now = moment.value.snapshot, self._snapshot or moment.value.snapshot
        behind_s = now.at + self._now() - self._fresh_at - moment.at
        return replace(
            self.picture,
            snapshot=snapshot,
            records=self._records_then,
            running=snapshot.running,
            freshness=Freshness.PAST,
            age_s=max(int(behind_s), 0),
            problem=self._problem,
            waiting=0,
            marks=tuple(mark for mark in self._marks if mark.at <= moment.at),
        )

    def _compose(self) -> Picture:
        if self._moment is not None:
            return self._then(self._moment)
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
        return replace(
            trust,
            snapshot=snapshot,
            records=records,
            running=running,
            lost=self._store.lost,
            marks=tuple(self._marks),
        )


def _stamp(snapshot: Snapshot) -> tuple[int, int]:
    return snapshot.gateway.pid, snapshot.version
