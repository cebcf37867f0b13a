"""Everything about one request: what was asked, where its time went, each attempt, and why it went where it went."""

from collections.abc import Sequence

from ai_dashboard.core.costs import money
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.records import AttemptRecord, RequestRecord, Stage
from ai_dashboard.tui.columns import Column, heading, place, row
from ai_dashboard.tui.format import NOTHING, clock_time, duration
from ai_dashboard.tui.ink import Ink, Line, Span, clip, crop, wrap
from ai_dashboard.tui.panels import plan, waterfall
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture

LABEL = 10
AGAIN = "R asks again where the request log keeps bodies, y copies a request of this form, w plans this one anew"
"""What can be done once more, and on what terms."""

_ATTEMPTS = (
    Column("#", 2, 0, right=True),
    Column("provider", 10, 1, grow=1),
    Column("model", 14, 5, grow=2),
    Column("st", 3, 2, right=True),
    Column("begun", 6, 6, right=True),
    Column("TTFT", 6, 4, right=True),
    Column("total", 6, 3, right=True),
)


KEYS = (("request.replay", "again"), ("request.copy", "curl"), ("request.python", "Python"), ("request.plan", "plan"))
"""What can be done with a request."""


@dataclass(frozen=True, slots=True)
class View:
    """The request as it was last seen; None when it was never seen at all."""

    record: RequestRecord | None = None


def draw(view: View, width: int) -> list[Line]:
    """Facts, waterfall, attempts, plan; as many lines as it takes."""
    record = view.record
    if record is None:
        return [[("this request is no longer remembered", Ink.DIM)]]
    legend = f"  {waterfall.LEGEND}"
    lines = [*_facts(record, width), [], [("Waterfall", Ink.STRONG), (clip(legend, max(width - 9, 0)), Ink.DIM)]]
    lines += [*waterfall.draw(record, width), [], [("Attempts", Ink.STRONG)], *_attempts(record, width)]
    if record.plan is not None:
        lines += [[], *plan.draw(record.plan, width)]
    return [crop(line, width) for line in lines]


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
    if record.cost is not None:
        facts.append(("cost", money(record.cost), Ink.PLAIN))
    if known := _known(record):
        facts.append(("known", known, Ink.PLAIN))
    if record.cached:
        facts.append(("cache", f"{record.cached} hit: the answer was known before", Ink.PLAIN))
    facts += [("warning", warning, Ink.PLAIN) for warning in record.warnings]
    if record.error:
        facts.append(("error", f"{record.error}: {record.message}" if record.message else record.error, Ink.BAD))
    facts.append(("again", AGAIN, Ink.DIM))
    lines: list[Line] = []
    for label, text, ink in facts:
        first, *rest = wrap(text, max(width - LABEL, 1), 4)
        lines.append([(clip(f"{label:<{LABEL}}", width), Ink.LABEL), (first, ink)])
        lines.extend([(" " * LABEL, Ink.PLAIN), (piece, ink)] for piece in rest)
    return lines


def _known(record: RequestRecord) -> str:
    """Who asked, and what else routing knew of it."""
    facts = record.facts or RouteFacts(record.asked)
    named = {
        "tenant": record.tenant or facts.tenant,
        "key": record.key_id,
        "user": facts.user,
        "capability": facts.capability,
        "task": facts.task,
        "needs": ", ".join(sorted(facts.needs)),
        "residency": facts.residency,
        "strategy": facts.strategy,
        "only": ", ".join(facts.only or ()),
        "up to": f"{facts.max_tokens:,} tokens out" if facts.max_tokens else "",
    }
    return " · ".join(f"{name} {value}" for name, value in named.items() if value)


def _attempts(record: RequestRecord, width: int) -> list[Line]:
    if not record.attempts:
        return [[("none: no provider was asked", Ink.DIM)]]
    placed = place(_ATTEMPTS, width)
    lines: list[Line] = [heading(placed)]
    for number, attempt in enumerate(record.attempts, 1):
        lines.append(row(placed, _attempt(number, attempt)))
        note = " · ".join(filter(None, (*_how(attempt), attempt.error, attempt.message)))
        if note:
            ink = Ink.BAD if attempt.error else Ink.DIM
            lines.extend([("   └ ", Ink.RULE), (piece, ink)] for piece in wrap(note, max(width - 5, 1), 3))
    return lines


def _how(attempt: AttemptRecord) -> tuple[str, ...]:
    """How it came to this try, what went by before it, and what it cost where another one answered."""
    kind = "" if attempt.kind == "first" else attempt.kind
    pause = f"after a pause of {duration(attempt.paused_s)}" if attempt.paused_s else ""
    cost = f"cost {_spent(attempt.usage)}" if attempt.usage is not None else ""
    return kind, pause, attempt.why, cost


def _attempt(number: int, attempt: AttemptRecord) -> dict[str, Span]:
    ttft = None if attempt.first_token_s is None else attempt.first_token_s - attempt.started_s
    return {
        "#": (str(number), Ink.DIM),
        "provider": (attempt.provider, Ink.PLAIN),
        "model": (attempt.model, Ink.PLAIN),
        "st": (str(attempt.status or NOTHING), Ink.BAD if attempt.error else Ink.PLAIN),
        "TTFT": (duration(ttft), Ink.PLAIN),
        "total": (duration(attempt.ended_s - attempt.started_s), Ink.PLAIN),
        "begun": (duration(attempt.started_s), Ink.DIM),
    }


def _tokens(record: RequestRecord) -> str:
    usage, spent = record.usage, record.spent
    if usage is None:
        return "not known" if spent is None else f"all attempts {_spent(spent)}"
    words = [f"{usage.prompt_tokens:,} in" + _part(usage.cached_tokens, "cached")]
    words.append(f"{usage.completion_tokens:,} out" + _part(usage.reasoning_tokens, "reasoning"))
    speed = tokens_per_second(record, usage)
    if speed is not None:
        words.append(f"{speed:,.0f} tokens/s")
    told = "  ".join(words) + ("  (estimated)" if usage.estimated else "")
    return told if spent is None or spent == usage else f"{told}  all attempts {_spent(spent)}"


def _spent(usage: Usage) -> str:
    return f"{usage.prompt_tokens:,} in {usage.completion_tokens:,} out" + (" (estimated)" if usage.estimated else "")


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
        self.title(f"Request {self.record.id}", "", *KEYS)

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
