"""Which model a server of one's own loads next, when it cannot hold all that are asked for.

Requests are served by model, in batches: while the loaded models have requests, others wait, and then the largest batch
of the most urgent is next. Nobody waits for ever. A batch is overdue from when its first request is, and then takes its
turn before all that are not: whose model was loaded longest ago goes first, so nobody is overtaken twice by the same
model. A model stays for a turn, so that a swap is never for one request of many; but a critical request waits for
those that are being answered and for no others, except critical ones of the model that is there. After a turn of
being overdue every other batch counts as much as a critical one.

Pure: time is an argument. What a batch is and when it is overdue, `queueing` says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from math import inf

from ai_dashboard.core.data import dataclass

ANY, URGENT = 0, 1
"""Which requests for a model may begin: all, or only those that are critical from the start."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The requests that wait for one model: how many, when the first of them is overdue (monotonic seconds), the
    highest level that one of them has reached, and whether one is critical from the start."""

    model: str
    requests: int
    due: float
    level: int = 0
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Engine:
    """A server. `loaded` holds since when each model has been there, or on its way; `busy` how many requests of each
    are running, `room` how many models it holds at one time, `before` when each was loaded the last time."""

    loaded: Mapping[str, float]
    busy: Mapping[str, int] = field(default_factory=dict)
    room: int = 1
    before: Mapping[str, float] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        """Whether one has to go before another can be loaded."""
        return len(self.loaded) >= self.room


@dataclass(frozen=True, slots=True)
class Step:
    """What may begin now: for each loaded model `ANY` or `URGENT` (none where it is not named), and a model to load in
    place of another, or beside them."""

    open: Mapping[str, int]
    load: str | None = None
    evict: str | None = None

    def admits(self, model: str, *, urgent: bool) -> bool:
        """Whether a request that waits may begin."""
        if model == self.load:
            return True
        least = self.open.get(model)
        return least is not None and (urgent or least == ANY)


@dataclass(frozen=True, slots=True)
class Swap:
    """One load to come, and for how many requests it is."""

    load: str
    evict: str | None
    requests: int


def step(engine: Engine, waiting: Sequence[Batch], now: float, turn_s: float) -> Step:
    """What may begin now, and whether a model should be loaded. To be asked again whenever a request comes or ends; it
    holds for one request."""
    cold = [it for it in waiting if it.model not in engine.loaded]
    following = _following(engine, cold, now, turn_s)
    opened = dict.fromkeys(engine.loaded, ANY)
    going: str | None = None
    if following is not None and following.due <= now and engine.full:
        going = _least_needed(engine, waiting)
        if now - engine.loaded[going] >= turn_s:
            del opened[going]
        elif following.urgent:
            opened[going] = URGENT
    if following is None:
        return Step(opened)
    if not engine.full:
        return Step(opened, following.model)
    free = [it for it in _free(engine, waiting, opened) if going in (None, it)]
    return Step(opened, following.model, min(free, key=engine.loaded.__getitem__)) if free else Step(opened)


def takes(engine: Engine, waiting: Sequence[Batch], model: str, now: float, turn_s: float) -> bool:
    """Whether a request that comes now may begin at once."""
    now_open = step(engine, waiting, now, turn_s).open
    if model in engine.loaded:
        return now_open.get(model) == ANY
    return not engine.full or bool(_free(engine, waiting, now_open))


def planned(engine: Engine, waiting: Sequence[Batch], now: float, turn_s: float) -> tuple[Swap, ...]:
    """The loads to come, in order, if nobody else asked for anything."""
    swaps: list[Swap] = []
    loaded = sorted(engine.loaded, key=engine.loaded.__getitem__)
    left = [it for it in waiting if it.model not in engine.loaded]
    while (following := _following(engine, left, now, turn_s)) is not None:
        evict = loaded.pop(0) if len(loaded) >= engine.room else None
        loaded.append(following.model)
        swaps.append(Swap(following.model, evict, following.requests))
        left.remove(following)
    return tuple(swaps)


def before(engine: Engine, waiting: Sequence[Batch], model: str, now: float, turn_s: float) -> int:
    """How many of those who wait are served before one more that wants this model."""
    others = sum(it.requests for it in waiting if it.model in engine.loaded and it.model != model)
    for swap in planned(engine, waiting, now, turn_s):
        others += swap.requests
        if swap.load == model:
            break
    return others + sum(it.requests for it in waiting if it.model == model and model in engine.loaded)


def _following(engine: Engine, cold: Sequence[Batch], now: float, turn_s: float) -> Batch | None:
    """The batch whose model is loaded next."""

    def in_turn(it: Batch) -> tuple[bool, float, float]:
        presses = it.urgent or now - it.due >= turn_s
        return not presses, engine.before.get(it.model, -inf), it.due

    if overdue := [it for it in cold if it.due <= now]:
        return min(overdue, key=in_turn)
    return min(cold, key=lambda it: (-it.level, -it.requests, it.due), default=None)


def _least_needed(engine: Engine, waiting: Sequence[Batch]) -> str:
    """The loaded model that should go: one that nobody uses or waits for, else the one that was loaded first."""
    wanted = {it.model for it in waiting}
    in_use = {model for model in engine.loaded if engine.busy.get(model) or model in wanted}
    return min(engine.loaded, key=lambda model: (model in in_use, engine.loaded[model]))


def _free(engine: Engine, waiting: Sequence[Batch], opened: Mapping[str, int]) -> list[str]:
    """The loaded models that nobody uses, and that nobody waits for who may begin."""
    needed = {it.model for it in waiting if opened.get(it.model) == ANY or (it.urgent and it.model in opened)}
    return [model for model in engine.loaded if not engine.busy.get(model) and model not in needed]
