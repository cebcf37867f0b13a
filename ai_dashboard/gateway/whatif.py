"""What another configuration would have done with the last requests: who would have been asked first, then and now.

Both tables are asked under the same conditions: everybody is well, nobody has had a turn, and chance is even. What
differs then is the configuration's doing. Records keep what was asked for and how large it was, not every wish, so
rules on headers or metadata are not replayed.
"""

from collections import Counter
from collections.abc import Iterable

from ai_dashboard.core.control import Rerouted, WhatIf
from ai_dashboard.core.errors import ModelNotFound
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
    asked = Counter(facts for record in records if (facts := facts_of(record)) is not None)
    planners = Planner(before, EvenChance()), Planner(after, EvenChance())
    moved: Counter[Rerouted] = Counter()
    for facts, times in asked.items():
        was, would_be = (_first(planner, facts, live) for planner in planners)
        if was != would_be:
            moved[Rerouted(facts.model, was, would_be)] += times
    examples = tuple(example for example, _ in moved.most_common(EXAMPLES))
    return WhatIf(asked.total(), moved.total(), examples)


def facts_of(record: RequestRecord) -> RouteFacts | None:
    """What a record still says of what routing knew; None for a request that never named a model."""
    if not record.asked:
        return None
    tokens = record.usage.prompt_tokens if record.usage else 0
    return RouteFacts(record.asked, prompt_tokens=tokens, stream=record.stream)


def _first(planner: Planner, facts: RouteFacts, live: Live) -> str:
    try:
        attempts = planner.explain(facts, live).attempts
    except ModelNotFound:
        return UNKNOWN
    return f"{attempts[0].provider}/{attempts[0].model}" if attempts else NOBODY
