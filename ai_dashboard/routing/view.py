"""What a strategy sees: the candidates that may answer, and everything about them that it can weigh."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from ai_dashboard.core.plan import RouteFacts, Tier
from ai_dashboard.routing.finer import USUAL, Finer
from ai_dashboard.routing.live import ProviderLive, TargetLive
from ai_dashboard.routing.prices import cost_of
from ai_dashboard.routing.resolve import Route
from ai_dashboard.routing.table import ModelEntry, ProviderEntry
from ai_dashboard.routing.turns import Key, Turns


class Chance(Protocol):
    """The one thing that is asked of `random.Random`."""

    def random(self) -> float:
        """At least 0 and below 1."""
        ...


# Named tuples, since these are made for every request: they cost half of a frozen dataclass.
class Eligible(NamedTuple):
    """A candidate and what is known of it. `model` is None where the configuration does not list it; `region` is where
    it would be asked, `""` when that is not known."""

    route: Route
    entry: ProviderEntry
    model: ModelEntry | None
    live: ProviderLive
    target: TargetLive
    region: str

    @property
    def key(self) -> Key:
        return self.route[:2]

    @property
    def home(self) -> bool:
        """Whether a request to it stays on machines of the operator's own."""
        return self.entry.keeps(self.route.model)

    @property
    def tier(self) -> Tier:
        return self.model.tier if self.model is not None else self.entry.tier(self.route.model)


class Scored(NamedTuple):
    """A candidate in its place. `score` is 0 to 1, `facts` the figures that it rests on, for people."""

    candidate: Eligible
    score: float
    facts: tuple[tuple[str, str], ...] = ()


# The constructors of named tuples are functions of their own, which take three times as long.
eligible: Callable[[tuple[Route, ProviderEntry, ModelEntry | None, ProviderLive, TargetLive, str]], Eligible] = partial(
    tuple.__new__, Eligible
)
scored: Callable[[tuple[Eligible, float, tuple[tuple[str, str], ...]]], Scored] = partial(tuple.__new__, Scored)


class View(NamedTuple):
    """What decisions rest on besides the candidates. `pool` names those that share their turns; `weights` go by
    provider or by what a strategy weighs, the request's own first; `price_factor` says what a region's prices are
    multiplied by, `finer` what the operator says beyond the name of a strategy."""

    pool: str
    weights: Mapping[str, float]
    turns: Turns
    chance: Chance
    now: float
    price_factor: Callable[[str], float]
    finer: Finer = USUAL

    def cost(self, candidate: Eligible, facts: RouteFacts) -> float | None:
        """US dollars that this request would cost there; None when nobody knows."""
        price = candidate.entry.price(candidate.route.model)
        return None if price is None else cost_of(price, facts) * self.price_factor(candidate.region)

    def costs(self, candidates: Iterable[Eligible], facts: RouteFacts) -> list[float | None]:
        """What this request would cost at each of them."""
        factor = self.price_factor
        return [
            None if (price := entry.price(route[1])) is None else cost_of(price, facts) * factor(region)
            for route, entry, _, _, _, region in candidates
        ]

    def weights_of(self, candidates: Iterable[Eligible]) -> list[float]:
        """The share of each, relative to the others'."""
        if self.weights:
            return [self.weight(it) for it in candidates]
        return [share if (share := it.route.weight) > 0 else 0.0 for it in candidates]

    def weight(self, candidate: Eligible) -> float:
        """Its share, relative to the others'."""
        route = candidate.route
        return max(0.0, self.weights.get(route.provider, route.weight) if self.weights else route.weight)


Rank = Callable[[Sequence[Eligible], RouteFacts, View], list[Scored]]
"""All candidates, best first; scores never rise. There is always one at least."""
