"""Which model a server of one's own loads next, when it cannot hold all that are asked for.

Requests are served by model, in batches: while the loaded models have requests, others wait. Nobody waits for ever: a
request that has waited for `patience_s` is overdue, and then the model of the oldest overdue request is next. What
waited for a model when it was loaded is its batch and is served whole before the model has to go again, so that a swap
is never for one request of many; what comes later queues behind the overdue. So an overdue request is overtaken by each
other model at most once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that has not begun. `since` is in seconds on the clock of `now`."""

    id: str
    model: str
    since: float


@dataclass(frozen=True, slots=True)
class Engine:
    """A server. `loaded` holds since when each model has been there, `loading` the one that is on its way, `busy` how
    many requests of each are running, `room` how many models it holds at one time."""

    loaded: Mapping[str, float]
    busy: Mapping[str, int]
    loading: str | None = None
    room: int = 1

    @property
    def full(self) -> bool:
        """Whether one has to go before another can be loaded."""
        return len(self.loaded) + (self.loading is not None) >= self.room


@dataclass(frozen=True, slots=True)
class Step:
    """What to do now: the requests that may begin, and a model to load in place of another, or beside them."""

    start: tuple[str, ...]
    load: str | None = None
    evict: str | None = None


@dataclass(frozen=True, slots=True)
class Swap:
    """One load to come: how many requests it is for, since when the oldest of them has waited, how long it takes."""

    load: str
    evict: str | None
    requests: int
    since: float
    load_s: float | None


def step(engine: Engine, waiting: Sequence[Waiting], now: float, patience_s: float) -> Step:
    """What may begin now, and whether a model should be loaded. To be asked again whenever a request comes or ends, a
    model has been loaded, or a request becomes overdue (`overdue_at`)."""
    wanting = _wanting(engine, waiting)
    overdue = min((it for it in wanting if now - it.since >= patience_s), key=_age, default=None)
    going = _least_needed(engine, waiting) if overdue is not None and engine.full else None
    ready = [it for it in waiting if it.model in engine.loaded and _may_begin(it, going, engine)]
    start = tuple(it.id for it in ready)
    if engine.loading is not None or not wanting:
        return Step(start)
    load = overdue.model if overdue is not None else _largest_batch(wanting)
    if not engine.full:
        return Step(start, load)
    needed = {it.model for it in ready}
    free = [model for model in engine.loaded if not engine.busy.get(model) and model not in needed]
    free = [model for model in free if going in (None, model)]
    return Step(start, load, min(free, key=engine.loaded.__getitem__)) if free else Step(start)


def overdue_at(engine: Engine, waiting: Sequence[Waiting], patience_s: float) -> float | None:
    """When the oldest request whose model is not loaded is overdue; None when there is no such request."""
    return min((it.since + patience_s for it in _wanting(engine, waiting)), default=None)


def planned(
    engine: Engine, waiting: Sequence[Waiting], now: float, patience_s: float, load_s: Mapping[str, float]
) -> tuple[Swap, ...]:
    """The loads to come, in order, if nobody else asked for anything."""
    swaps: list[Swap] = []
    loaded = [*sorted(engine.loaded, key=engine.loaded.__getitem__)]
    if engine.loading is not None:
        loaded.append(engine.loading)
    left = _wanting(engine, waiting)
    while left:
        overdue = min((it for it in left if now - it.since >= patience_s), key=_age, default=None)
        load = overdue.model if overdue is not None else _largest_batch(left)
        evict = loaded.pop(0) if len(loaded) >= engine.room else None
        loaded.append(load)
        since = [it.since for it in left if it.model == load]
        swaps.append(Swap(load, evict, len(since), min(since), load_s.get(load)))
        left = [it for it in left if it.model != load]
    return tuple(swaps)


def _wanting(engine: Engine, waiting: Sequence[Waiting]) -> list[Waiting]:
    """The requests whose model is neither there nor on its way."""
    return [it for it in waiting if it.model not in engine.loaded and it.model != engine.loading]


def _age(request: Waiting) -> float:
    return request.since


def _largest_batch(wanting: Sequence[Waiting]) -> str:
    """The model that most requests wait for; of several, the one whose oldest has waited longest."""
    oldest: dict[str, float] = {}
    for it in wanting:
        oldest[it.model] = min(it.since, oldest.get(it.model, it.since))
    counts = Counter(it.model for it in wanting)
    return min(oldest, key=lambda model: (-counts[model], oldest[model]))


def _least_needed(engine: Engine, waiting: Sequence[Waiting]) -> str | None:
    """The loaded model that should go: one that nobody uses or waits for, else the one that was loaded first."""
    wanted = {it.model for it in waiting}
    in_use = {model for model in engine.loaded if engine.busy.get(model) or model in wanted}
    return min(engine.loaded, key=lambda model: (model in in_use, engine.loaded[model]), default=None)


def _may_begin(request: Waiting, going: str | None, engine: Engine) -> bool:
    """Whether a request's model stays, or the request belongs to the batch that the model was loaded for."""
    return request.model != going or request.since <= engine.loaded[request.model]
