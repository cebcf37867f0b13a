"""Who may answer, before anybody is weighed. Every candidate that may not has its reason: a word, then what it means.

Three kinds of reasons:

- what rules it out for this request (`disabled`, `residency:eu_users`, `context 9000 > 8192`, `no_vision`, a limit of
  the caller's own): nothing overrides it;
- a `cooldown` that the provider itself has asked for: nothing overrides it either, but it ends;
- what speaks against it now (`auth_failed`, `unavailable`, `breaker_open`, `rate_limit`, `swap`): it is set aside while
  others can answer.

Who recovers takes part in a growing share of requests, and stands behind the others in the rest.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ai_dashboard.core.plan import Excluded, Requirements, RouteFacts
from ai_dashboard.core.snapshot import BreakerState, Health
from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.routing.live import KnownProvider, Live, ProviderLive, TargetLive
from ai_dashboard.routing.places import Place
from ai_dashboard.routing.requirements import broken_by
from ai_dashboard.routing.resolve import Route
from ai_dashboard.routing.table import Known, ModelEntry, ProviderEntry, Table
from ai_dashboard.routing.view import Eligible, View, eligible

Bar = Callable[[RouteFacts, str, str], str | None]
"""A rule of another room (a tenant's limits, a budget): why a model of a provider may not answer this request."""

UNSEEN = KnownProvider(health=Health.CHECKING)
"""A provider of which nothing is known yet."""

ENFORCES_JSON = frozenset({"ollama", "vllm", "llama_cpp", "anthropic", "google"})
"""Kinds that hold every model to a JSON schema themselves, whatever its `supports` lists."""

BUSY, OPEN, DOWN, REFUSED = range(4)
"""How bad it is what speaks against a candidate: the least bad is asked first when somebody must be."""

_EMBEDDINGS = frozenset({"embeddings"})
_ACTIVE, _CLOSED = Health.ACTIVE, BreakerState.CLOSED
_WELL = frozenset({Health.ACTIVE, Health.CHECKING, Health.DEGRADED})


class SetAside(NamedTuple):
    """A candidate that others are preferred to for now, how bad it is, and why. `held` by others that its server has
    in memory."""

    badness: tuple[int, float]
    candidate: Eligible
    reason: str
    held: bool = False


class Sifted:  # not a dataclass, whose factories cost as much as judging a candidate
    """Everybody, sorted out. `recovering` may answer too, behind `eligible`. `unable` counts the candidates that lack
    a feature, `unmet` those that only a requirement rules out, `hopeless` those that may not answer this request
    whenever it is sent; `windows` holds those that are too small for it, `cooling` the seconds left of those that have
    to be left alone. `passing`: somebody's place will change by itself, or is drawn."""

    __slots__ = (
        "aside",
        "cooling",
        "eligible",
        "excluded",
        "hopeless",
        "passing",
        "recovering",
        "unable",
        "unmet",
        "windows",
    )

    def __init__(self) -> None:
        self.eligible: list[Eligible] = []
        self.recovering: list[Eligible] = []
        self.aside: list[SetAside] = []
        self.excluded: list[Excluded] = []
        self.cooling: list[float] = []
        self.windows: list[int] = []
        self.hopeless = 0
        self.unmet = 0
        self.unable = 0
        self.passing = False


def sift(
    routes: Sequence[Route],
    facts: RouteFacts,
    table: Table,
    live: Live,
    view: View,
    bars: Sequence[Bar],
    strategy_bars: Callable[[Eligible], str | None] | None,
    known: Sequence[Known] | None = None,
) -> Sifted:
    """Sort out the candidates of a resolution; `known` is what the table knows of each of its routes. Raises
    `UnknownResidency`."""
    found = Sifted()
    regions, wanted = table.regions, facts.requirements
    rules = () if regions.plain and facts.residency is None else regions.rules_for(facts)
    needed = facts.prompt_tokens + facts.max_tokens
    is_usual = not (rules or bars or facts.needs) and strategy_bars is None and facts.only is None
    if known is None:
        known = [table.known(it.provider, it.model) for it in routes]
    for route, (entry, listed, own_places) in zip(routes, known, strict=True):
        provider, model, _, _, _ = route
        if entry is None:
            found.excluded.append(Excluded(provider, model, "no such provider"))
            found.hopeless += 1
            continue
        state = live.get(provider, UNSEEN)
        target = state.target(model)
        places = regions.allowed(rules, provider, model) if rules else own_places
        region = places[0].region if places else ""
        candidate = eligible((route, entry, listed, state, target, region))
        # Nearly everybody, nearly always: what follows would find nothing.
        if (
            is_usual
            and state.health is _ACTIVE
            and target.breaker is _CLOSED
            and entry.barred is None
            and places
            and (listed is None or (listed.holds(needed) and listed.supports != _EMBEDDINGS))
            and not state.draining
            and state.max_loaded is None
            and spent_by(state) is None
            and state.cooldown_s <= 0
            and (wanted is None or (wanted.region is None and broken_by(candidate, wanted, facts, view) is None))
        ):
            found.eligible.append(candidate)
            continue
        reason = _ruled_out(candidate, facts, bars)
        if reason is None and not places:
            reason = regions.objection(rules, provider, model)
        if reason is None and strategy_bars is not None:
            reason = strategy_bars(candidate)
        if reason is None and wanted is not None:
            candidate = _where_wanted(candidate, places, wanted)
            reason = broken_by(candidate, wanted, facts, view)
            found.unmet += reason is not None
        if reason is None and state.cooldown_s > 0:
            reason = f"cooldown: it asked to be left alone for another {_wait(state.cooldown_s)}"
            found.cooling.append(state.cooldown_s)
            found.passing = True
        if reason is not None:
            found.excluded.append(Excluded(provider, model, reason))
            _count_out(candidate, facts, found)
        else:
            _put(candidate, view, found)
    return found


def _count_out(candidate: Eligible, facts: RouteFacts, found: Sifted) -> None:
    """Count a candidate that was ruled out, whatever for, by what would rule it out at any time."""
    entry, model = candidate.entry, candidate.model
    unable = bool(facts.needs) and _lacks(entry, model, facts.needs) is not None
    too_small = model is not None and not model.holds(facts.prompt_tokens + facts.max_tokens)
    if too_small and model is not None and model.context_length is not None:
        found.windows.append(model.context_length)
    found.unable += unable
    unwanted = facts.only is not None and entry.name not in facts.only
    found.hopeless += unable or too_small or unwanted or entry.barred is not None


def _put(candidate: Eligible, view: View, found: Sifted) -> None:
    """Put a candidate that nothing rules out where it belongs."""
    target, state = candidate.target, candidate.live
    held: str | None = None
    if state.max_loaded is not None:
        held = state.held_back(candidate.route.model)
        found.passing = True
    if held is None and target.breaker is BreakerState.CLOSED and state.health in _WELL and spent_by(state) is None:
        found.eligible.append(candidate)
        return
    found.passing |= target.breaker is not BreakerState.CLOSED
    if (against := _against(state, target)) is not None:
        badness, reason = against
        found.aside.append(SetAside(badness, candidate, reason))
        found.passing |= badness[0] < DOWN
    elif held is not None:
        found.aside.append(SetAside((BUSY, state.error_ratio), candidate, f"swap: {held}", held=True))
    elif target.share < 1 and view.chance.random() >= target.share:
        found.recovering.append(candidate)
    else:
        found.eligible.append(candidate)


def _where_wanted(candidate: Eligible, places: Sequence[Place], wanted: Requirements) -> Eligible:
    """The candidate in the region that the caller requires, where it can be asked there."""
    if wanted.region is not None and any(place.surely_in(frozenset((wanted.region,))) for place in places):
        return candidate._replace(region=wanted.region)
    return candidate


def _ruled_out(candidate: Eligible, facts: RouteFacts, bars: Sequence[Bar]) -> str | None:
    """Why this candidate may not answer this request, however it is."""
    route, entry, model, state, _, _ = candidate
    if entry.barred is not None:
        return entry.barred
    if state.health is Health.DISABLED:
        return "disabled_by_operator"
    if state.draining:
        return "draining: it takes no new requests"
    if facts.only is not None and route.provider not in facts.only:
        return f"not_asked_for: the caller wants {' or '.join(facts.only) or 'nobody'}"
    for bar in bars:
        if (reason := bar(facts, route.provider, route.model)) is not None:
            return reason
    if model is not None and not model.holds(needed := facts.prompt_tokens + facts.max_tokens):
        return f"context {needed} > {model.context_length}"
    return _lacks(entry, model, facts.needs)


def _lacks(entry: ProviderEntry, model: ModelEntry | None, needs: frozenset[str]) -> str | None:
    """The feature that is missing. A model of which no features are listed may have them all."""
    if needs and "embeddings" in needs and KINDS[entry.kind].embed is None:
        return f"no_embeddings: {entry.kind} has none"
    if model is None or not model.supports:
        return None
    supports = model.supports
    if supports == _EMBEDDINGS and "embeddings" not in needs:
        return "no_chat: it makes embeddings and nothing else"
    for need in sorted(needs - supports):
        if need != "json" or entry.kind not in ENFORCES_JSON:
            return f"no_{need}: its `supports` lists {', '.join(sorted(supports))}"
    return None


def _against(state: ProviderLive, target: TargetLive) -> tuple[tuple[int, float], str] | None:
    """What speaks against asking it now: how bad that is, and in words."""
    if state.health is Health.AUTH_FAILED:
        return (REFUSED, state.error_ratio), _with_reason(state)
    if state.health is Health.UNAVAILABLE:
        return (DOWN, state.error_ratio), _with_reason(state)
    if target.breaker is BreakerState.OPEN:
        wait = f", tried again in {_wait(target.retry_in_s)}" if target.retry_in_s > 0 else ""
        return (OPEN, target.retry_in_s), f"breaker_open: it failed too often{wait}"
    if (spent := spent_by(state)) is not None:
        return (BUSY, state.error_ratio), f"rate_limit: {spent}"
    return None


def is_full(aside: SetAside) -> bool:
    """Whether all that speaks against it is that it has no place left, or none for this model."""
    state = aside.candidate.live
    if aside.badness[0] != BUSY:
        return False
    return aside.held or (state.capacity is not None and state.in_flight >= state.capacity)


def spent_by(state: ProviderLive) -> str | None:
    """What a provider has used up of what it lets through, if anything: its places, or its rate limit."""
    capacity = state.capacity
    if capacity is not None and state.in_flight >= capacity:
        return f"{state.in_flight} of {capacity} requests are in flight"
    return "nothing is left for now" if state.headroom == 0 else None


def _with_reason(state: ProviderLive) -> str:
    return f"{state.health}: {state.reason}" if state.reason else str(state.health)


def _wait(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 1 else "moment"
