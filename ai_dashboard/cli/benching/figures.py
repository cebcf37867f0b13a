"""What the answers come to. Pure: exact percentiles of what was measured, and the course over time."""

from collections import Counter
from collections.abc import Sequence

from ai_dashboard.cli.benching.load import OK, Answer
from ai_dashboard.core.data import dataclass

MOST_SLICES = 60
LEAST_SLICES = 8
IN_A_SLICE = 8
"""Answers that a slice of time should hold at least: fewer say little."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds: percentiles 50, 90, 95 and 99, and the longest; None where nothing was measured."""

    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    longest: float | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """Over time, from the first request on: in each of so many slices of `slice_s` seconds, the requests that ended
    well for each second, and the 95th percentile of what those took."""

    slice_s: float
    rate: tuple[float, ...]
    p95: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it. `rate` is requests a second, `outcomes` and `providers` count requests."""

    requests: int
    answered: int
    seconds: float
    rate: float
    tokens: int
    tokens_per_second: float
    first: Spread
    total: Spread
    overhead: Spread
    outcomes: dict[str, int]
    providers: dict[str, int]
    course: Course


def figures(answers: Sequence[Answer]) -> Figures:
    """Of all answers, times and tokens being those of the ones that ended well."""
    well = [it for it in answers if it.outcome == OK]
    seconds = max((it.ended for it in answers), default=0.0)
    tokens = sum(it.tokens for it in well)
    return Figures(
        requests=len(answers),
        answered=len(well),
        seconds=seconds,
        rate=len(well) / seconds if seconds else 0.0,
        tokens=tokens,
        tokens_per_second=tokens / seconds if seconds else 0.0,
        first=spread([it.first for it in well if it.first is not None]),
        total=spread([it.took for it in well]),
        overhead=spread([it.overhead for it in well if it.overhead is not None]),
        outcomes=dict(Counter(it.outcome for it in answers).most_common()),
        providers=dict(Counter(it.provider for it in well if it.provider).most_common()),
        course=_course(well, seconds),
    )


def spread(values: Sequence[float]) -> Spread:
    """Percentiles by rank: each is one of the values."""
    if not values:
        return Spread()
    ordered = sorted(values)

    def at(quantile: float) -> float:
        return ordered[min(len(ordered) - 1, int(quantile * len(ordered)))]

    return Spread(at(0.5), at(0.9), at(0.95), at(0.99), ordered[-1])


def _course(well: Sequence[Answer], seconds: float) -> Course:
    if not seconds:
        return Course(0.0, (), ())
    count = min(MOST_SLICES, max(LEAST_SLICES, len(well) // IN_A_SLICE))
    width = seconds / count
    slices: list[list[float]] = [[] for _ in range(count)]
    for answer in well:
        slices[min(count - 1, int(answer.ended / width))].append(answer.took)
    return Course(width, tuple(len(it) / width for it in slices), tuple(spread(it).p95 for it in slices))
