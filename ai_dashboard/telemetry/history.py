"""Histories of every model at every provider: slices of five seconds for five minutes, of one minute for an hour, of a
quarter of an hour for a day.

An answer is counted once, into the finest open slice; a slice that closes is added to the next coarser one. A closed
slice is packed into arrays and keeps its percentiles, and each tier keeps the sum of its slices, so that a reading
merges nothing but what is open. Memory is bounded: so many slices, and so many series, of which the one that was least
lately used makes room.
"""

from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.histogram import quantiles
from ai_dashboard.core.history import HistoryPoint, HistoryView, Mark, SeriesKey, SeriesView, Spread, Window
from ai_dashboard.core.snapshot import Percentiles
from ai_dashboard.telemetry.answers import Answers

MAX_SERIES = 48
"""Models whose history is kept. A busy one takes some 600 KB for its day."""

MAX_MARKS = 64

TIERS: tuple[tuple[float, int], ...] = tuple(
    (window.step_s, window.points) for window in (Window.FIVE, Window.HOUR, Window.DAY)
)
"""Seconds of a slice and number of slices, from fine to coarse."""

_TIER_OF = {Window.MINUTE: 0, Window.FIVE: 0, Window.HOUR: 1, Window.DAY: 2}

_MARKS = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)

Counts = dict[int, int]


@dataclass(slots=True)
class Tally:
    """What is still being added to: sparse histograms of the time to the first token, the whole time, and the time
    from token to token."""

    requests: int = 0
    errors: int = 0
    tokens: int = 0
    counts: tuple[Counts, Counts, Counts] = field(default_factory=lambda: ({}, {}, {}))

    def count(self, answers: Answers) -> None:
        """Count whole answers."""
        self.requests += answers.count
        self.tokens += answers.tokens
        for mine, theirs in zip(self.counts, (answers.ttfts, answers.totals, answers.paces), strict=True):
            for bucket, count in theirs.items():
                mine[bucket] = mine.get(bucket, 0) + count

    def pairs(self) -> Iterator[Iterable[tuple[int, int]]]:
        """Buckets and counts of each histogram."""
        return (counts.items() for counts in self.counts)

    def add(self, other: "Tally | Slice", sign: int = 1) -> None:
        """Add another one, or take it off again."""
        self.requests += sign * other.requests
        self.errors += sign * other.errors
        self.tokens += sign * other.tokens
        for mine, theirs in zip(self.counts, other.pairs(), strict=True):
            for bucket, count in theirs:
                left = mine.get(bucket, 0) + sign * count
                if left:
                    mine[bucket] = left
                else:
                    del mine[bucket]


@dataclass(frozen=True, slots=True)
class Slice:
    """A closed slice: its histograms packed, bucket and count in turn, and their percentiles."""

    index: int
    requests: int
    errors: int
    tokens: int
    counts: tuple["array[int]", "array[int]", "array[int]"]
    percentiles: tuple[Percentiles, Percentiles, Percentiles]

    def pairs(self) -> Iterator[Iterable[tuple[int, int]]]:
        """Buckets and counts of each histogram."""
        return (zip(packed[::2], packed[1::2], strict=True) for packed in self.counts)


class Tier:
    """The latest `length` slices of `slice_s` seconds each; the last one is open."""

    def __init__(self, slice_s: float, length: int, now: float) -> None:
        self.slice_s = slice_s
        self.open = Tally()
        self.closed: deque[Slice] = deque()
        self.sum = Tally()
        """Of the closed slices."""
        self.index = int(now // slice_s)
        self._length = length

    @property
    def began(self) -> float:
        """When the open slice began."""
        return self.index * self.slice_s

    def roll(self, now: float) -> Slice | None:
        """Open the slice that `now` belongs to. Returns the one that was open before, if it is another one and holds
        anything."""
        index = int(now // self.slice_s)
        if index <= self.index:
            return None
        closed = None
        if self.open.requests:
            closed = _close(self.index, self.open)
            self.closed.append(closed)
            self.sum.add(closed)
            self.open = Tally()
        self.index = index
        while self.closed and self.closed[0].index <= index - self._length:
            self.sum.add(self.closed.popleft(), -1)
        return closed


class Series:
    """The history of one model at one provider. Times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._tiers = [Tier(slice_s, length, now) for slice_s, length in TIERS]

    def add(self, now: float, answers: Answers, failures: int) -> None:
        """Count answers and failures that have come since the last time."""
        self._roll(0, now)
        tally = self._tiers[0].open
        tally.count(answers)
        tally.requests += failures
        tally.errors += failures

    def window(self, now: float, window: Window) -> Tally:
        """Everything in a window."""
        self._roll(0, now)
        tally = self._current(window)
        if window is Window.MINUTE:
            for closed in self._slices(window):
                tally.add(closed)
        else:
            tally.add(self._tiers[_TIER_OF[window]].sum)
        return tally

    def points(self, now: float, window: Window) -> Iterator[tuple[int, "Tally | Slice"]]:
        """The slices of a window in which anything happened, oldest first, with their distance from the open one."""
        self._roll(0, now)
        newest = self._tiers[_TIER_OF[window]].index
        for closed in self._slices(window):
            yield newest - closed.index, closed
        current = self._current(window)
        if current.requests:
            yield 0, current

    def _slices(self, window: Window) -> Iterator[Slice]:
        tier = self._tiers[_TIER_OF[window]]
        return (closed for closed in tier.closed if closed.index > tier.index - window.points)

    def _current(self, window: Window) -> Tally:
        """The open slice of a window's tier, with what the finer tiers have not handed on yet."""
        tally = Tally()
        for tier in self._tiers[: _TIER_OF[window] + 1]:
            tally.add(tier.open)
        return tally

    def _roll(self, level: int, now: float) -> None:
        tier = self._tiers[level]
        began = tier.began
        closed = tier.roll(now)
        if level + 1 < len(self._tiers):
            if closed is not None:
                self._roll(level + 1, began)
                self._tiers[level + 1].open.add(closed)
            self._roll(level + 1, now)


class History:
    """The histories of all models, and the moments at which the configuration changed."""

    def __init__(self) -> None:
        self._series: dict[SeriesKey, Series] = {}
        self._marks: deque[Mark] = deque(maxlen=MAX_MARKS)
        self._merged: dict[tuple[SeriesKey, Window], dict[int, HistoryPoint]] = {}
        """Closed slices of whole providers: merging those of a day takes tens of milliseconds."""

    def add(self, now: float, key: SeriesKey, answers: Answers, failures: int) -> None:
        """Count answers and failed tries of one model at one provider."""
        series = self._series.pop(key, None)
        if series is None:
            if len(self._series) >= MAX_SERIES:
                del self._series[next(iter(self._series))]
            series = Series(now)
        self._series[key] = series  # now the one that was used last
        series.add(now, answers, failures)

    def mark(self, at: float, number: int) -> None:
        """A configuration came into force."""
        self._marks.append(Mark(at, number))

    def marks(self, wall: float, window: Window) -> tuple[Mark, ...]:
        """Those within a window that ends now."""
        oldest = wall - window.step_s * window.points
        return tuple(mark for mark in self._marks if mark.at >= oldest)

    def view(self, now: float, wall: float, window: Window, shown: Iterable[SeriesKey] = ()) -> HistoryView:
        """A window of all series; `shown` are those whose points are wanted."""
        wanted = frozenset(shown)
        tallies: dict[SeriesKey, Tally] = {}
        for key, series in self._series.items():
            tally = series.window(now, window)
            if not tally.requests:
                continue
            tallies[key] = tally
            tallies.setdefault(SeriesKey(key.provider), Tally()).add(tally)
        views = [
            _view(key, tally, self._points(now, window, key) if key in wanted else ()) for key, tally in tallies.items()
        ]
        views.sort(key=lambda view: (-view.requests, view.key.provider, view.key.model))
        return HistoryView(window, wall, tuple(views), self.marks(wall, window))

    def _points(self, now: float, window: Window, key: SeriesKey) -> tuple[HistoryPoint, ...]:
        members = [series for it, series in self._series.items() if key in (it, SeriesKey(it.provider))]
        if len(members) < 2:
            return tuple(_point(back, part) for series in members for back, part in series.points(now, window))
        newest = int(now // window.step_s)
        known = self._merged.get((key, window), {})
        together: dict[int, Tally] = {}
        seen: set[int] = set()
        for series in members:
            for back, part in series.points(now, window):
                seen.add(newest - back)
                if not back or newest - back not in known:
                    together.setdefault(newest - back, Tally()).add(part)
        drawn = {index: _point(0, together[index]) if index in together else known[index] for index in sorted(seen)}
        self._merged[key, window] = {index: point for index, point in drawn.items() if index < newest}
        return tuple(replace(point, index=newest - index) for index, point in drawn.items())


def _view(key: SeriesKey, tally: Tally, points: tuple[HistoryPoint, ...]) -> SeriesView:
    ttft, total, per_token = map(_spread, tally.counts)
    return SeriesView(key, tally.requests, tally.errors, tally.tokens, ttft, total, per_token, points)


def _point(back: int, part: Tally | Slice) -> HistoryPoint:
    percentiles = part.percentiles if isinstance(part, Slice) else _percentiles(part)
    return HistoryPoint(back, part.requests, part.errors, *percentiles)


def _close(index: int, tally: Tally) -> Slice:
    first, second, third = (array("I", _flat(counts)) for counts in tally.counts)
    counts = (first, second, third)
    return Slice(index, tally.requests, tally.errors, tally.tokens, counts, _percentiles(tally))


def _flat(counts: Counts) -> Iterator[int]:
    for pair in sorted(counts.items()):
        yield from pair


def _percentiles(tally: Tally) -> tuple[Percentiles, Percentiles, Percentiles]:
    ttft, total, per_token = (Percentiles(*_quantiles(counts, (0.5, 0.95, 0.99))) for counts in tally.counts)
    return ttft, total, per_token


def _spread(counts: Counts) -> Spread:
    return Spread(*_quantiles(counts, _MARKS))


def _quantiles(counts: Counts, qs: Sequence[float]) -> Sequence[float]:
    return quantiles(sorted(counts.items()), sum(counts.values()), qs) if counts else ()
