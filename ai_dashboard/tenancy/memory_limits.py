"""Levels in this process. Nothing here ever waits, so that a request that is let through costs no turn of the loop."""

from typing import assert_never

from ai_dashboard.core.clock import Clock
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.tenancy import Bucket, Calendar, Counted, Left, Limit, Quota, Slots, Standing
from ai_dashboard.tenancy.gcra import Level
from ai_dashboard.tenancy.limits import FREE_SLOT_S, Found, Taken, refusal
from ai_dashboard.tenancy.windows import Window, window_of

TIDY_AT = 4096
"""Levels that are kept before those are looked for of which nothing is taken any more."""


@dataclass(slots=True)
class Spent:
    """Tokens of one quota in one window. `unsent` are those that only this process knows of."""

    window: Window
    tokens: int = 0
    unsent: int = 0

    def add(self, tokens: int) -> None:
        """Count some more."""
        self.tokens += tokens
        self.unsent += tokens


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The limits of one caller, looked up once."""

    limits: tuple[Limit, ...]
    requests: tuple[Level, ...]
    tokens: tuple[Level, ...]
    quotas: tuple[Quota, ...]
    slots: tuple[Slots, ...]


class MemoryLimits:
    """A `LimitHome`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._levels: dict[str, Level] = {}
        self._spent: dict[str, Spent] = {}
        self._running: dict[str, int] = {}
        self._windows: dict[Calendar, Window] = {}
        self._sorted: dict[int, _Sorted] = {}
        self._tidy_at = TIDY_AT
        self._shift_s = 0.0

    async def take(self, scope: str, limits: tuple[Limit, ...], tokens: int) -> Taken:
        """Raises `RateLimited`."""
        taken = Taken(scope, limits, tokens)
        if not limits:
            return taken
        its, now = self._sort(limits), self._clock.monotonic()
        spent = [self._spent_of(quota) for quota in its.quotas] if its.quotas else []
        if not self._fits(its, spent, tokens, now):
            raise refusal([self._look(limit, tokens, now) for limit in limits])
        for level in its.requests:
            level.take(now, 1)
        for level in its.tokens:
            taken.marks.append(level.take(now, tokens))
        for it in spent:
            it.add(tokens)
            taken.windows.append(it.window.begins)
        for slots in its.slots:
            self._running[slots.name] = self._running.get(slots.name, 0) + 1
        taken.standing = self._standing(its, now)
        return taken

    async def settle(self, taken: Taken, tokens: int) -> None:
        """Correct what was estimated, and make room for the next."""
        self.settle_now(taken, tokens)

    def settle_now(self, taken: Taken, tokens: int) -> None:
        """As `settle`, for those who cannot wait."""
        if taken.settled or not taken.limits:
            return
        taken.settled = True
        its, more = self._sort(taken.limits), tokens - taken.tokens
        if more:
            now = self._clock.monotonic()
            for level, mark in zip(its.tokens, taken.marks, strict=True):
                level.correct(now, mark, more)
            for quota, begins in zip(its.quotas, taken.windows, strict=True):
                if begins == (spent := self._spent_of(quota)).window.begins:
                    spent.add(more)
        self._make_room(its)

    def _fits(self, its: _Sorted, spent: list[Spent], tokens: int, now: float) -> bool:
        for level in its.requests:
            if not level.fits(now, 1):
                return False
        for level in its.tokens:
            if not level.fits(now, tokens):
                return False
        for quota, it in zip(its.quotas, spent, strict=True):
            if it.tokens + tokens > quota.tokens:
                return False
        return not its.slots or all(self._running.get(slots.name, 0) < slots.most for slots in its.slots)

    def _standing(self, its: _Sorted, now: float) -> Standing:
        standing: dict[Counted, Left] = {}
        if its.requests:
            standing["requests"] = _tightest(its.requests, now)
        if its.tokens:
            standing["tokens"] = _tightest(its.tokens, now)
        for quota in its.quotas:
            left = self._quota_left(quota)
            if (known := standing.get("tokens")) is None or left.remaining < known.remaining:
                standing["tokens"] = left
        return standing

    # ── beside another home ──────────────────────────────────────────────────────────────────────────────────────

    def mirror(self, limit: Bucket, taken_for_s: float) -> None:
        """Take over how a bucket stands elsewhere."""
        self._level(limit).full_at = self._clock.monotonic() + taken_for_s

    def mirror_quota(self, limit: Quota, tokens: int) -> None:
        """Take over what is spent of a quota elsewhere."""
        spent = self._spent_of(limit)
        spent.tokens = tokens + spent.unsent

    def mirror_slot(self, limit: Slots) -> None:
        """One more request runs that was let in elsewhere."""
        self._running[limit.name] = self._running.get(limit.name, 0) + 1

    def unmirror(self, limits: tuple[Limit, ...]) -> None:
        """A request is over that was let in elsewhere."""
        self._make_room(self._sort(limits))

    def _make_room(self, its: _Sorted) -> None:
        for slots in its.slots:
            running = self._running.get(slots.name, 0)
            self._running[slots.name] = running - 1 if running > 0 else 0

    def unsent(self) -> dict[str, tuple[int, int]]:
        """By quota: tokens that only this process knows of, and all that it knows of. They count as told from now
        on."""
        news = {}
        for name, spent in self._spent.items():
            if self._clock.wall() in spent.window:
                news[name] = spent.unsent, spent.tokens
                spent.unsent = 0
        return news

    def levels(self) -> dict[str, float]:
        """For how many seconds each bucket is taken still, where it is."""
        now = self._clock.monotonic()
        return {name: level.full_at - now for name, level in self._levels.items() if level.full_at > now}

    async def begin(self, scope: str, quota: Quota, begins: float, tokens: int) -> None:  # noqa: ARG002 - it has a name
        """At least so many were used."""
        spent = self._spent_of(quota)
        if spent.window.begins == begins:
            spent.tokens = max(spent.tokens, tokens)

    def spend(self, limit: Quota, tokens: int) -> None:
        """Count what was spent of a quota by a request that was let in elsewhere."""
        self._spent_of(limit).add(tokens)

    def left(self, limit: Limit) -> Left:
        """How one stands now, as far as this process knows; nothing is taken."""
        return self._look(limit, 0, self._clock.monotonic()).left

    # ── one limit ────────────────────────────────────────────────────────────────────────────────────────────────

    def _look(self, limit: Limit, tokens: int, now: float) -> Found:
        """How it stands for somebody who may not get in."""
        match limit:
            case Bucket():
                level = self._level(limit)
                return Found(limit, level.wait_s(now, tokens if limit.counts == "tokens" else 1), level.left(now))
            case Quota():
                left = self._quota_left(limit)
                over = self._spent_of(limit).tokens + tokens > limit.tokens
                return Found(limit, left.reset_s if over else 0.0, left)
            case Slots():
                free = limit.most - self._running.get(limit.name, 0)
                return Found(limit, 0.0 if free > 0 else FREE_SLOT_S, Left(limit.most, max(0, free), 0.0))
            case _ as never:
                assert_never(never)

    def _sort(self, limits: tuple[Limit, ...]) -> _Sorted:
        """A caller brings the same tuple each time; while it is kept here nothing else can have its identity."""
        found = self._sorted.get(id(limits))
        if found is not None:
            return found
        if len(self._levels) >= self._tidy_at or len(self._sorted) >= TIDY_AT:
            self._tidy()
        buckets = [limit for limit in limits if isinstance(limit, Bucket)]
        found = self._sorted[id(limits)] = _Sorted(
            limits,
            tuple(self._level(bucket) for bucket in buckets if bucket.counts == "requests"),
            tuple(self._level(bucket) for bucket in buckets if bucket.counts == "tokens"),
            tuple(limit for limit in limits if isinstance(limit, Quota)),
            tuple(limit for limit in limits if isinstance(limit, Slots)),
        )
        return found

    def _level(self, limit: Bucket) -> Level:
        level = self._levels.get(limit.name)
        if level is None:
            level = self._levels[limit.name] = Level(limit.rate, self._shift_s)
        return level

    def _quota_left(self, limit: Quota) -> Left:
        spent = self._spent_of(limit)
        reset_s = spent.window.ends - self._clock.wall()
        return Left(limit.tokens, max(0, limit.tokens - spent.tokens), reset_s)

    def _spent_of(self, limit: Quota) -> Spent:
        window = self._window(limit.calendar)
        spent = self._spent.get(limit.name)
        if spent is None or (spent.window is not window and spent.window != window):
            spent = self._spent[limit.name] = Spent(window)
        return spent

    def _window(self, calendar: Calendar) -> Window:
        wall = self._clock.wall()
        window = self._windows.get(calendar)
        if window is None or not window.begins <= wall < window.ends:
            window = self._windows[calendar] = window_of(calendar, wall)
        return window

    def _tidy(self) -> None:
        """Forget what stands as if it had never been used."""
        now, wall = self._clock.monotonic(), self._clock.wall()
        # Whoever still holds a mark of a level that is forgotten must find it moved as far as it was.
        self._shift_s = max((level.shift_s for level in self._levels.values()), default=0.0)
        self._sorted = {}
        self._levels = {name: level for name, level in self._levels.items() if level.full_at > now}
        self._spent = {name: spent for name, spent in self._spent.items() if wall in spent.window}
        self._running = {name: count for name, count in self._running.items() if count}
        self._tidy_at = max(TIDY_AT, 2 * len(self._levels))


def _tightest(levels: tuple[Level, ...], now: float) -> Left:
    """How the one stands of which least is left."""
    tightest = levels[0]
    if len(levels) > 1:
        least = tightest.remaining(now)
        for level in levels[1:]:
            if (remaining := level.remaining(now)) < least:
                tightest, least = level, remaining
    return tightest.left(now)
