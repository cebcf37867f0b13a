"""What another configuration would have done with the last requests: who would have been asked first, then and now.

Both tables are asked under the same conditions: everybody is well, nobody has had a turn, and chance is even. What
differs then is the configuration's doing. Records keep all that routing knew of a request, so every rule is replayed,
those on headers, tenants, residency and requirements included. What never got as far as routing is not.
"""

from collections import Counter
from collections.abc import Iterable

from ai_dashboard.core.control import Rerouted, WhatIf
from ai_dashboard.core.errors import CallerError, ModelNotFound
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.routing.live import Live
from ai_dashboard.routing.planner import Planner
from ai_dashboard.routing.table import Table

LAST = 500
"""Requests that are replayed."""

EXAMPLES = 5

NOBODY = "nobody"
UNKNOWN = "an unknown model"


class EvenChance:
    """Draws the middle, every time."""

    def random(self) -> float:
        return 0.5


def what_if(records: Iterable[RequestRecord], before: Table, after: Table, live: Live) -> WhatIf:
    """Replay `records`; of `live` only what providers list counts."""
    asked = Counter(record.facts for record in records if record.facts is not None)
    planners = Planner(before, EvenChance()), Planner(after, EvenChance())
    moved: Counter[Rerouted] = Counter()
    for facts, times in asked.items():
        was, would_be = (_first(planner, facts, live) for planner in planners)
        if was != would_be:
            moved[Rerouted(facts.model, was, would_be)] += times
    examples = tuple(example for example, _ in moved.most_common(EXAMPLES))
    return WhatIf(asked.total(), moved.total(), examples)


def _first(planner: Planner, facts: RouteFacts, live: Live) -> str:
    try:
        attempts = planner.explain(facts, live).attempts
    except ModelNotFound:
        return UNKNOWN
    except CallerError as error:
        return error.message
    return f"{attempts[0].provider}/{attempts[0].model}" if attempts else NOBODY
