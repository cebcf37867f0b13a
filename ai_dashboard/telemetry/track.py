"""Fifteen minutes of one stream of answers (a provider's, or the whole gateway's), in slices of five seconds.

Each slice keeps its own sparse histograms; the window's histograms are kept up to date by adding to them and taking off
what an expired slice had put in, so that a reading never has to merge 180 of them.
"""

import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.histogram import BUCKETS, quantiles
from ai_dashboard.core.snapshot import SLICE_S, SLICES, Percentiles
from ai_dashboard.telemetry.answers import Answers


@dataclass(slots=True)
class Slice:
    """What happened in five seconds. `generation_s` is the time spent after the first token of `tokens` tokens."""

    index: int
    requests: int = 0
    errors: int = 0
    tokens: int = 0
    generation_s: float = 0.0
    total: Counter[int] = field(default_factory=Counter)
    ttft: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class ClosedSlice:
    """A slice that nothing is added to any more, with its percentiles worked out once."""

    index: int
    requests: int
    errors: int
    ttft: Percentiles
    total: Percentiles


class Track:
    """One stream of answers. Times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self.requests = 0
        self.errors = 0
        self.tokens = 0
        self.generation_s = 0.0
        self._total = [0] * BUCKETS
        self._ttft = [0] * BUCKETS
        self._slices: deque[Slice] = deque([Slice(_index(now))])
        self._closed: deque[ClosedSlice] = deque()

    def add_failure(self, now: float) -> None:
        """Count a failure. Its time is not counted: a quick refusal is no quick answer."""
        self.roll(now)
        current = self._slices[-1]
        for counted in (current, self):
            counted.requests += 1
            counted.errors += 1

    def add(self, now: float, answers: Answers) -> None:
        """Count answers that have ended since the last time. Many at once, since rolling and looking up cost more than
        counting does."""
        self.roll(now)
        current = self._slices[-1]
        current.total.update(answers.totals)
        current.ttft.update(answers.ttfts)
        _put(self._total, answers.totals)
        _put(self._ttft, answers.ttfts)
        for counted in (current, self):
            counted.requests += answers.count
            counted.tokens += answers.timed_tokens
            counted.generation_s += answers.generation_s

    def roll(self, now: float) -> None:
        """Open the slice that `now` belongs to, and let go of those that have left the window."""
        index = _index(now)
        if index <= self._slices[-1].index:
            return
        self._closed.append(_close(self._slices[-1]))
        self._slices.append(Slice(index))
        while self._slices[0].index <= index - SLICES:
            self._take_off(self._slices.popleft())
            self._closed.popleft()
        # Summed anew, since taking floats off again would leave a residue that grows with the days.
        self.generation_s = math.fsum(slice_.generation_s for slice_ in self._slices)

    def percentiles(self, now: float) -> tuple[Percentiles, Percentiles]:
        """Of the time to the first token and of the total time, over the window."""
        self.roll(now)
        return _percentiles(enumerate(self._ttft), sum(self._ttft)), _percentiles(
            enumerate(self._total), sum(self._total)
        )

    def histograms(self, now: float) -> tuple[Sequence[int], Sequence[int]]:
        """Of the time to the first token and of the total time, over the window: a count for each bucket."""
        self.roll(now)
        return tuple(self._ttft), tuple(self._total)

    def closed(self) -> tuple[ClosedSlice, ...]:
        """The finished slices in which the track was looked at or added to, oldest first."""
        return tuple(self._closed)

    def current(self) -> ClosedSlice:
        """The unfinished slice as it stands."""
        return _close(self._slices[-1])

    def trend(self, now: float, points: int) -> tuple[float | None, ...]:
        """The p95 of the total time in each of the last `points` slices, oldest first, the unfinished one last."""
        self.roll(now)
        newest = self._slices[-1].index
        known = {slice_.index: slice_.total.p95 for slice_ in (*self._closed, self.current())}
        return tuple(known.get(index) for index in range(newest - points + 1, newest + 1))

    def _take_off(self, old: Slice) -> None:
        self.requests -= old.requests
        self.errors -= old.errors
        self.tokens -= old.tokens
        _put(self._total, old.total, -1)
        _put(self._ttft, old.ttft, -1)


def _put(histogram: list[int], counts: Mapping[int, int], sign: int = 1) -> None:
    """Add counts to it, or take them off again."""
    for bucket, count in counts.items():
        histogram[bucket] += sign * count


def _percentiles(counts: Iterable[tuple[int, int]], total: int) -> Percentiles:
    """The three that the screens show."""
    return Percentiles(*quantiles(counts, total, (0.5, 0.95, 0.99))) if total else Percentiles()


def _close(open_slice: Slice) -> ClosedSlice:
    return ClosedSlice(
        open_slice.index,
        open_slice.requests,
        open_slice.errors,
        _percentiles(sorted(open_slice.ttft.items()), open_slice.ttft.total()),
        _percentiles(sorted(open_slice.total.items()), open_slice.total.total()),
    )


def _index(now: float) -> int:
    return int(now // SLICE_S)
