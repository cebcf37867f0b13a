"""The cache and the queue, at a glance and over a window.

`note` takes down what has happened since the last time, off the path of any request: with each picture, and so at least
once a second. Belongs to the gateway's loop.
"""

from collections.abc import Iterator
from operator import add

from ai_dashboard.core.cache import CacheStep, CacheView
from ai_dashboard.core.history import Window
from ai_dashboard.core.queue import PlacesView, QueueStep, QueueView, SwapsView
from ai_dashboard.core.snapshot import CacheGauge, QueueGauge
from ai_dashboard.gateway.caching import Caching
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.telemetry.course import Course, Growth

GLANCE_MINUTES = 15
"""What a gauge looks back on, as long as all else in a snapshot."""

LOOK_AGAIN_S = 1.0
"""How often the lines themselves are looked at: finding who has waited for longest takes a look at everybody."""


class Gauges:
    """Of one gateway."""

    def __init__(self, runtime: Runtime, caching: Caching) -> None:
        self._runtime = runtime
        self._caching = caching
        self._cached = Growth(*self._cache_counters())
        self._waited = Growth(*self._queue_counters())
        self._cache = Course(add, add, add, add, add, add)
        self._queue = Course(max, add, add, add)
        self._looked = float("-inf")
        self._oldest_s = 0.0
        self._per_minute = 0.0

    def note(self) -> None:
        """Take down what has happened since the last time."""
        now = self._runtime.clock.monotonic()
        exact, semantic, missed, *rest = self._cached.since(*self._cache_counters())
        self._cache.add(now, (exact, semantic, max(0.0, missed - semantic), *rest))
        self._queue.add(now, (len(self._runtime.waiting), *self._waited.since(*self._queue_counters())))

    # ── at a glance ──────────────────────────────────────────────────────────────────────────────────────────────────

    def cache(self) -> CacheGauge:
        """The cache."""
        caching, now = self._caching, self._runtime.clock.monotonic()
        exact, semantic, missed, *_ = self._cache.together(now, Window.HOUR, GLANCE_MINUTES)
        trend: list[float | None] = [None] * GLANCE_MINUTES
        for back, (known, alike, neither, *_) in self._cache.steps(now, Window.HOUR):
            if back < GLANCE_MINUTES:
                trend[-1 - back] = _share(known + alike, neither)
        meanings, memory = caching.meanings, caching.exact.memory
        return CacheGauge(
            enabled=caching.enabled,
            hit_ratio=_share(exact + semantic, missed),
            trend=tuple(trend),
            entries=len(memory) + (len(meanings.store) if meanings is not None else 0),
            bytes=memory.bytes + (meanings.store.bytes if meanings is not None else 0),
            max_bytes=memory.max_bytes,
            saved_s=caching.saved_s,
            saved_usd=caching.saved_usd,
        )

    def queue(self) -> QueueGauge:
        """Who waits."""
        waiting, now = len(self._runtime.waiting), self._runtime.clock.monotonic()
        if waiting and now - self._looked >= LOOK_AGAIN_S:
            self._look(now)
        _, _, shed, expired = self._queue.together(now, Window.HOUR, GLANCE_MINUTES)
        trend = [0] * GLANCE_MINUTES
        for back, (most, *_) in self._queue.steps(now, Window.HOUR):
            if back < GLANCE_MINUTES:
                trend[-1 - back] = int(most)
        return QueueGauge(
            waiting=waiting,
            oldest_s=self._oldest_s if waiting else 0.0,
            drain_s=_drain_s(waiting, self._per_minute),
            shed=int(shed),
            expired=int(expired),
            trend=tuple(trend),
        )

    def _look(self, now: float) -> None:
        views = list(self._runtime.waiting.views())
        self._looked = now
        self._oldest_s = max((view.oldest_s for view in views), default=0.0)
        self._per_minute = sum(view.per_minute for view in views)

    # ── over a window ────────────────────────────────────────────────────────────────────────────────────────────────

    def cache_over(self, window: Window) -> CacheView:
        """The cache."""
        self.note()
        now = self._runtime.clock.monotonic()
        *_, saved_s, saved_usd, evicted = self._cache.together(now, window)
        steps = tuple(
            CacheStep(back, int(exact), int(semantic), int(missed))
            for back, (exact, semantic, missed, *_) in self._cache.steps(now, window)
            if exact or semantic or missed
        )
        wall = self._runtime.clock.wall()
        marks = self._runtime.history.marks(wall, window)
        return CacheView(window, wall, self._caching.figures(), steps, saved_s, saved_usd, int(evicted), marks)

    def queue_over(self, window: Window) -> QueueView:
        """Who waits, for what, and who has waited."""
        self.note()
        room, now = self._runtime.waiting, self._runtime.clock.monotonic()
        lines = tuple(room.views())
        return QueueView(
            window,
            self._runtime.clock.wall(),
            waiting=len(room),
            drain_s=_drain_s(len(room), sum(line.per_minute for line in lines)),
            max_size=room.max_size,
            lines=lines,
            places=tuple(self._places()),
            steps=tuple(QueueStep(back, *map(int, figures)) for back, figures in self._queue.steps(now, window)),
            swaps=tuple(swaps(self._runtime)),
        )

    def _places(self) -> Iterator[PlacesView]:
        """Of every provider that has a limit, or is asked just now."""
        for name, state in self._runtime.providers.items():
            if state.capacity is not None or state.in_flight:
                found_out = state.limits.max_concurrent is None
                yield PlacesView(name, state.in_flight, state.capacity, found_out, state.adaptive.strained)

    def _cache_counters(self) -> tuple[float, ...]:
        caching = self._caching
        alike = caching.meanings.store.hits if caching.meanings is not None else 0
        exact = caching.exact
        return exact.hits, alike, exact.misses, caching.saved_s, caching.saved_usd, exact.memory.evicted

    def _queue_counters(self) -> tuple[float, ...]:
        room = self._runtime.waiting
        return room.served, room.shed, room.expired


def swaps(runtime: Runtime) -> Iterator[SwapsView]:
    """What providers with room for a few models hold, and load next."""
    now = runtime.clock.monotonic()
    for name, state in runtime.providers.items():
        if state.shelf is not None:
            yield state.shelf.view(name, state.targets, now)


def _share(known: float, missed: float) -> float | None:
    asked = known + missed
    return known / asked if asked else None


def _drain_s(waiting: int, per_minute: float) -> float | None:
    """When so many will have been served, None while nobody can say."""
    if not waiting:
        return 0.0
    return waiting / per_minute * 60 if per_minute else None
