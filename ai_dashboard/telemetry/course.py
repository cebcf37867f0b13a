"""How a few figures go over a day: steps of five seconds for five minutes, of a minute for an hour, of a quarter of an
hour for a day.

A figure is either a sum of what was counted in a step, or the most that there was at one time; whoever makes the course
says which. Memory is bounded by the number of steps; steps in which nothing happened take none.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import dropwhile

from ai_dashboard.core.history import Window

Merge = Callable[[float, float], float]
"""How two figures of one step become one: `operator.add`, or `max`."""

TIERS: tuple[Window, ...] = (Window.FIVE, Window.HOUR, Window.DAY)
"""The windows whose steps are kept. The shortest one is the end of another."""

_TIER_OF = {Window.MINUTE: 0, Window.FIVE: 0, Window.HOUR: 1, Window.DAY: 2}

Figures = tuple[float, ...]


class Course:
    """Figures, each with its `Merge`. Times are monotonic seconds."""

    def __init__(self, *merges: Merge) -> None:
        self._merges = merges
        self._nothing: Figures = (0.0,) * len(merges)
        self._tiers: tuple[deque[tuple[int, Figures]], ...] = tuple(deque(maxlen=window.points) for window in TIERS)

    def add(self, now: float, figures: Sequence[float]) -> None:
        """What there was since the last time."""
        if not any(figures):
            return
        for window, tier in zip(TIERS, self._tiers, strict=True):
            index = int(now // window.step_s)
            before = tier.pop()[1] if tier and tier[-1][0] >= index else self._nothing
            tier.append((index, self._merged(before, figures)))

    def steps(self, now: float, window: Window) -> Iterator[tuple[int, Figures]]:
        """The steps of a window in which anything happened, oldest first, with their distance from the open one."""
        newest = int(now // window.step_s)
        tier = self._tiers[_TIER_OF[window]]
        for index, figures in dropwhile(lambda step: step[0] <= newest - window.points, tier):
            yield newest - index, figures

    def together(self, now: float, window: Window, last: int | None = None) -> Figures:
        """All of a window, or of its `last` steps, as one."""
        whole = self._nothing
        for back, figures in self.steps(now, window):
            if last is None or back < last:
                whole = self._merged(whole, figures)
        return whole

    def _merged(self, ours: Sequence[float], theirs: Sequence[float]) -> Figures:
        return tuple(merge(one, other) for merge, one, other in zip(self._merges, ours, theirs, strict=True))


class Growth:
    """How much counters have grown since they were last looked at. What has shrunk began anew, and counts from then."""

    def __init__(self, *counters: float) -> None:
        self._seen = counters

    def since(self, *counters: float) -> Figures:
        """As many as before."""
        grown = tuple(max(0.0, now - before) for now, before in zip(counters, self._seen, strict=True))
        self._seen = counters
        return grown
