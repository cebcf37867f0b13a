"""Whose turn it is: what strategies that spread requests remember from one request to the next, by pool.

Pools are named by what callers ask for, so there is an end to how many are remembered: the one that was not used for
longest is forgotten, and begins anew. Nothing here reads a clock or draws chance.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import field
from math import inf

from ai_dashboard.core.data import dataclass

Key = tuple[str, str]
"""A candidate: provider and model."""

MAX_POOLS = 1024

MAX_ABSENT = 64
"""Candidates remembered in a pool beyond those that are in it now; they may be back."""

WEIGHT_STEPS = 1_000_000
"""Weights are counted in whole millionths: sums of fractions would drift, and shares would never come out even."""

GIVEN_MOST = 10_000_000
"""Tokens after which what everybody was given is halved, so that old days count ever less."""


@dataclass(slots=True)
class _Pool:
    picks: int = 0
    last: dict[Key, int] = field(default_factory=dict)
    credit: dict[Key, int] = field(default_factory=dict)
    given: dict[Key, int] = field(default_factory=dict)
    weights: dict[Key, float] = field(default_factory=dict)
    weighed_at: int = -1


class Turns:
    """Counters of every pool. Asking for an order takes the turn of the first in it."""

    def __init__(self) -> None:
        self._pools: OrderedDict[str, _Pool] = OrderedDict()

    def in_turn(self, pool: str, keys: Sequence[Key]) -> list[int]:
        """The places of `keys`, longest waiting first; those that never had a turn keep their order. It comes out even
        however often one of them is away."""
        order = self.waiting(pool, keys)
        self.taken(pool, keys[order[0]])
        return order

    def waiting(self, pool: str, keys: Sequence[Key]) -> list[int]:
        """As `in_turn`, but nobody's turn is taken: somebody else decides who goes first, and says so by `taken`."""
        last = self._pool(pool, keys).last
        return sorted(range(len(keys)), key=lambda place: last.get(keys[place], 0))

    def taken(self, pool: str, key: Key) -> None:
        """This one has its turn, of those that were asked about last."""
        state = self._pools[pool]
        state.picks += 1
        state.last[key] = state.picks

    def by_weight(self, pool: str, keys: Sequence[Key], weights: Sequence[float]) -> list[int]:
        """The places of `keys` in smooth weighted turn, as nginx does it: everybody earns its weight, who has most goes
        first and pays what all have earned. Over any whole number of rounds the shares are exact. A weight of 0 goes
        last."""
        state = self._pool(pool, keys)
        credit, owed = state.credit, 0
        earned: list[float] = []
        for key, weight in zip(keys, weights, strict=True):
            step = round(weight * WEIGHT_STEPS)
            owed += step
            credit[key] = has = credit.get(key, 0) + step
            earned.append(has if step else -inf)
        order = sorted(range(len(keys)), key=earned.__getitem__, reverse=True)
        credit[keys[order[0]]] -= owed
        state.picks += 1
        return order

    def least_given(self, pool: str, keys: Sequence[Key], tokens: int) -> list[int]:
        """The places of `keys`, fewest tokens first; the first is given this request's."""
        state = self._pool(pool, keys)
        given = state.given
        known = [given[key] for key in keys if key in given]
        for key in keys:
            # Who comes new begins level with the others: it must not get everything until it has caught up.
            given.setdefault(key, min(known, default=0))
        order = sorted(range(len(keys)), key=lambda place: given[keys[place]])
        given[keys[order[0]]] += max(1, tokens)
        if given[keys[order[0]]] > GIVEN_MOST:
            state.given = {key: amount // 2 for key, amount in given.items()}
        return order

    def weights_due(self, pool: str, keys: Sequence[Key], every: int) -> bool:
        """Whether the pool's own weights are to be worked out anew: `every` picks, or when somebody has none."""
        state = self._pool(pool, keys)
        return (
            state.weighed_at < 0
            or state.picks - state.weighed_at >= every
            or any(key not in state.weights for key in keys)
        )

    def weigh(self, pool: str, weights: Mapping[Key, float]) -> None:
        """Set the pool's own weights."""
        state = self._pool(pool, tuple(weights))
        state.weights.update(weights)
        state.weighed_at = state.picks

    def weights_of(self, pool: str, keys: Sequence[Key]) -> list[float]:
        """The pool's own weights, as `weigh` has set them."""
        state = self._pool(pool, keys)
        return [state.weights[key] for key in keys]

    def copied(self) -> "Turns":
        """The same turns, to try out what would come without taking anybody's."""
        other = Turns()
        for name, pool in self._pools.items():
            other._pools[name] = _Pool(
                pool.picks, {**pool.last}, {**pool.credit}, {**pool.given}, {**pool.weights}, pool.weighed_at
            )
        return other

    def _pool(self, name: str, keys: Sequence[Key]) -> _Pool:
        state = self._pools.get(name)
        if state is None:
            if len(self._pools) >= MAX_POOLS:
                self._pools.popitem(last=False)
            state = self._pools[name] = _Pool()
        else:
            self._pools.move_to_end(name)
        most = len(keys) + MAX_ABSENT
        if max(len(state.last), len(state.credit), len(state.given), len(state.weights)) <= most:
            return state
        for remembered in (state.last, state.credit, state.given, state.weights):
            if len(remembered) > most:
                present = set(keys)
                for key in [key for key in remembered if key not in present]:
                    del remembered[key]
        return state
