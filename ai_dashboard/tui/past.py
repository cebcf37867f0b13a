"""What was, moment by moment: close together for a quarter of an hour, further apart the longer ago it is.

Pictures share what has not changed between them (`thrifty`), so that a moment costs a fraction of a picture.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import Generic, TypeVar

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import SLICE_S, ProviderView, SeriesPoint, Snapshot
from ai_dashboard.tui.format import clock_time
from ai_dashboard.tui.picture import Picture

T = TypeVar("T")
Q = TypeVar("Q", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Tier:
    """So many moments, each at least `apart_s` seconds after the one before."""

    apart_s: float
    length: int


TIERS = (Tier(5.0, 180), Tier(30.0, 90), Tier(300.0, 60))
"""A quarter of an hour, then until an hour ago, then five hours more."""

HEARD = (Tier(5.0, 60), Tier(30.0, 30))
"""What one screen asks for: five minutes, then a quarter of an hour more. A busy answer takes some 100 KB."""

HEARD_WITHIN_S = 40.0
"""For how long an answer stands for what was: the steps of the last tier, and those before them."""

RUNNING = 30
"""Requests in flight that are kept of a moment, without their plans."""


@dataclass(frozen=True, slots=True)
class Moment(Generic[T]):
    """How something was; `at` is Unix time."""

    at: float
    value: T


class Past(Generic[T]):
    """Moments of one thing, oldest first. What makes room in a tier goes on to the next one, if it is far enough from
    the latest there."""

    def __init__(self, tiers: tuple[Tier, ...] = TIERS) -> None:
        self._tiers = tiers
        self._kept: tuple[deque[Moment[T]], ...] = tuple(deque() for _ in tiers)

    def __len__(self) -> int:
        return sum(map(len, self._kept))

    def __iter__(self) -> Iterator[Moment[T]]:
        for tier in reversed(self._kept):
            yield from tier

    @property
    def latest(self) -> Moment[T] | None:
        """The newest moment."""
        return self._kept[0][-1] if self._kept[0] else None

    def wants(self, at: float) -> bool:
        """Whether a moment is late enough to be kept. A clock that was set back begins anew."""
        latest = self.latest
        return latest is None or not 0 <= at - latest.at < self._tiers[0].apart_s

    def add(self, at: float, value: T) -> None:
        """Keep a moment, if it is late enough."""
        if not self.wants(at):
            return
        latest = self.latest
        if latest is not None and at < latest.at:
            self.clear()
        self._keep(0, Moment(at, value))

    def clear(self) -> None:
        """Forget everything."""
        for tier in self._kept:
            tier.clear()

    def before(self, at: float) -> Moment[T] | None:
        """The last moment before one."""
        moments = list(self)
        place = bisect_left(moments, at, key=lambda moment: moment.at)
        return moments[place - 1] if place else None

    def after(self, at: float) -> Moment[T] | None:
        """The first moment after one."""
        moments = list(self)
        place = bisect_right(moments, at, key=lambda moment: moment.at)
        return moments[place] if place < len(moments) else None

    def then(self, at: float, within_s: float) -> T | None:
        """How it was at a moment, if anybody looked within so many seconds before it."""
        moment = self.before(at + 1e-6)
        return moment.value if moment is not None and at - moment.at <= within_s else None

    def _keep(self, level: int, moment: Moment[T]) -> None:
        if level == len(self._tiers):
            return
        kept, tier = self._kept[level], self._tiers[level]
        if level and kept and moment.at - kept[-1].at < tier.apart_s:
            return
        kept.append(moment)
        if len(kept) > tier.length:
            self._keep(level + 1, kept.popleft())


class Heard(Generic[Q, T]):
    """What the gateway has answered while one screen was looked at: of each question what was heard when, and the
    newest answer of all. The gateway itself tells only of now."""

    def __init__(self) -> None:
        self._past: dict[Q, Past[T]] = {}
        self._newest: T | None = None

    def add(self, question: Q, at: float, answer: T) -> None:
        """Take in an answer."""
        self._past.setdefault(question, Past(HEARD)).add(at, answer)
        self._newest = answer

    def drop_newest(self) -> None:
        """Something else is asked now: until that is answered, nothing is known."""
        self._newest = None

    def fitting(self, question: Q, picture: Picture) -> T | None:
        """The answer that belongs to a picture: the newest, and of the past what was heard then, if anything was."""
        if not picture.is_past:
            return self._newest
        if picture.then is None or question not in self._past:
            return None
        return self._past[question].then(picture.then.at, HEARD_WITHIN_S)


def unrecorded(picture: Picture) -> str:
    """What to say of the past where nothing was heard; empty where it is now."""
    return "" if picture.then is None else f"not recorded for {clock_time(picture.then.at)}"


def partly(picture: Picture) -> str:
    """The same where the picture itself holds something of it."""
    return "" if picture.then is None else f"all that is recorded of {clock_time(picture.then.at)}"


def thrifty(new: Snapshot, old: Snapshot | None) -> Snapshot:
    """The same picture, made of the parts of an older one wherever they are equal, with a part of what was running."""
    if old is None:
        old = replace(new, providers=(), series=())
    known = {one.name: one for one in old.providers}
    # A slice's start differs from picture to picture by what the clocks drift apart: slices are counted, not compared.
    first = old.series[0].at if old.series else 0.0
    points = {_place(point, first): point for point in old.series}
    return replace(
        new,
        gateway=old.gateway if new.gateway == old.gateway else new.gateway,
        config=old.config if new.config == old.config else new.config,
        providers=tuple(_provider(one, known.get(one.name)) for one in new.providers),
        running=tuple(replace(one, plan=None, facts=None) for one in new.running[:RUNNING]),
        series=tuple(_point(point, points.get(_place(point, first))) for point in new.series),
        host=old.host if new.host == old.host else new.host,
        alerts=old.alerts if new.alerts == old.alerts else new.alerts,
        shared=old.shared if new.shared == old.shared else new.shared,
        money=old.money if new.money == old.money else new.money,
        cache=old.cache if new.cache == old.cache else new.cache,
        queue=old.queue if new.queue == old.queue else new.queue,
    )


def _provider(new: ProviderView, old: ProviderView | None) -> ProviderView:
    if old is None or new == old:
        return old or new
    figures = {figure: figure for figure in old.trend}
    return replace(
        new,
        models=old.models if new.models == old.models else new.models,
        total=old.total if new.total == old.total else new.total,
        ttft=old.ttft if new.ttft == old.ttft else new.ttft,
        trend=tuple(figures.get(figure, figure) for figure in new.trend),
        targets=old.targets if new.targets == old.targets else new.targets,
        loaded=old.loaded if new.loaded == old.loaded else new.loaded,
    )


def _place(point: SeriesPoint, first: float) -> int:
    """Which slice it is, counted from the one that began at `first`."""
    return round((point.at - first) / SLICE_S)


def _point(new: SeriesPoint, old: SeriesPoint | None) -> SeriesPoint:
    if old is None or (new.requests, new.errors, new.ttft, new.total) != (
        old.requests, old.errors, old.ttft, old.total,
    ):  # fmt: skip
        return new
    return old
