"""A bit of everything: health 0.4, latency 0.3, cost 0.2, capacity 0.1. A request or the configuration may weigh these
otherwise, by their names; only the proportions count. What is not known counts as middling."""

from collections.abc import Mapping, Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import by_score, closeness, dollars, health_of, latency_of, room_of, seconds, share
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("hybrid",)

WEIGHTS = {"health": 0.4, "latency": 0.3, "cost": 0.2, "capacity": 0.1}
UNKNOWN = 0.5
CENT = 0.01


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:
    weights = weights_from(view.weights)
    latencies = [latency_of(it, facts) for it in candidates]
    costs = [view.cost(it, facts) for it in candidates]
    rooms = [room_of(it) for it in candidates]
    parts = {
        "health": [health_of(it) for it in candidates],
        "latency": closeness(latencies, unknown=UNKNOWN),
        "cost": closeness(costs, unknown=UNKNOWN, unit=CENT),
        "capacity": [UNKNOWN if room is None else room for room in rooms],
    }
    scores = [sum(weights[name] * parts[name][place] for name in weights) for place in range(len(candidates))]
    figures = [
        (
            ("health", share(parts["health"][place])),
            ("latency", seconds(latencies[place])),
            ("cost", dollars(costs[place])),
            ("room left", share(rooms[place])),
        )
        for place in range(len(candidates))
    ]
    return by_score(candidates, scores, figures)


def weights_from(given: Mapping[str, float]) -> dict[str, float]:
    """What each part counts, in all 1. Where some are given, the others count nothing."""
    chosen = {name: max(0.0, given.get(name, 0.0)) for name in WEIGHTS} if WEIGHTS.keys() & given.keys() else WEIGHTS
    total = sum(chosen.values())
    return {name: weight / total for name, weight in chosen.items()} if total > 0 else WEIGHTS
