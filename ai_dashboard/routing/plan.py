"""`plan()`: the ordered attempts for a request, and every candidate that was left out, each with its reason.

Resolving says who could answer, `eligibility` who may, a strategy who is best; whoever steps in follows in the order in
which the operator wrote them down. Of all that may answer at most half is set aside at one time, and never everybody: a
judgement that is behind the times must not turn into an outage (Envoy's `max_ejection_percent` and panic threshold).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ai_dashboard.core.plan import Candidate, Excluded, Plan, RouteFacts
from ai_dashboard.routing.affinity import Replica, kept_together, note
from ai_dashboard.routing.eligibility import Bar, SetAside, Sifted, sift
from ai_dashboard.routing.figures import share
from ai_dashboard.routing.live import Live, ProviderLive
from ai_dashboard.routing.resolve import Resolution, resolve
from ai_dashboard.routing.strategies import DIRECT, strategy_named
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.turns import Turns
from ai_dashboard.routing.view import Chance, Eligible, Scored, View

LAST_RESORT = "last resort, nothing else is up"
ALL_DOWN = "panic: nobody is up, so whoever may answer is tried all the same, the least bad first"
MOST_DOWN = "panic: more than half of the candidates are set aside, so the least bad of them stay in, behind the others"


class Decision(NamedTuple):
    """A plan. `lasting`: the next request of its kind gets the same one for as long as nothing happens, since it rests
    on no turn, no chance, and no figure that changes by itself."""

    plan: Plan
    lasting: bool


def plan(
    facts: RouteFacts,
    table: Table,
    live: Live,
    *,
    now: float,
    turns: Turns,
    chance: Chance,
    bars: Sequence[Bar] = (),
    last: Replica | None = None,
) -> Plan:
    """Decide. `bars` are rules of other rooms, `last` is who served the conversation's last turn.

    A plan may be without attempts when all were left out: `nobody()` says what to tell the caller. Raises
    `ModelNotFound` when nothing applies, `CallerError` for a strategy or a residency group that does not exist.
    """
    return decide(facts, table, live, now=now, turns=turns, chance=chance, bars=bars, last=last).plan


def decide(
    facts: RouteFacts,
    table: Table,
    live: Live,
    *,
    now: float,
    turns: Turns,
    chance: Chance,
    bars: Sequence[Bar] = (),
    last: Replica | None = None,
) -> Decision:
    """As `plan()`, and whether the plan lasts."""
    resolution = resolve(facts, table, live)
    strategy = strategy_named(facts.strategy or resolution.strategy or DIRECT)
    weights = {**dict(resolution.weights), **dict(facts.weights)} if resolution.weights or facts.weights else {}
    view = View(resolution.pool, weights, turns, chance, now, table.regions.price_factor)
    found = sift(resolution.routes, facts, table, live, view, bars, strategy.bars)
    notes: list[str] = []
    chosen = [it for it in found.eligible if not it.route.steps_in]
    ranked = strategy.rank(chosen, facts, view) if chosen else []
    if last is not None and ranked and _replica(ranked[0]) != last:
        best = ranked[0].score
        ranked, kept = kept_together(ranked, _replica, _state, last)
        if kept:
            ranked[0] = ranked[0]._replace(score=best)
            notes.append(note(last))
    ranked += _stepping_in(found, behind=len(ranked))
    panic, aside = _half(found, up=len(ranked))
    if panic:
        notes.append(MOST_DOWN if ranked else ALL_DOWN)
    attempts = (*_attempts(ranked), *_last_resorts(panic, up=bool(ranked)))
    made = Plan(
        facts.model,
        resolution.rule,
        attempts,
        tuple(_in_order(resolution, found.excluded, aside)) if found.excluded or aside else resolution.left_out,
        strategy.name,
        tuple(notes),
        min(found.cooling) if found.cooling and not attempts else None,
        unmet=bool(found.unmet) and not attempts and not found.cooling,
        unable=bool(found.unable) and found.unable == len(resolution.routes),
    )
    lasting = not (found.passing or panic or resolution.varies or facts.requirements or strategy.name != DIRECT)
    regions = table.regions
    if regions.plain:
        return Decision(made, lasting)
    return Decision(regions.placed(made, facts, live), lasting and regions.faster_by_s is None)


def _stepping_in(found: Sifted, *, behind: int) -> list[Scored]:
    """Those that were not chosen, as they were written down, then those whom this request is not to burden."""
    steps_in = [it for it in found.eligible if it.route.steps_in]
    scored = [Scored(it, 1 / place) for place, it in enumerate(steps_in, start=behind + 1)]
    return scored + [Scored(it, 0.0, (_recovers(it),)) for it in found.recovering]


def _half(found: Sifted, *, up: int) -> tuple[list[SetAside], list[SetAside]]:
    """Who is tried although something speaks against it, the least bad first, and who is not."""
    aside = found.aside
    if up >= len(aside):
        return [], aside
    worse = sorted(aside, key=_badness)
    most = (up + len(aside)) // 2 if up else 0
    stay = len(aside) - most
    return worse[:stay], worse[stay:]


def _badness(item: SetAside) -> tuple[int, float]:
    return item.badness


def _attempts(ranked: list[Scored]) -> list[Candidate]:
    """As attempts, with scores that never rise: who stands behind another counts no more than that one."""
    attempts = []
    lowest = 1.0
    for it, score, facts in ranked:
        if score < lowest:
            lowest = round(score, 3)
        route = it.route
        attempts.append(Candidate(route.provider, route.model, route.why, lowest, it.region, facts))
    return attempts


def _last_resorts(panic: list[SetAside], *, up: bool) -> Iterator[Candidate]:
    for place, (_, it, reason) in enumerate(panic, start=1):
        why = f"{it.route.why}; last resort, {reason}" if up else f"{it.route.why}; {LAST_RESORT}"
        score = 0.0 if up else round(1 / place, 3)
        yield Candidate(it.route.provider, it.route.model, why, score, it.region, (("against it", reason),))


def _in_order(resolution: Resolution, excluded: Iterable[Excluded], aside: Iterable[SetAside]) -> Iterator[Excluded]:
    """Everybody that was left out, in the order of the resolution; then those that it has passed over itself."""
    reasons = {(it.provider, it.model): it for it in excluded}
    for _, it, reason in aside:
        reasons[it.key] = Excluded(it.route.provider, it.route.model, reason)
    for route in resolution.routes:
        if (left_out := reasons.get((route.provider, route.model))) is not None:
            yield left_out
    yield from resolution.left_out


def _replica(it: Scored) -> Replica:
    return Replica(it.candidate.route.provider, it.candidate.route.model, it.candidate.region)


def _state(it: Scored) -> ProviderLive:
    return it.candidate.live


def _recovers(it: Eligible) -> tuple[str, str]:
    return "recovers", f"takes {share(it.target.share)} of its traffic"
