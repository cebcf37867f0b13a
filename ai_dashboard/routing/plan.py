"""`plan()`: the ordered attempts for a request, and every candidate that was left out, each with its reason.

Resolving says who could answer, `eligibility` who may, a strategy who is best; whoever steps in follows in the order in
which the operator wrote them down. Of all that may answer at most half is set aside at one time, and never everybody: a
judgement that is behind the times must not turn into an outage (Envoy's `max_ejection_percent` and panic threshold).

It is done in two steps. `survey()` finds the field, which the next request of its kind mostly finds as well; `order()`
weighs it for this one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, make_dataclass
from typing import NamedTuple, TypeVar

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.plan import Candidate, Excluded, Plan, RouteFacts
from ai_dashboard.routing.affinity import conversation_of, kept_together
from ai_dashboard.routing.eligibility import Bar, SetAside, Sifted, is_full, sift
from ai_dashboard.routing.figures import share
from ai_dashboard.routing.live import Live
from ai_dashboard.routing.resolve import Resolution, Written, resolve
from ai_dashboard.routing.strategies import DIRECT, Strategy, strategy_named
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.turns import Turns
from ai_dashboard.routing.view import Chance, Eligible, Scored, View
from ai_dashboard.routing.warmth import warm_first

LAST_RESORT = "last resort, nothing else is up"
ALL_DOWN = "panic: nobody is up, so whoever may answer is tried all the same, the least bad first"
MOST_DOWN = "panic: more than half of the candidates are set aside, so the least bad of them stay in, behind the others"

ALL_FULL = "queue: all who may answer have no place left, so it waits for the first that is free"

MAX_WRITTEN = 64
"""Attempts of one resolution that are kept as they were written; scores and figures change, so there must be an end."""

T = TypeVar("T", Plan, Candidate)


def _thawed(frozen: type[T]) -> Callable[..., T]:
    """What becomes one of these as soon as its class is set. A frozen dataclass pays for each of its fields when it is
    made, more than it takes to judge a candidate; this one has the same layout, and does not."""
    name, slots = f"{frozen.__name__}InTheMaking", [(it.name, it.type) for it in fields(frozen)]
    return make_dataclass(name, slots, slots=True)


_plan, _candidate = _thawed(Plan), _thawed(Candidate)


class Decision(NamedTuple):
    """A plan. `lasting`: the next request of its kind gets the same one for as long as nothing happens, since it rests
    on no turn, no chance, and no figure that changes by itself."""

    plan: Plan
    lasting: bool


@dataclass(slots=True)
class Field:
    """Everybody who was considered for a request, before anybody is weighed. `chosen` are weighed by the strategy,
    `behind` and then `resorts` follow them whatever it says; `cold`: one of them has to load the model, `as_written`:
    they stand as the resolution has them, unless a conversation changes it. `lasting`: the next request of its kind
    finds the same field for as long as nothing happens."""

    resolution: Resolution
    strategy: Strategy
    found: Sifted
    chosen: list[Eligible]
    behind: list[Scored]
    resorts: tuple[Candidate, ...]
    excluded: tuple[Excluded, ...]
    notes: tuple[str, ...]
    full: tuple[tuple[str, str], ...]
    cold: bool
    as_written: bool
    lasting: bool

    @property
    def rests_on_nothing_else(self) -> bool:
        """Whether its order is always the same."""
        return self.lasting and self.strategy.name == DIRECT


def plan(
    facts: RouteFacts,
    table: Table,
    live: Live,
    *,
    now: float,
    turns: Turns,
    chance: Chance,
    bars: Sequence[Bar] = (),
) -> Plan:
    """Decide. `bars` are rules of other rooms.

    A plan may be without attempts when all were left out: `nobody()` says what to tell the caller. Raises
    `ModelNotFound` when nothing applies, `CallerError` for a strategy or a residency group that does not exist.
    """
    return decide(facts, table, live, now=now, turns=turns, chance=chance, bars=bars).plan


def decide(
    facts: RouteFacts,
    table: Table,
    live: Live,
    *,
    now: float,
    turns: Turns,
    chance: Chance,
    bars: Sequence[Bar] = (),
) -> Decision:
    """As `plan()`, and whether the plan lasts."""
    resolution = resolve(facts, table, live)
    view = view_for(facts, resolution, table, now=now, turns=turns, chance=chance)
    found = survey(facts, resolution, table, live, view, bars)
    lasting = found.rests_on_nothing_else and table.regions.faster_by_s is None
    return Decision(order(found, facts, table, live, view), lasting)


def view_for(
    facts: RouteFacts, resolution: Resolution, table: Table, *, now: float, turns: Turns, chance: Chance
) -> View:
    """What the decision rests on besides the candidates."""
    weights = {**dict(resolution.weights), **dict(facts.weights)} if resolution.weights or facts.weights else {}
    return View(resolution.pool, weights, turns, chance, now, table.regions.price_factor, resolution.finer)


def survey(
    facts: RouteFacts, resolution: Resolution, table: Table, live: Live, view: View, bars: Sequence[Bar]
) -> Field:
    """Who may answer, who follows them, and who is left out for which reason."""
    strategy = strategy_named(facts.strategy or resolution.strategy or DIRECT)
    if not (known := resolution.known):
        known.extend([table.known(it.provider, it.model) for it in resolution.routes])
    found = sift(resolution.routes, facts, table, live, view, bars, strategy.bars, known)
    chosen: list[Eligible] = []
    behind: list[Scored] = []
    steps_in: list[Eligible] = []
    cold = False
    for it in found.eligible:
        if it.route.steps_in:
            steps_in.append(it)
        else:
            chosen.append(it)
            cold = cold or it.target.warm is False
    if steps_in or found.recovering:
        behind = [*_stepping_in(steps_in, found.recovering, behind=len(chosen))]
    panic: list[SetAside] = []
    aside: list[SetAside] = []
    if found.aside:
        panic, aside = _half(found, up=len(chosen) + len(behind))
    full = () if chosen or behind or not panic else tuple([it.candidate.key for it in panic if is_full(it)])
    notes: tuple[str, ...] = ()
    if panic:
        notes = (MOST_DOWN if chosen or behind else ALL_FULL if full else ALL_DOWN,)
    return Field(
        resolution,
        strategy,
        found,
        chosen,
        behind,
        tuple(_last_resorts(panic, up=bool(chosen or behind))) if panic else (),
        tuple(_in_order(resolution, found.excluded, aside)) if found.excluded or aside else resolution.left_out,
        notes,
        full,
        cold,
        (
            strategy.name == DIRECT
            and len(found.eligible) == len(resolution.routes)
            and not cold
            and table.regions.plain
            and (facts.requirements is None or facts.requirements.region is None)
        ),
        not (found.passing or panic or facts.requirements),
    )


def order(field: Field, facts: RouteFacts, table: Table, live: Live, view: View) -> Plan:
    """The plan for one request: the strategy's order, what is loaded before what is not, and in front who has served
    the conversation before."""
    found, resolution, strategy, notes = field.found, field.resolution, field.strategy, field.notes
    conversation = conversation_of(facts) if len(field.chosen) > 1 else None
    if field.as_written and conversation is None and resolution.attempts:
        attempts = tuple(resolution.attempts)
    else:
        ranked = strategy.rank(field.chosen, facts, view) if field.chosen else []
        if field.cold:
            ranked, why = warm_first(ranked, one_model=strategy.order != "turn")
            notes = (*notes, why) if why is not None else notes
        if conversation is not None:
            ranked, why = kept_together(ranked, conversation, facts, by_merit=strategy.order == "merit")
            notes = (*notes, why) if why is not None else notes
        attempts = (*_attempts([*ranked, *field.behind], resolution.written), *field.resorts)
        if field.as_written and conversation is None:
            resolution.attempts.extend(attempts)
    made = _plan(
        facts.model,
        resolution.rule,
        attempts,
        field.excluded,
        strategy.name,
        notes,
        min(found.cooling) if found.cooling and not attempts else None,
        bool(found.unmet) and not attempts and not found.cooling,
        bool(found.unable) and found.unable == len(resolution.routes),
        field.full,
        _too_long(found, facts, resolution) if found.windows and not attempts else None,
    )
    made.__class__ = Plan
    return made if table.regions.plain else table.regions.placed(made, facts, live)


def _too_long(found: Sifted, facts: RouteFacts, resolution: Resolution) -> tuple[int, int] | None:
    """The tokens of a request and the largest window, where it fits none, and nobody else could answer it later."""
    if found.hopeless < len(resolution.routes):
        return None
    return facts.prompt_tokens + facts.max_tokens, max(found.windows)


def _stepping_in(steps_in: Iterable[Eligible], recovering: Iterable[Eligible], *, behind: int) -> Iterator[Scored]:
    """Those that were not chosen, as they were written down, then those whom this request is not to burden."""
    for place, it in enumerate(steps_in, start=behind + 1):
        yield Scored(it, 1 / place)
    for it in recovering:
        yield Scored(it, 0.0, (_recovers(it),))


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


def _attempts(ranked: Iterable[Scored], written: dict[Written, Candidate]) -> list[Candidate]:
    """As attempts, with scores that never rise: who stands behind another counts no more than that one."""
    attempts = []
    if len(written) > MAX_WRITTEN:
        written.clear()
    lowest = 1.0
    for ((provider, model, why, _, _), _, _, _, _, region), score, facts in ranked:
        if score < lowest:
            lowest = round(score, 3)
        key = provider, model, region, lowest, facts
        candidate = written.get(key)
        if candidate is None:
            candidate = written[key] = _candidate(provider, model, why, lowest, region, facts)
            candidate.__class__ = Candidate
        attempts.append(candidate)
    return attempts


def _last_resorts(panic: list[SetAside], *, up: bool) -> Iterator[Candidate]:
    for place, (_, it, reason, _) in enumerate(panic, start=1):
        why = f"{it.route.why}; last resort, {reason}" if up else f"{it.route.why}; {LAST_RESORT}"
        score = 0.0 if up else round(1 / place, 3)
        yield Candidate(it.route.provider, it.route.model, why, score, it.region, (("against it", reason),))


def _in_order(resolution: Resolution, excluded: Iterable[Excluded], aside: Iterable[SetAside]) -> Iterator[Excluded]:
    """Everybody that was left out, in the order of the resolution; then those that it has passed over itself."""
    reasons = {(it.provider, it.model): it for it in excluded}
    for _, it, reason, _ in aside:
        reasons[it.key] = Excluded(it.route.provider, it.route.model, reason)
    for route in resolution.routes:
        if (left_out := reasons.get((route.provider, route.model))) is not None:
            yield left_out
    yield from resolution.left_out


def _recovers(it: Eligible) -> tuple[str, str]:
    return "recovers", f"takes {share(it.target.share)} of its traffic"
