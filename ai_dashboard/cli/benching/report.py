"""A load as people read it: a table, and two charts over time."""

from collections.abc import Callable, Sequence

from ai_dashboard.cli.benching.figures import Course, Figures, Spread
from ai_dashboard.cli.benching.load import OK, Load
from ai_dashboard.cli.story import plain
from ai_dashboard.tui.chart import Curve, Ticks, axis, curves
from ai_dashboard.tui.format import count, duration, plural, rate
from ai_dashboard.tui.ink import Ink, text_of

HEADINGS = ("", "p50", "p90", "p95", "p99", "longest")
LABEL, CELL = 15, 9
CHART_ROWS = 8
LEAST_WIDTH, MOST_WIDTH = 40, 100
MICRO = 1e6


def lines(load: Load, made: Figures, width: int) -> list[str]:
    """Everything, in so many cells."""
    whom = load.model if load.provider is None else f"{load.model} at {load.provider}"
    asked = f"{whom}: {plural(load.concurrency, 'asker')} for {load.duration_s:g} s at {load.url}"
    text = [plain(asked), "", *_sums(made)]
    if made.answered:
        rows = [HEADINGS, _row("first token", made.first), _row("whole answer", made.total)]
        rows.append(_row("of it gateway", made.overhead, _short))
        text += ["", *(f"{row[0]:<{LABEL}}" + "".join(f"{cell:>{CELL}}" for cell in row[1:]) for row in rows)]
        text += ["", *_charts(made.course, min(max(width, LEAST_WIDTH), MOST_WIDTH))]
    return text


def _sums(made: Figures) -> list[str]:
    failed = {what: times for what, times in made.outcomes.items() if what != OK}
    text = [
        f"{'answered':<{LABEL}}{made.answered:,} of {made.requests:,} in {made.seconds:.1f} s",
        f"{'throughput':<{LABEL}}{rate(made.rate)} requests/s, {count(made.tokens_per_second)} tokens/s",
    ]
    if made.providers:
        text.append(f"{'by':<{LABEL}}{_shares(made.providers)}")
    if failed:
        text.append(f"{'not answered':<{LABEL}}{_shares(failed)}")
    return [plain(line) for line in text]


def _shares(counted: dict[str, int]) -> str:
    return ", ".join(f"{name} {times:,}" for name, times in counted.items())


def _row(label: str, spread: Spread, write: Callable[[float | None], str] = duration) -> tuple[str, ...]:
    values = (spread.p50, spread.p90, spread.p95, spread.p99, spread.longest)
    return (label, *map(write, values))


def _short(seconds: float | None) -> str:
    """What is far below a millisecond has digits, too."""
    if seconds is None or seconds >= 0.01:
        return duration(seconds)
    return f"{seconds * MICRO:.0f}µs" if seconds < 0.001 else f"{seconds * 1000:.1f}ms"


def _charts(course: Course, width: int) -> list[str]:
    return [
        "requests/s",
        *_chart(course.rate, course, width, rate),
        "p95 of whole answers",
        *_chart(course.p95, course, width, duration),
    ]


def _chart(values: Sequence[float | None], course: Course, width: int, write: Callable[[float], str]) -> list[str]:
    top, y = axis(max((value for value in values if value is not None), default=0.0), write)
    steps = len(values) - 1
    x = Ticks(
        (0, steps / 2, steps), ["0", duration(course.slice_s * len(values) / 2), duration(course.slice_s * len(values))]
    )
    drawn = curves([Curve(values, Ink.FIRST)], width, CHART_ROWS, top=top, x=x, y=y)
    return [text_of(line).rstrip() for line in drawn]
