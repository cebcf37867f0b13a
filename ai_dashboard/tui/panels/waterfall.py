"""Where a request's time went, lane under lane on one axis: until somebody was asked, the queue, each try and the
pauses between them, and what the caller saw of it. Pure."""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.format import duration
from ai_dashboard.tui.ink import Ink, Line, Span, clip, fit

WAIT = "░"
STREAM = "█"
PAUSE = "·"

LABEL_CELLS = 14
TIME_CELLS = 6
MIN_BAR = 8
"""Below that many cells a bar says nothing; names and times stand alone."""

LEGEND = f"waiting {WAIT}  streaming {STREAM}  nobody asked {PAUSE}"


@dataclass(frozen=True, slots=True)
class Lane:
    """From `start_s` to `end_s` after the request's arrival; the first token at `first_s`, if there was one."""

    label: str
    start_s: float
    first_s: float | None
    end_s: float
    ink: Ink = Ink.FIRST
    glyph: str = WAIT

    @property
    def length_s(self) -> float:
        """How long it took."""
        return max(self.end_s - self.start_s, 0.0)


def lanes(record: RequestRecord) -> list[Lane]:
    """What is known of a request's time, in the order in which it began."""
    asked_s = record.attempts[0].started_s if record.attempts else record.total_s
    queued_s = asked_s - record.queued_s  # whoever gets a place is asked at once
    found = [Lane("cache" if record.cached else "gateway", 0.0, None, queued_s, Ink.DIM)]
    if record.queued_s:
        found.append(Lane("queue", queued_s, None, asked_s, Ink.WARN, PAUSE))
    for number, attempt in enumerate(record.attempts, 1):
        if attempt.paused_s:
            start_s = attempt.started_s - attempt.paused_s
            found.append(Lane("  pause", start_s, None, attempt.started_s, Ink.DIM, PAUSE))
        ink = Ink.BAD if attempt.error else Ink.FIRST
        label = f"{number} {attempt.provider}"
        found.append(Lane(label, attempt.started_s, attempt.first_token_s, attempt.ended_s, ink))
    return [*found, Lane("caller", 0.0, record.ttft_s, record.total_s, Ink.SECOND)]


def end_of(record: RequestRecord) -> float:
    """The end of the axis that a request needs."""
    return max([record.total_s, *(attempt.ended_s for attempt in record.attempts)])


def draw(record: RequestRecord, width: int, end_s: float | None = None) -> list[Line]:
    """A line for each lane, on an axis to `end_s` or to the request's own end."""
    end_s = end_of(record) if end_s is None else end_s
    cells = width - LABEL_CELLS - TIME_CELLS - 2
    return [_line(lane, end_s, cells, width) for lane in lanes(record)]


def _line(lane: Lane, end_s: float, cells: int, width: int) -> Line:
    took = duration(lane.length_s)
    if cells < MIN_BAR:
        label = fit(lane.label, max(width - TIME_CELLS - 1, 0))
        return [(label, Ink.LABEL), (clip(" " + fit(took, TIME_CELLS, right=True), width), Ink.PLAIN)]
    spans: Sequence[Span] = [
        (fit(lane.label, LABEL_CELLS), Ink.LABEL),
        (" ", Ink.PLAIN),
        (fit(bar(lane, end_s, cells), cells), lane.ink),
        (" " + fit(took, TIME_CELLS, right=True), Ink.PLAIN),
    ]
    return spans


def bar(lane: Lane, end_s: float, cells: int) -> str:
    """A lane on an axis of `cells` from a request's arrival to `end_s`; at least one cell of it is seen."""
    if end_s <= 0 or cells <= 0:
        return ""
    start = min(max(int(lane.start_s / end_s * cells), 0), cells - 1)
    end = max(min(round(lane.end_s / end_s * cells), cells), start + 1)
    if lane.first_s is None:
        return " " * start + lane.glyph * (end - start)
    first = min(max(round(lane.first_s / end_s * cells), start), end)
    return " " * start + lane.glyph * (first - start) + STREAM * (end - first)
