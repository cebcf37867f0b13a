"""Plans and requests, told to people: `route` says where one would go, `why` what became of one, in the same words.

Names and messages come from callers and providers: nothing in them reaches the terminal that it could obey.
"""

from collections.abc import Iterator, Sequence

from ai_dashboard.core.errors import UpstreamContextExceeded, UpstreamRejected
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Candidate, Excluded, Plan, Requirements, RouteFacts
from ai_dashboard.core.reasons import in_words, remedy
from ai_dashboard.core.records import AttemptKind, AttemptRecord, RequestRecord, Stage
from ai_dashboard.tui.format import clock_time, duration, plural

HEADINGS = ("", "provider", "model", "score", "why")
NO_SCORE = "–"
AGAINST = "against it"
"""The fact that says what speaks against a candidate of a plan."""

LABEL = 10

KINDS: dict[AttemptKind, str] = {
    "first": "first",
    "fallback": "the next candidate",
    "retry": "asked again",
    "hedge": "beside a slow first",
    "continue": "goes on from where it broke off",
    "ensemble": "one of several at once",
    "judge": "which answer is best",
}
"""How it came to a try."""

REFUSED_BY_PROVIDER = frozenset({UpstreamRejected.code, UpstreamContextExceeded.code})
"""Errors that reach the caller as the provider has written them."""


# ── a plan ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def plan_lines(plan: Plan, source: str = "") -> list[str]:
    """The rule and the strategy, the attempts in order, what was left out and why, and what else there is to say."""
    where = f"  ({source})" if source else ""
    rows = [
        HEADINGS,
        *_candidates(plan),
        *(("✗", it.provider, it.model, NO_SCORE, in_words(it)) for it in plan.excluded),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS) - 1)]
    lines = [f"{plan.asked}  by {plan.rule}{where}", f"  strategy: {plan.strategy}"]
    if len(rows) > 1:
        lines += [_row(row, widths) for row in rows]
    if not plan.attempts:
        lines.append(_nobody(plan))
    lines += [f"  what to do: {advice}" for advice in dict.fromkeys(_advice(plan))]
    return [plain(line) for line in [*lines, *(f"  note: {note}" for note in plan.notes)]]


def _candidates(plan: Plan) -> list[tuple[str, ...]]:
    return [
        (str(place), _provider(it), it.model, f"{it.score:.2f}", _why(it))
        for place, it in enumerate(plan.attempts, start=1)
    ]


def _provider(candidate: Candidate) -> str:
    return f"{candidate.provider} ({candidate.region})" if candidate.region else candidate.provider


def _why(candidate: Candidate) -> str:
    against = [in_words(it) for it in _against(candidate)]
    figures = [f"{name} {figure}" for name, figure in candidate.facts if name != AGAINST]
    return "; ".join([candidate.why, *(f"{AGAINST}: {reason}" for reason in against), *figures])


def _against(candidate: Candidate) -> Iterator[Excluded]:
    """What speaks against one that is tried all the same."""
    for name, reason in candidate.facts:
        if name == AGAINST:
            yield Excluded(candidate.provider, candidate.model, reason)


def _row(row: tuple[str, ...], widths: list[int]) -> str:
    mark, provider, model, score, why = row
    return (
        f"  {mark:>{max(2, widths[0])}}  {provider:<{widths[1]}}  {model:<{widths[2]}}  {score:>{widths[3]}}  {why}"
    ).rstrip()


def _nobody(plan: Plan) -> str:
    """What a caller is told where nobody can answer."""
    from ai_dashboard.routing.nobody import nobody

    told = nobody(plan)
    why = "every candidate was left out" if plan.excluded else "the rule leads to nobody"
    return f"  nobody can answer: {why}, and a caller is told {told.status} {told.code}"


def _advice(plan: Plan) -> Iterator[str]:
    """What can be done where nobody can answer, or only those that something speaks against."""
    if not plan.attempts and not plan.excluded:
        yield f"name a provider, or a model that one lists, in `{plan.rule}` of model-mappings.yaml"
    troubled = [it for candidate in plan.attempts for it in _against(candidate)]
    if len(plan.attempts) == len(troubled):
        yield from filter(None, map(remedy, (*troubled, *plan.excluded)))


# ── a request ────────────────────────────────────────────────────────────────────────────────────────────────────────


def record_lines(record: RequestRecord) -> list[str]:
    """What was asked, why it went where it went, what each attempt came to, and what was sent back."""
    lines = [f"request {record.id}  {clock_time(record.at)}  {_ended(record)}"]
    lines += _labelled("asked", [_asked(record), *_wishes(record.facts)])
    if record.plan is not None:
        lines += ["", *plan_lines(record.plan)]
    lines += ["", *_attempts(record.attempts), ""]
    lines += _labelled("answered", [_answered(record)])
    lines += _labelled("time", [_time(record)])
    lines += _labelled("tokens", [*_tokens(record)])
    lines += _labelled("warning", record.warnings)
    if record.error:
        lines += _labelled("error", [f"{record.error}: {record.message}" if record.message else record.error])
    return [plain(line) for line in lines]


def _ended(record: RequestRecord) -> str:
    match record.stage:
        case Stage.WAITING | Stage.STREAMING:
            return f"still {record.stage}"
        case Stage.CUT:
            return "broke off after it had begun"
        case Stage.GONE:
            return "the caller left"
        case Stage.DONE | Stage.FAILED:
            return str(record.stage)


def _asked(record: RequestRecord) -> str:
    words = [f"{record.asked or 'no model'} by {record.dialect}, {'as a stream' if record.stream else 'in one piece'}"]
    if (facts := record.facts) is not None:
        if facts.prompt_tokens:
            words.append(f"about {plural(facts.prompt_tokens, 'token')} in")
        if facts.max_tokens:
            words.append(f"up to {facts.max_tokens:,} out")
        if facts.needs:
            words.append(f"needs {', '.join(sorted(facts.needs))}")
    return "; ".join(words)


def _wishes(facts: RouteFacts | None) -> Iterator[str]:
    """What else routing knew of it."""
    if facts is None:
        return
    named = {
        "capability": facts.capability,
        "task": facts.task,
        "tenant": facts.tenant,
        "user": facts.user,
        "residency": facts.residency,
        "strategy": facts.strategy,
        "only": ", ".join(facts.only) if facts.only is not None else None,
    }
    if said := "; ".join(f"{name} {value}" for name, value in named.items() if value):
        yield said
    if facts.requirements is not None:
        yield f"requires {', '.join(_required(facts.requirements))}"
    if facts.headers:
        yield "; ".join(f"{name}: {value}" for name, value in facts.headers)
    if facts.metadata:
        yield "; ".join(f"metadata.{name}: {value}" for name, value in facts.metadata)


def _required(wanted: Requirements) -> Iterator[str]:
    if wanted.max_cost is not None:
        yield f"max_cost {wanted.max_cost:g}"
    if wanted.max_latency_ms is not None:
        yield f"max_latency_ms {wanted.max_latency_ms:g}"
    if wanted.min_quality is not None:
        yield f"min_quality {wanted.min_quality}"
    if wanted.region is not None:
        yield f"region {wanted.region}"
    if wanted.local_only:
        yield "local_only"


def _attempts(attempts: Sequence[AttemptRecord]) -> Iterator[str]:
    if not attempts:
        yield "no provider was asked"
        return
    names = [f"{it.provider}/{it.model}" for it in attempts]
    width = max(map(len, names))
    for number, (attempt, name) in enumerate(zip(attempts, names, strict=True), start=1):
        pause = f" after a pause of {duration(attempt.paused_s)}" if attempt.paused_s else ""
        yield f"  try {number}  {name:<{width}}  {KINDS[attempt.kind]}{pause}: {_came_to(attempt)}"


def _came_to(attempt: AttemptRecord) -> str:
    words = [f"begun at {duration(attempt.started_s)}"]
    if attempt.status is not None:
        words.append(f"status {attempt.status}")
    if attempt.first_token_s is not None:
        words.append(f"first token after {duration(attempt.first_token_s - attempt.started_s)}")
    words.append(f"over after {duration(attempt.ended_s - attempt.started_s)}")
    if attempt.usage is not None:
        words.append(f"cost {_usage(attempt.usage)}")
    if attempt.error:
        words.append(f"{attempt.error}: {attempt.message}" if attempt.message else attempt.error)
    return ", ".join(words)


def _answered(record: RequestRecord) -> str:
    if not record.status:
        return "nothing was sent back"
    if not record.attempts:
        return f"{record.status}, by the gateway itself"
    if record.error in REFUSED_BY_PROVIDER:
        return f"{record.status}, as {record.provider} refused it"
    if record.error and record.ttft_s is None:
        return f"{record.status}, by the gateway itself; the last that was asked is {record.provider}/{record.model}"
    behind = f", instead of {record.fallback_from}" if record.fallback_from else ""
    return f"{record.status} by {record.provider} as {record.model}{behind}"


def _time(record: RequestRecord) -> str:
    if record.ttft_s is None:
        return f"over after {duration(record.total_s)}"
    own = f"{duration(record.overhead_s)} of it is the gateway's own"
    return f"first token after {duration(record.ttft_s)}, over after {duration(record.total_s)}; {own}"


def _tokens(record: RequestRecord) -> Iterator[str]:
    if record.usage is not None:
        yield _usage(record.usage)
    spent = record.spent
    if spent is not None and spent != record.usage:
        yield f"all attempts together: {_usage(spent)}"


def _usage(usage: Usage) -> str:
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    thought = f" ({usage.reasoning_tokens:,} reasoning)" if usage.reasoning_tokens else ""
    estimated = ", estimated" if usage.estimated else ""
    return f"{usage.prompt_tokens:,} in{cached} and {usage.completion_tokens:,} out{thought}{estimated}"


def _labelled(label: str, texts: Sequence[str]) -> Iterator[str]:
    for place, text in enumerate(texts):
        yield f"{label if place == 0 else '':<{LABEL}}{text}"


def plain(line: str) -> str:
    """Without anything that a terminal would obey."""
    return line if line.isprintable() else "".join(char if char.isprintable() else "�" for char in line)
