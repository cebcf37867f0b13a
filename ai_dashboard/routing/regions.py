"""Which data may go where, and in which order regions are tried.

A strict residency rule is kept by leaving out: an attempt goes only to a place of which it is known that the rule
allows it. What is not known counts as not allowed, and a request of a group that no rule is for is refused.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import CostOptimization, ResidencyRule
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import ResidencyRefused, UnknownResidency
from ai_dashboard.core.plan import Candidate, Excluded, Plan, RouteFacts
from ai_dashboard.routing.live import Live
from ai_dashboard.routing.places import Place, Standing, compile_standings

BARRED = "residency:"
"""How the reason of a candidate begins that a residency rule leaves out; the rule's name follows."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Residency:
    """A rule on where data may go. `compliant` are names as `provider` or `provider/model`, None when promises count
    instead; `audits` are in lower case."""

    name: str
    strict: bool
    regions: frozenset[str]
    compliant: frozenset[str] | None
    audits: frozenset[str]

    def allows(self, provider: Standing, model: str, place: Place) -> bool:
        """Whether data may go to this model at this place."""
        return (
            self._allows_region(place)
            and self.audits <= provider.audits
            and (
                provider.promises(place)
                if self.compliant is None
                else provider.name in self.compliant or f"{provider.name}/{model}" in self.compliant
            )
        )

    def objection(self, provider: Standing, places: Sequence[Place]) -> str:
        """Why it allows none of these places, in words."""
        if not any(self._allows_region(place) for place in places):
            found = sorted({region for place in places for region in place.within})
            where = f"answers in {' or '.join(found)}" if found else "where it answers is not known"
            return f"{where}, allowed: {', '.join(sorted(self.regions)) or 'nowhere'}"
        if missing := self.audits - provider.audits:
            return f"{provider.name} lacks {', '.join(sorted(missing))}"
        if self.compliant is None:
            return f"{provider.name} does not promise data residency"
        return f"{provider.name} is not a compliant provider"

    def _allows_region(self, place: Place) -> bool:
        return place.surely_in(self.regions) or not (self.regions or self.strict)


class _Attempt(NamedTuple):
    """An attempt on its way into a plan. `shunned`: a rule that is not strict would rather have any other."""

    candidate: Candidate
    shunned: bool


@dataclass(frozen=True, slots=True)
class Regions:
    """All of it, compiled. `rules` are by every name of their group; `max_hops` and `faster_by_s` are None where
    regions may change freely and where measured times do not count. `plain`: nothing here could change a plan."""

    providers: Mapping[str, Standing]
    rules: Mapping[str, Residency]
    tenants: Mapping[str, tuple[Residency, ...]]
    default: Residency | None
    sequences: Mapping[str, tuple[str, ...]]
    max_hops: int | None
    faster_by_s: float | None
    price_factors: Mapping[str, float]
    plain: bool

    # ── residency ────────────────────────────────────────────────────────────────────────────────────────────────

    def rules_for(self, facts: RouteFacts) -> tuple[Residency, ...]:
        """The rules that a request must keep: its tenant's and those of the groups that it names (several with commas
        between them), else the default. No group lifts a tenant's rule. Raises `UnknownResidency`."""
        found = self.tenants.get(facts.tenant, ())
        if facts.residency:
            named = (group for part in facts.residency.split(",") if (group := part.strip()))
            found = tuple(dict.fromkeys((*found, *map(self._rule, named))))
        if not found and self.default is not None:
            return (self.default,)
        return found

    def _rule(self, group: str) -> Residency:
        if (rule := self.rules.get(group)) is not None:
            return rule
        known = ", ".join(self.rules) or "none, multi-region.yaml has no rules"
        raise UnknownResidency(f"there is no residency group {group!r}", hint=f"the groups are: {known}")

    def allowed(self, rules: Sequence[Residency], provider: str, model: str) -> tuple[Place, ...]:
        """The places that every strict rule allows, those first that the others prefer."""
        standing = self._standing(provider)
        places = standing.places_of(model)
        for rule in rules:
            if rule.strict:
                places = tuple([place for place in places if rule.allows(standing, model, place)])
        if len(places) > 1 and rules:
            lenient = [rule for rule in rules if not rule.strict]
            places = tuple(sorted(places, key=lambda place: self._shuns(lenient, provider, model, place)))
        return places

    def _shuns(self, lenient: Iterable[Residency], provider: str, model: str, place: Place) -> bool:
        """Whether one of these rules, which are not strict, would rather not have this place."""
        standing = self._standing(provider)
        return not all(rule.allows(standing, model, place) for rule in lenient)

    def objection(self, rules: Sequence[Residency], provider: str, model: str) -> str | None:
        """Why these rules leave out a model of a provider (`residency:eu_users (answers in us-east, …)`), or None."""
        standing = self._standing(provider)
        places = standing.places_of(model)
        for rule in rules:
            if rule.strict:
                kept = tuple(place for place in places if rule.allows(standing, model, place))
                if not kept:
                    return f"{BARRED}{rule.name} ({rule.objection(standing, places)})"
                places = kept
        return None

    def residency_reason(self, facts: RouteFacts, provider: str, model: str) -> str | None:
        """Why no byte of this request may go to a model of a provider, or None. Raises `UnknownResidency`."""
        return self.objection(self.rules_for(facts), provider, model)

    def _standing(self, provider: str) -> Standing:
        return self.providers.get(provider) or Standing(provider)

    # ── the plan ─────────────────────────────────────────────────────────────────────────────────────────────────

    def placed(self, made: Plan, facts: RouteFacts, live: Live) -> Plan:
        """A plan with its attempts at places that all rules allow, in the order of their regions. It is the last word
        on every attempt, however that came into the plan. Raises `UnknownResidency`."""
        rules = self.rules_for(facts)
        if self.plain:
            return made
        excluded: list[Excluded] = []
        attempts: list[_Attempt] = []
        lenient = [rule for rule in rules if not rule.strict]
        for candidate in made.attempts:
            provider, model = candidate.provider, candidate.model
            places = self._wanted(self.allowed(rules, provider, model), facts)
            if not places:
                reason = self.objection(rules, provider, model) or "region: it cannot be asked there"
                excluded.append(Excluded(provider, model, reason))
            for place in places:
                shunned = bool(lenient) and self._shuns(lenient, provider, model, place)
                attempts.append(_Attempt(_at(candidate, place), shunned))
        if lenient:
            attempts.sort(key=_is_shunned)
        if self._orders():
            attempts, far = self.ordered(attempts, _region, _latencies(attempts, live))
            attempts.sort(key=_is_shunned)  # what a rule would rather not have stays behind, whatever its region
            excluded += [Excluded(it.candidate.provider, it.candidate.model, reason) for it, reason in far]
        placed = _falling(attempts)
        if placed == made.attempts and not excluded:
            return made
        return replace(made, attempts=placed, excluded=(*made.excluded, *excluded))

    def _orders(self) -> bool:
        return bool(self.sequences) or self.max_hops is not None or self.faster_by_s is not None

    def _wanted(self, places: Sequence[Place], facts: RouteFacts) -> Sequence[Place]:
        """Where a provider is tried, of all places that are allowed: one, unless attempts move between regions."""
        if facts.requirements is not None and (region := facts.requirements.region) is not None:
            places = [place for place in places if place.surely_in(frozenset((region,)))]
        return places if self.sequences else places[:1]

    def base_url(self, provider: str, region: str) -> str | None:
        """The address of a provider in a region, None when that is its own."""
        return next((place.base_url for place in self._standing(provider).places if place.region == region), None)

    def price_factor(self, region: str) -> float:
        """What a price is multiplied by in a region."""
        return self.price_factors.get(region, 1.0)

    def ordered(
        self, items: Sequence[T], region_of: Callable[[T], str], latency_s: Mapping[str, float]
    ) -> tuple[list[T], list[tuple[T, str]]]:
        """Candidates, best first, put into the order of their regions; and those that are too many hops away, each with
        the reason. The region of the best one goes first, or one that was measured to be clearly faster."""
        first = self._first([region_of(item) for item in items], latency_s)
        if first in self.sequences or self.faster_by_s is not None:
            order = [first, *self.sequences.get(first, ())]
            if self.faster_by_s is not None:
                order += sorted(latency_s, key=latency_s.__getitem__)
            rank = {region: place for place, region in reversed([*enumerate(order)])}
            items = sorted(items, key=lambda item: rank.get(region_of(item), len(order)))
        if self.max_hops is None:
            return [*items], []
        hops = {region: hop for hop, region in enumerate(dict.fromkeys(map(region_of, items)))}
        near = [item for item in items if hops[region_of(item)] <= self.max_hops]
        far = [item for item in items if hops[region_of(item)] > self.max_hops]
        return near, [(item, self._too_far(region_of(item), hops[region_of(item)])) for item in far]

    def _too_far(self, region: str, hop: int) -> str:
        return f"{region or 'an unknown region'} would be hop {hop}, max_failover_hops is {self.max_hops}"

    def _first(self, regions: Sequence[str], latency_s: Mapping[str, float]) -> str:
        best = regions[0] if regions else ""
        measured = [region for region in regions if region in latency_s]
        if self.faster_by_s is None or best not in latency_s:
            return best  # what was never measured has to be tried to be
        fastest = min(measured, key=latency_s.__getitem__)
        return fastest if latency_s[fastest] + self.faster_by_s < latency_s[best] else best


def latencies(measured: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    """What each region offers: the best time among its candidates, given as pairs of region and seconds."""
    best: dict[str, float] = {}
    for region, seconds in measured:
        if seconds is not None and region:
            best[region] = min(seconds, best.get(region, seconds))
    return best


def _at(candidate: Candidate, place: Place) -> Candidate:
    return candidate if candidate.region == place.region else replace(candidate, region=place.region)


def _region(attempt: _Attempt) -> str:
    return attempt.candidate.region


def _is_shunned(attempt: _Attempt) -> bool:
    return attempt.shunned


def _latencies(attempts: Iterable[_Attempt], live: Live) -> dict[str, float]:
    return latencies(
        (it.region, live[it.provider].target(it.model).ewma_ttft_s) for it, _ in attempts if it.provider in live
    )


def _falling(attempts: Iterable[_Attempt]) -> tuple[Candidate, ...]:
    """The attempts with scores that never rise: who was put behind another counts no more than that one."""
    kept: list[Candidate] = []
    for candidate, _ in attempts:
        lowest = kept[-1].score if kept else candidate.score
        kept.append(candidate if candidate.score <= lowest else replace(candidate, score=lowest))
    return tuple(kept)


def left_nobody(plan: Plan) -> bool:
    """Whether a plan is without attempts because of residency rules."""
    return not plan.attempts and any(item.reason.startswith(BARRED) for item in plan.excluded)


def refusal(plan: Plan) -> ResidencyRefused:
    """What the caller is told when a residency rule leaves nobody."""
    reasons = (item.reason for item in plan.excluded if item.reason.startswith(BARRED))
    rules = ", ".join(dict.fromkeys(reason.removeprefix(BARRED).partition(" (")[0] for reason in reasons))
    return ResidencyRefused(
        f"the residency rule {rules} leaves nobody who may answer for {plan.asked!r}; nothing was sent",
        hint=f"`ai-dashboard route {plan.asked}` explains",
    )


# ── compiling ────────────────────────────────────────────────────────────────────────────────────────────────────────


def compile_regions(config: Config) -> Regions:
    """The regions of a configuration that loaded without errors."""
    settings = config.regions
    residency = settings.data_residency
    rules: dict[str, Residency] = {}
    tenants: dict[str, tuple[Residency, ...]] = {}
    for name, written in residency.rules.items() if residency.enabled else ():
        rule = _rule(name, written)
        rules.update(dict.fromkeys((name, *written.groups), rule))
        for tenant in written.tenants:
            tenants[tenant] = (*tenants.get(tenant, ()), rule)
    failover, latency = settings.regional_failover, settings.latency_routing
    standings = compile_standings(config.providers, settings)
    sequences = dict(failover.sequences) if failover.enabled else {}
    max_hops = failover.max_failover_hops if failover.enabled else None
    endpoints = any(place.base_url for standing in standings.values() for place in standing.places)
    return Regions(
        providers=standings,
        rules=MappingProxyType(rules),
        tenants=MappingProxyType(tenants),
        default=rules.get(residency.default or ""),
        sequences=MappingProxyType(sequences),
        max_hops=max_hops,
        faster_by_s=latency.threshold_ms / 1000 if latency.enabled else None,
        price_factors=MappingProxyType(_price_factors(settings.cost_optimization)),
        plain=not (rules or endpoints or sequences or latency.enabled or max_hops is not None),
    )


def _rule(name: str, written: ResidencyRule) -> Residency:
    compliant = written.compliant_providers
    return Residency(
        name,
        written.strict,
        frozenset(written.regions),
        None if compliant is None else frozenset(compliant),
        frozenset(audit.lower() for audit in written.required_compliance),
    )


def _price_factors(costs: CostOptimization) -> dict[str, float]:
    return dict(costs.price_multipliers) if costs.enabled else {}
