"""One strategy a file: a way to order the candidates that may answer. A file is enrolled by being here.

Each has `NAMES`, the words for it in the configuration and in requests (its own first), and `rank()`, which orders all
candidates best first. `bars()`, where there is one, says why a candidate is out of the question under this strategy.
`ORDER`, where there is one, says what the order means.
"""

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError
from ai_dashboard.routing.view import Eligible, Rank

DIRECT = "direct"
"""The strategy of whoever names none."""

Order = Literal["turn", "listed", "merit"]
"""What an order means: whose turn it is, among equals; what the operator has written down; or who is better for this
request."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """One of them, under its own name."""

    name: str
    rank: Rank
    bars: Callable[[Eligible], str | None] | None
    order: Order = "turn"


def _enrolled() -> dict[str, Strategy]:
    found: dict[str, Strategy] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        names: tuple[str, ...] = module.NAMES
        strategy = Strategy(names[0], module.rank, getattr(module, "bars", None), getattr(module, "ORDER", "turn"))
        for name in names:
            if name in found:
                raise ImportError(f"two strategies are called {name}: {found[name].name} and {strategy.name}")
            found[name] = strategy
    return found


STRATEGIES: Mapping[str, Strategy] = MappingProxyType(_enrolled())
"""By every name that they have."""


def strategy_named(name: str) -> Strategy:
    """The strategy of a name. Raises `CallerError` with the nearest name."""
    if (strategy := STRATEGIES.get(name)) is not None:
        return strategy
    near = difflib.get_close_matches(name, STRATEGIES, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(STRATEGIES))}"
    raise CallerError(f"there is no strategy {name!r}", hint=hint)
