"""A plan as lines: the candidates in order with what put them there, then who was left out and why. Pure."""

from collections.abc import Iterator

from ai_dashboard.core.plan import Candidate, Excluded, Plan
from ai_dashboard.core.reasons import in_words, remedy
from ai_dashboard.tui.columns import Column, heading, place, row
from ai_dashboard.tui.format import NOTHING
from ai_dashboard.tui.ink import Ink, Line, clip, wrap

_COLUMNS = (
    Column("#", 2, 0, right=True),
    Column("provider", 10, 1, grow=1),
    Column("model", 14, 2, grow=2),
    Column("score", 5, 4, right=True),
    Column("why", 16, 3, grow=5),
)

AGAINST = "against it"
"""The fact that says what speaks against a candidate that is tried all the same."""

MAX_LINES = 4
"""Lines that one note or reason may take."""


def draw(plan: Plan, width: int) -> list[Line]:
    """The whole plan; as many lines as it takes."""
    ordered = f"  {plan.rule}" if plan.strategy == "direct" else f"  {plan.rule} · {plan.strategy}"
    lines: list[Line] = [[(clip("Plan", width), Ink.STRONG), (clip(ordered, max(width - 4, 0)), Ink.DIM)]]
    for note in plan.notes:
        lines += [[(clip(f"  {piece}", width), Ink.PLAIN)] for piece in wrap(note, max(width - 2, 1), MAX_LINES)]
    placed = place(_COLUMNS, width)
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
                    "why": (why(candidate), Ink.DIM),
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
                "why": (f"left out: {in_words(left_out)}", Ink.WARN),
            },
        )
        for left_out in plan.excluded
    )
    for advice in dict.fromkeys(_advice(plan)):
        lines += [[(clip(f"  {piece}", width), Ink.PLAIN)] for piece in wrap(advice, max(width - 2, 1), MAX_LINES)]
    return lines


def why(candidate: Candidate) -> str:
    """What put it there, where it is, and the figures that its score rests on."""
    figures = (f"{name} {_figure(candidate, name, figure)}" for name, figure in candidate.facts)
    return " · ".join(filter(None, (candidate.why, candidate.region, *figures)))


def _figure(candidate: Candidate, name: str, figure: str) -> str:
    return in_words(Excluded(candidate.provider, candidate.model, figure)) if name == AGAINST else figure


def _advice(plan: Plan) -> Iterator[str]:
    """What can be done where nobody is left to ask."""
    if plan.attempts:
        return
    yield "nobody can answer: " + ("all were left out" if plan.excluded else "the rule leads to nobody")
    yield from (f"→ {said}" for said in map(remedy, plan.excluded) if said)
