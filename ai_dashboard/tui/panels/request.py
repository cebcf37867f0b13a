"""Everything about one request: what was asked, each attempt on a common time axis, and why it went where it went."""

from collections.abc import Sequence
from dataclasses import dataclass

from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Candidate, Plan
from ai_dashboard.core.records import AttemptRecord, RequestRecord, Stage
from ai_dashboard.tui.columns import Column, heading, place, row
from ai_dashboard.tui.format import NOTHING, clock_time, duration
from ai_dashboard.tui.ink import Ink, Line, Span, clip, wrap
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture

LABEL = 10
WAIT = "░"
STREAM = "█"

WATERFALL = f"waiting {WAIT} streaming {STREAM}"

_ATTEMPTS = (
    Column("#", 2, 0, right=True),
    Column("provider", 10, 1, grow=1),
    Column("model", 14, 5, grow=2),
    Column("st", 3, 2, right=True),
    Column("TTFT", 5, 4, right=True),
    Column("total", 5, 3, right=True),
    Column(WATERFALL, 22, 6, grow=5),
)

_PLAN = (
    Column("#", 2, 0, right=True),
    Column("provider", 10, 1, grow=1),
    Column("model", 14, 2, grow=2),
    Column("score", 5, 4, right=True),
    Column("why", 16, 3, grow=5),
)


@dataclass(frozen=True, slots=True)
class View:
    """The request as it was last seen; None when it was never seen at all."""

    record: RequestRecord | None = None


def draw(view: View, width: int) -> list[Line]:
    """Facts, attempts, plan; as many lines as it takes."""
    record = view.record
    if record is None:
        return [[("this request is no longer remembered", Ink.DIM)]]
    lines = [*_facts(record, width), [], [("Attempts", Ink.STRONG)], *_attempts(record, width)]
    if record.plan is not None:
        lines += [[], *_plan(record.plan, width)]
    return lines


def _facts(record: RequestRecord, width: int) -> list[Line]:
    kind = "stream" if record.stream else "whole answer"
    provider = f"{record.provider} as {record.model}" if record.provider else NOTHING
    ttft, total = duration(record.ttft_s), duration(record.total_s)
    facts = [
        ("asked", f"{record.asked}  ({record.dialect}, {kind})", Ink.PLAIN),
        ("answered", f"{record.status or NOTHING} {record.stage} by {provider}", _stage_ink(record)),
        ("time", f"{clock_time(record.at)}  first token {ttft}  total {total}", Ink.PLAIN),
        ("tokens", _tokens(record), Ink.PLAIN),
    ]
    if record.ttft_s is not None:
        share = duration(record.overhead_s)
        facts.append(("gateway", f"{share} of the time to the first token is the gateway's own", Ink.DIM))
    facts += [("warning", warning, Ink.PLAIN) for warning in record.warnings]
    if record.error:
        facts.append(("error", f"{record.error}: {record.message}" if record.message else record.error, Ink.BAD))
    lines: list[Line] = []
    for label, text, ink in facts:
        first, *rest = wrap(text, max(width - LABEL, 1), 4)
        lines.append([(clip(f"{label:<{LABEL}}", width), Ink.LABEL), (first, ink)])
        lines.extend([(" " * LABEL, Ink.PLAIN), (piece, ink)] for piece in rest)
    return lines


def _attempts(record: RequestRecord, width: int) -> list[Line]:
    if not record.attempts:
        return [[("none: no provider was asked", Ink.DIM)]]
    placed = place(_ATTEMPTS, width)
    lines: list[Line] = [heading(placed)]
    cells = next((cells for column, cells in placed if column.title == WATERFALL), 0)
    end = max((attempt.ended_s for attempt in record.attempts), default=0.0)
    for number, attempt in enumerate(record.attempts, 1):
        lines.append(row(placed, _attempt(number, attempt, waterfall(attempt, max(end, record.total_s), cells))))
        note = " · ".join(filter(None, (attempt.why, attempt.error, attempt.message)))
        if note:
            ink = Ink.BAD if attempt.error else Ink.DIM
            lines.extend([("   └ ", Ink.RULE), (piece, ink)] for piece in wrap(note, max(width - 5, 1), 3))
    return lines


def _attempt(number: int, attempt: AttemptRecord, bar: str) -> dict[str, Span]:
    ttft = None if attempt.first_token_s is None else attempt.first_token_s - attempt.started_s
    return {
        "#": (str(number), Ink.DIM),
        "provider": (attempt.provider, Ink.PLAIN),
        "model": (attempt.model, Ink.PLAIN),
        "st": (str(attempt.status or NOTHING), Ink.BAD if attempt.error else Ink.PLAIN),
        "TTFT": (duration(ttft), Ink.PLAIN),
        "total": (duration(attempt.ended_s - attempt.started_s), Ink.PLAIN),
        WATERFALL: (bar, Ink.FIRST),
    }


def waterfall(attempt: AttemptRecord, total_s: float, cells: int) -> str:
    """An attempt on an axis of `cells` from the request's arrival to `total_s`; at least one cell of it is seen."""
    if total_s <= 0 or cells <= 0:
        return ""
    start = min(int(attempt.started_s / total_s * cells), cells - 1)
    end = max(min(round(attempt.ended_s / total_s * cells), cells), start + 1)
    if attempt.first_token_s is None:
        return " " * start + WAIT * (end - start)
    first = min(max(round(attempt.first_token_s / total_s * cells), start), end)
    return " " * start + WAIT * (first - start) + STREAM * (end - first)


def _plan(plan: Plan, width: int) -> list[Line]:
    """The candidates in order, then those left out with their reasons."""
    ordered = f"  {plan.rule}" if plan.strategy == "direct" else f"  {plan.rule} · {plan.strategy}"
    lines: list[Line] = [[("Plan", Ink.STRONG), (clip(ordered, max(width - 4, 1)), Ink.DIM)]]
    lines.extend([(clip(f"  {note}", width), Ink.PLAIN)] for note in plan.notes)
    placed = place(_PLAN, width)
    lines.append(heading(placed))
    for number, candidate in enumerate(plan.attempts, 1):
        lines.append(
            row(
                placed,
                {
                    "#": (str(number), Ink.DIM),
                    "provider": (candidate.provider, Ink.PLAIN),
                    "model": (candidate.model, Ink.PLAIN),
                    "score": (f"{candidate.score:.2f}", Ink.PLAIN),
                    "why": (_why(candidate), Ink.DIM),
                },
            )
        )
    lines.extend(
        row(
            placed,
            {
                "#": ("✗", Ink.WARN),
                "provider": (left_out.provider, Ink.DIM),
                "model": (left_out.model, Ink.DIM),
                "score": (NOTHING, Ink.DIM),
                "why": (f"left out: {left_out.reason}", Ink.WARN),
            },
        )
        for left_out in plan.excluded
    )
    return lines


def _why(candidate: Candidate) -> str:
    """What put it there, where it is, and the figures that its score rests on."""
    figures = (f"{name} {figure}" for name, figure in candidate.facts)
    return " · ".join(filter(None, (candidate.why, candidate.region, *figures)))


def _tokens(record: RequestRecord) -> str:
    usage = record.usage
    if usage is None:
        return "not known"
    words = [f"{usage.prompt_tokens:,} in" + _part(usage.cached_tokens, "cached")]
    words.append(f"{usage.completion_tokens:,} out" + _part(usage.reasoning_tokens, "reasoning"))
    speed = tokens_per_second(record, usage)
    if speed is not None:
        words.append(f"{speed:,.0f} tokens/s")
    return "  ".join(words) + ("  (estimated)" if usage.estimated else "")


def tokens_per_second(record: RequestRecord, usage: Usage) -> float | None:
    """Speed of the stream after its first token; None where that cannot be told."""
    if not record.stream or record.ttft_s is None or usage.completion_tokens < 2:
        return None
    streaming_s = record.total_s - record.ttft_s
    return (usage.completion_tokens - 1) / streaming_s if streaming_s > 0 else None


def _part(tokens: int, what: str) -> str:
    return f" ({tokens:,} {what})" if tokens else ""


def _stage_ink(record: RequestRecord) -> Ink:
    match record.stage:
        case Stage.FAILED:
            return Ink.BAD
        case Stage.CUT | Stage.GONE:
            return Ink.WARN
        case _:
            return Ink.PLAIN


class RequestPanel(Panel[View], can_focus=True):
    """One request, followed by its id while it runs and kept when it drops out of the list."""

    def __init__(self, record: RequestRecord, dom_id: str | None = None) -> None:
        super().__init__(dom_id)
        self.record = record

    def select(self, picture: Picture) -> View:
        self.record = picture.find(self.record.id) or self.record
        return View(self.record)

    def viewed(self, _view: View) -> None:
        self.title(f"Request {self.record.id}", "y copy as curl")

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
