"""Figures that strategies weigh, each the same wherever it is used, and how people read them.

A figure that is not known is None. What None is worth is each strategy's own decision, and written there.
"""

from collections.abc import Iterable, Sequence

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing.view import Eligible, Scored, scored

_WELL = {
    Health.ACTIVE: 1.0,
    Health.CHECKING: 0.9,
    Health.DEGRADED: 0.5,
}
"""How much is to be expected of a provider by its state alone; of any other state nothing."""

_WHOLE = tuple(f"{percent} %" for percent in range(101))


def health_of(candidate: Eligible) -> float:
    """0 to 1: the provider's state times the share of this model's answers that came whole."""
    return _WELL.get(candidate.live.health, 0.0) * candidate.target.success_ratio


def latency_of(candidate: Eligible, facts: RouteFacts) -> float | None:
    """Seconds, as lately observed: to the first token of a stream, else to the end."""
    return candidate.target.ewma_ttft_s if facts.stream else candidate.target.ewma_total_s


def load_of(candidate: Eligible) -> tuple[int, int | None]:
    """Requests in flight at its provider, other callers' included, and how many that bears at one time."""
    live = candidate.live
    return live.in_flight + live.others, live.capacity or candidate.entry.capacity or live.slots


def room_of(candidate: Eligible) -> float | None:
    """The share of what its provider lets through that is left: rate limits and places, whichever is scarcer."""
    in_flight, capacity = load_of(candidate)
    places = max(0.0, 1 - in_flight / capacity) if capacity else None
    return min((share for share in (places, candidate.live.headroom) if share is not None), default=None)


def window_of(candidate: Eligible) -> int | None:
    """Its window in tokens."""
    return candidate.model.context_length if candidate.model is not None else None


def closeness(values: Sequence[float | None], *, unknown: float, unit: float = 0.0) -> list[float]:
    """How near each comes to the smallest, as a share of it: 1 for the smallest, 0.5 for twice as much. `unit` is the
    amount below which differences hardly count; without one, nothing comes near a smallest of 0."""
    best = min((value for value in values if value is not None), default=0.0)
    return [unknown if value is None else _near(best + unit, value + unit) for value in values]


def _near(best: float, value: float) -> float:
    return best / value if value > best else 1.0


def by_score(
    candidates: Sequence[Eligible], scores: Sequence[float], facts: Sequence[tuple[tuple[str, str], ...]]
) -> list[Scored]:
    """The candidates with the highest score first; equal ones keep their order."""
    order = sorted(range(len(candidates)), key=scores.__getitem__, reverse=True)
    return [scored((candidates[place], scores[place], facts[place])) for place in order]


def by_place(
    candidates: Iterable[Eligible], facts: Iterable[tuple[tuple[str, str], ...]] | None = None
) -> list[Scored]:
    """An order that rests on no figure, as scores: the first 1, the second 1/2, the third 1/3."""
    if facts is None:
        return [scored((it, 1 / place, ())) for place, it in enumerate(candidates, start=1)]
    return [
        scored((it, 1 / place, why)) for place, (it, why) in enumerate(zip(candidates, facts, strict=True), start=1)
    ]


def seconds(value: float | None) -> str:
    """`0.31 s`."""
    return "not known" if value is None else f"{value:.2f} s"


def dollars(value: float | None) -> str:
    """`$0.0123`, with as many places as it takes to see a small amount."""
    if value is None:
        return "not known"
    return "$0" if value == 0 else f"${value:.2g}" if value < 0.01 else f"${value:.4f}"


def share(value: float | None) -> str:
    """`92 %`."""
    if value is None:
        return "not known"
    return _WHOLE[round(value * 100)] if 0 <= value <= 1 else f"{value:.0%}".replace("%", " %")
