"""Who was lately the fastest: to the first token of a stream, else to the whole answer.

Figures grow old where nobody asks, so one request in twenty tries another candidate first, and one that was never
measured goes first as long as nothing is on its way to it. Among many that are about as fast as the best, two are drawn
and the less busy one goes first: all going to the one best would make it the worst (power of two choices: Mitzenmacher,
2001).
"""

from collections.abc import Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.figures import by_score, closeness, latency_of, load_of, seconds
from ai_dashboard.routing.view import Eligible, Scored, View

NAMES = ("latency_based", "fastest_response")

EXPLORED = 0.05
"""The share of requests that go to somebody else than the fastest."""

ABOUT_EQUAL = 0.9
"""As near to the best as this is as good as the best."""

MANY = 3


def rank(candidates: Sequence[Eligible], facts: RouteFacts, view: View) -> list[Scored]:
    candidates = sorted(candidates, key=lambda it: not _to_be_measured(it, facts))
    latencies = [latency_of(it, facts) for it in candidates]
    scores = [
        1.0 if _to_be_measured(it, facts) else score
        for it, score in zip(candidates, closeness(latencies, unknown=0.0), strict=True)
    ]
    name = "ewma ttft" if facts.stream else "ewma total"
    ranked = by_score(candidates, scores, [((name, seconds(latency)),) for latency in latencies])
    if len(ranked) > 1 and view.chance.random() < EXPLORED:
        return _first(ranked, 1 + int(view.chance.random() * (len(ranked) - 1)), "tried on 1 of 20 requests")
    equals = sum(it.score >= ABOUT_EQUAL for it in ranked)
    if equals >= MANY:
        return _first(ranked, _less_busy(ranked, equals, view), "about as fast as the best, and less busy")
    return ranked


def _to_be_measured(candidate: Eligible, facts: RouteFacts) -> bool:
    """Whether it was never measured, and nothing is on its way that will measure it."""
    return latency_of(candidate, facts) is None and load_of(candidate)[0] == 0


def _less_busy(ranked: list[Scored], equals: int, view: View) -> int:
    """Of two that are drawn from the first `equals`, the place of the one with fewer requests in flight."""
    one = int(view.chance.random() * equals)
    other = (one + 1 + int(view.chance.random() * (equals - 1))) % equals
    return min(one, other, key=lambda place: load_of(ranked[place].candidate)[0])


def _first(ranked: list[Scored], place: int, why: str) -> list[Scored]:
    chosen = ranked[place]
    first = Scored(chosen.candidate, 1.0, (*chosen.facts, ("first", why)))
    return [first, *ranked[:place], *ranked[place + 1 :]]
