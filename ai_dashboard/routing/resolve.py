"""From the name that was asked for to the candidates that could answer, before anybody asks how they are.

The first rule that applies wins:

0. `provider/model`
1. an exact match
2. a pattern
3. a capability: the one that was asked for, one of the model's name, or the one of the task
4. a shared load of that name
5. whoever lists the model; then a rule with a condition, a rule by size, the default provider

A capability that is asked for has to exist, whichever rule applies; the name of a task stands for the one it leads to.
A rule with a condition wins over 3 to 5 when its provider serves what they found. What 1 to 3 found is spread further
where its name has a shared load. What a rule names is followed by its fallback provider and by the model's fallback
chain.
"""

import difflib
import math
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import NamedTuple

from ai_dashboard.config.schema import parameters_in
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import ModelNotFound, UnknownCapability
from ai_dashboard.core.plan import Candidate, Excluded, RouteFacts
from ai_dashboard.routing.conditions import SATURATION, Condition, Scene
from ai_dashboard.routing.finer import USUAL, Finer
from ai_dashboard.routing.listing import as_listed, listed, model_at, providers_of, same_at
from ai_dashboard.routing.live import Live
from ai_dashboard.routing.table import Balance, Capability, Choice, Known, Link, Rule, Table
from ai_dashboard.routing.tasks import task_key

Written = tuple[str, str, str, float, tuple[tuple[str, str], ...]]
"""What an attempt says, except for why it is there."""


class Question(NamedTuple):
    """A condition, and the share of its capacity from which a server counts as full in it."""

    condition: Condition
    saturation: float

    def answer(self, facts: RouteFacts, table: Table, live: Live) -> bool:
        """Whether it holds for a request now."""
        return self.condition.holds(Scene(facts, live, table.own, self.saturation, table.choice.finer.steps))


class Route(NamedTuple):  # a dataclass costs twice as much, and every request has several
    """A possible attempt, and in words what put it here. `weight` is its share among those that were chosen, relative
    to theirs; `steps_in`: it was not chosen, it is there for when those fail."""

    provider: str
    model: str
    why: str
    weight: float = 1.0
    steps_in: bool = False


@dataclass(frozen=True, slots=True)
class Resolution:
    """`rule` is the dotted place of the rule that applied; `routes` in the order in which they should be tried, those
    that step in last. `strategy` and its `weights` are what the configuration wants for them, `pool` names those that
    share their turns. `left_out` are those that a rule names and passes over. `asked` are the conditions that were
    asked, in order, each with what it came to: with other answers the same name may lead elsewhere. `room` is the
    smallest window among all that were found, infinite where none is known. `written` keeps attempts as they were
    written down, `known` what the table knows of each route and `attempts` those of all routes in their order, both
    once somebody has looked."""

    rule: str
    routes: tuple[Route, ...]
    strategy: str | None = None
    weights: tuple[tuple[str, float], ...] = ()
    pool: str = ""
    left_out: tuple[Excluded, ...] = ()
    finer: Finer = USUAL
    asked: tuple[tuple[Question, bool], ...] = ()
    room: float = math.inf
    written: dict[Written, Candidate] = field(default_factory=dict, repr=False, compare=False)
    known: list[Known] = field(default_factory=list, repr=False, compare=False)
    attempts: list[Candidate] = field(default_factory=list, repr=False, compare=False)

    @property
    def varies(self) -> bool:
        """Whether the same name may lead elsewhere next time."""
        return bool(self.asked)


def resolve(facts: RouteFacts, table: Table, live: Live) -> Resolution:
    """Every candidate in order, without repeats. Raises `ModelNotFound` with the nearest names when no rule applies,
    `UnknownCapability` with those of capabilities."""
    return _Resolving(facts, table, live).resolution()


def known_models(table: Table, live: Live) -> dict[str, tuple[str, ...]]:
    """Every name that can be asked for, with the providers that would be tried for it: models, then aliases. What only
    a provider lists that may not be used is not among them."""
    usable = [name for name, provider in table.providers.items() if provider.barred is None]
    known: dict[str, tuple[str, ...]] = {}
    for name in usable:
        for model in listed(name, table, live):
            known[model] = (*known.get(model, ()), name)
    for model, rule in table.exact.items():
        known.setdefault(model, (rule.provider,))
    for name in table.capabilities:
        known.setdefault(name, ())
    for name, balance in table.balancing.items():
        known.setdefault(name, tuple(dict.fromkeys(share.provider for share in balance.shares)))
    return known


@dataclass(slots=True)
class _Found:
    """What a rule leads to. `choice` is None where nothing is said about choosing; `model` is the name whose chain
    steps in, where it is not that of the first route."""

    rule: str
    routes: list[Route]
    pool: str
    fallback: str | None = None
    choice: Choice | None = None
    model: str | None = None


@dataclass(slots=True)
class _Resolving:
    """One resolution as it comes about."""

    facts: RouteFacts
    table: Table
    live: Live
    left_out: list[Excluded] = field(default_factory=list)
    asked: list[tuple[Question, bool]] = field(default_factory=list)

    def resolution(self) -> Resolution:
        asked = self.facts.model
        self._check_capability()
        found = self._found()
        choice = found.choice or self.table.choice
        routes: dict[tuple[str, str], Route] = {}
        for route in found.routes:
            routes.setdefault((route.provider, route.model), route)
        backend = found.model or (found.routes[0].model if found.routes else asked)
        for route in self._fallbacks(backend, found):
            routes.setdefault((route.provider, route.model), route)
        return Resolution(
            found.rule,
            tuple(routes.values()),
            choice.strategy,
            choice.weights,
            found.pool,
            tuple(dict.fromkeys(it for it in self.left_out if (it.provider, it.model) not in routes)),
            choice.finer,
            tuple(self.asked),
            self._room([*routes, *((it.provider, it.model) for it in self.left_out)]),
        )

    def _room(self, named: Iterable[tuple[str, str]]) -> float:
        models = (self.table.known(provider, model).model for provider, model in named)
        windows = (it.context_length for it in models if it is not None)
        return min((window for window in windows if window is not None), default=math.inf)

    def _check_capability(self) -> None:
        named, table = self.facts.capability, self.table
        if named is None or named in table.capabilities or task_key(named) in table.tasks:
            return
        known = list(table.capabilities)
        near = difflib.get_close_matches(named, known, n=3, cutoff=0.3) or known[:3]
        hint = f"did you mean {', '.join(near)}?" if near else "the configuration has none"
        raise UnknownCapability(f"there is no capability {named[:64]!r}", hint=hint)

    def _found(self) -> _Found:
        """The rule that applies, and what it names."""
        asked, table = self.facts.model, self.table
        head, slash, rest = asked.partition("/")
        if slash and rest and head in table.providers:
            rule = f"providers.{head}"
            return _Found(rule, [self._route(head, rest, "named by the caller")], rule)
        if (exact := table.exact.get(asked)) is not None:
            return self._by_name(exact, "exact match")
        if (pattern := table.pattern_for(asked)) is not None:
            return self._by_name(pattern, "pattern")
        capability = self._by_capability()
        found = capability or self._by_balance() or self._by_listing()
        if table.conditional and (better := self._by_condition(found)) is not None:
            return better
        if found is not None and (capability is not None or self._may_be_asked(found)):
            return found
        if asked not in table.balancing:
            last = self._by_any_condition() or self._by_size() or self._by_default()
            if last is not None:
                return last
        if found is not None:
            return found  # nobody may answer, and the plan says why
        raise ModelNotFound(
            f"no rule and no provider knows the model {asked!r}", hint=_nearest(asked, table, self.live)
        )

    # ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _by_name(self, rule: Rule, why: str) -> _Found:
        asked = self.facts.model
        model = rule.model or asked
        pool = rule.name if rule.pattern is None else f"{rule.name} {asked}"
        found = _Found(rule.name, [self._route(rule.provider, model, why)], pool, rule.fallback)
        return self._balanced(found, (asked, model), (model, asked))

    def _by_capability(self) -> _Found | None:
        facts, table = self.facts, self.table
        if not table.capabilities:
            return None
        named = facts.capability
        if named is not None and named not in table.capabilities:
            named = table.tasks.get(task_key(named))
        task = table.tasks.get(task_key(facts.task)) if facts.task is not None else None
        for name in (named, facts.model, task):
            if name is not None and (capability := table.capabilities.get(name)) is not None:
                break
        else:
            return None
        rule = f"capabilities.{name}"
        found = _Found(rule, [*self._preferred(capability)], rule, choice=capability.choice)
        chosen = tuple(dict.fromkeys(route.model for route in found.routes if not route.steps_in))
        if capability.choice is None:
            return self._balanced(found, (name, *chosen[:1]), chosen or (name,))
        found.routes = [*self._spread(found.routes)]
        return found

    def _by_balance(self) -> _Found | None:
        """A shared load of the very name that was asked for, unless nobody takes part who may."""
        asked = self.facts.model
        if (balance := self.table.balancing.get(asked)) is None:
            return None
        found = _Found(balance.name, [*self._shares(balance, (asked,))], balance.name, choice=balance.choice)
        if self._may_be_asked(found) or (listing := self._by_listing()) is None or not self._may_be_asked(listing):
            return found
        return listing

    def _by_listing(self) -> _Found | None:
        asked, table, live = self.facts.model, self.table, self.live
        routes = [
            self._route(name, as_listed(asked, name, table, live), "lists the model")
            for name in providers_of(asked, table, live)
        ]
        return _Found("listing", routes, f"listing {asked}") if routes else None

    def _by_condition(self, found: _Found | None) -> _Found | None:
        """The first rule with a condition that holds and a provider that serves the model: one of those that were
        found, or one that lists the model."""
        asked, table, live = self.facts.model, self.table, self.live
        for rule in table.conditional:
            if table.providers[rule.provider].barred is not None:
                continue
            routes = [it for it in found.routes if it.provider == rule.provider] if found is not None else []
            if rule.model is not None:
                known = listed(rule.provider, table, live)
                routes = [self._route(rule.provider, rule.model, "")] if not known or rule.model in known else []
            elif not routes and (model := same_at(rule.provider, (asked,), table, live)) is not None:
                routes = [self._route(rule.provider, model, "")]
            if routes and self._holds(rule.condition):
                why = f"condition: {rule.condition.text}"
                routes = [route._replace(why=why, steps_in=False) for route in routes]
                return _Found(rule.name, routes, f"{rule.name} {asked}", rule.fallback)
        return None

    def _by_any_condition(self) -> _Found | None:
        """The first rule with a condition that holds, for a model that nobody lists."""
        asked = self.facts.model
        for rule in self.table.conditional:
            if self.table.providers[rule.provider].barred is None and self._holds(rule.condition):
                route = self._route(rule.provider, rule.model or asked, f"condition: {rule.condition.text}")
                return _Found(rule.name, [route], rule.name, rule.fallback)
        return None

    def _by_size(self) -> _Found | None:
        if not self.table.sizes or (size := parameters_in(self.facts.model)) is None:
            return None
        for rule in self.table.sizes:
            if size in rule.sizes and self.table.providers[rule.provider].barred is None:
                route = self._route(rule.provider, self.facts.model, f"size {size / 1e9:g}B")
                return _Found(rule.name, [route], rule.name, rule.fallback)
        return None

    def _by_default(self) -> _Found | None:
        if (provider := self.table.default_provider) is None:
            return None
        rule = "routing_rules.default_provider"
        return _Found(rule, [self._route(provider, self.facts.model, "default provider")], rule)

    # ── shared loads ─────────────────────────────────────────────────────────────────────────────────────────────

    def _balanced(self, found: _Found, names: Iterable[str], wanted: tuple[str, ...]) -> _Found:
        """What was found, spread over those that share the load of the first of `names` that has some. Who was found
        and has no share steps in."""
        balance = next((it for name in names if (it := self.table.balancing.get(name)) is not None), None)
        if balance is None:
            return found
        shares = [*self._shares(balance, wanted)]
        if shares:
            found.model = found.routes[0].model if found.routes else None
            found.routes = shares + [route._replace(steps_in=True) for route in found.routes]
            found.pool, found.choice = balance.name, balance.choice
        return found

    def _spread(self, routes: list[Route]) -> Iterator[Route]:
        """Routes with those that share the load of a model in its place."""
        done: set[str] = set()
        for route in routes:
            balance = self.table.balancing.get(route.model)
            if balance is None or route.steps_in:
                yield route
            elif route.model not in done:
                done.add(route.model)
                yield from [*self._shares(balance, (route.model,))] or [route]

    def _shares(self, balance: Balance, wanted: tuple[str, ...]) -> Iterator[Route]:
        """Everybody that takes part now. A model that anybody lists is never exchanged for another; only a name that is
        nobody's model means whatever a provider has."""
        table, live = self.table, self.live
        is_model: bool | None = None
        for share in balance.shares:
            if share.model is not None:
                model = as_listed(share.model, share.provider, table, live)
            elif (same := same_at(share.provider, wanted, table, live)) is not None:
                model = same
            else:
                if is_model is None:
                    is_model = any(providers_of(name, table, live) for name in wanted)
                model = wanted[0] if is_model else next(iter(listed(share.provider, table, live)), wanted[0])
            if share.condition is None or self._holds(share.condition, balance.saturation):
                yield Route(share.provider, model, balance.name, share.weight)
            else:
                reason = f"condition: {share.condition.text} does not hold"
                self.left_out.append(Excluded(share.provider, model, reason))

    def _holds(self, condition: Condition, saturation: float = SATURATION) -> bool:
        question = Question(condition, saturation)
        holds = question.answer(self.facts, self.table, self.live)
        self.asked.append((question, holds))
        return holds

    # ── who steps in ─────────────────────────────────────────────────────────────────────────────────────────────

    def _fallbacks(self, backend: str, found: _Found) -> Iterator[Route]:
        """The rule's own fallback provider, then the chain of the model (or the default chain)."""
        asked, table, live = self.facts.model, self.table, self.live
        if found.fallback is not None and found.fallback in table.providers:
            model = model_at(found.fallback, (backend, asked), table, live)
            yield self._route(found.fallback, model, f"fallback of {found.rule}", True)
        for name in (asked, backend, "default"):
            if (chain := table.chains.get(name)) is not None:
                why = f"fallback_chains.{name}"
                for link in chain:
                    yield from self._follow(link, (backend, asked), why, steps_in=True)
                return

    def _follow(self, link: Link, wanted: tuple[str, ...], why: str, *, steps_in: bool) -> Iterator[Route]:
        """Where a link leads: to the provider that it names, to an exact rule's, to all that list the model, or else as
        far as a pattern leads. Links of chains (`steps_in`) also lead to capabilities and shared loads, those of
        capabilities do not: they could lead on to each other for ever."""
        table, live, model = self.table, self.live, link.model
        if link.provider is not None:
            yield self._route(link.provider, model or model_at(link.provider, wanted, table, live), why, steps_in)
        elif model is None:
            return
        elif (rule := table.exact.get(model)) is not None:
            yield self._route(rule.provider, rule.model or model, why, steps_in)
        elif names := providers_of(model, table, live):
            for name in names:
                yield self._route(name, as_listed(model, name, table, live), why, steps_in)
        elif (rule := table.pattern_for(model)) is not None:
            yield self._route(rule.provider, rule.model or model, why, steps_in)
        elif steps_in:
            found: Iterable[Route] = ()
            if (capability := table.capabilities.get(model)) is not None:
                found = self._preferred(capability)
            elif (balance := table.balancing.get(model)) is not None:
                found = self._shares(balance, (model,))
            for route in found:
                yield route._replace(why=why, steps_in=True)

    def _preferred(self, capability: Capability) -> Iterator[Route]:
        """The models that a capability prefers, wherever they are found, then one of its fallback provider. A provider
        stands for all its models; what is too small is passed over."""
        table, live = self.table, self.live
        why = f"preferred for {capability.name}"
        for link in capability.preferred:
            if link.provider is not None and link.model is None:
                routes = [self._route(link.provider, model, why) for model in listed(link.provider, table, live)]
            else:
                routes = [*self._follow(link, (), why, steps_in=False)]
            for route in routes:
                if (reason := self._too_small(route.provider, route.model, capability)) is None:
                    yield route
                else:
                    self.left_out.append(Excluded(route.provider, route.model, reason))
        if (stand_in := capability.fallback) is not None and stand_in in table.providers:
            models = listed(stand_in, table, live)
            fitting = (model for model in models if self._too_small(stand_in, model, capability) is None)
            if (model := next(fitting, None)) is not None:
                yield self._route(stand_in, model, f"fallback of capabilities.{capability.name}", True)

    def _too_small(self, provider: str, model: str, capability: Capability) -> str | None:
        """What of a model is too small; what the configuration does not say is not held against it."""
        entry = self.table.providers[provider].models.get(model)
        if entry is None:
            return None
        if entry.context_length is not None and entry.context_length < capability.min_context:
            return f"min_context {entry.context_length} < {capability.min_context}"
        if entry.parameters is not None and entry.parameters < capability.min_parameters:
            return f"min_model_size {entry.parameters / 1e9:g}B < {capability.min_parameters / 1e9:g}B"
        return None

    def _may_be_asked(self, found: _Found) -> bool:
        """Whether there is a provider among them that is neither switched off nor without its key."""
        return any(self.table.providers[route.provider].barred is None for route in found.routes)

    def _route(self, provider: str, model: str, why: str, steps_in: bool = False) -> Route:
        entry = self.table.providers.get(provider)
        return Route(provider, model, why, entry.weight if entry is not None else 1.0, steps_in)


def _nearest(asked: str, table: Table, live: Live) -> str:
    names = list(known_models(table, live))
    near = difflib.get_close_matches(asked, names, n=3, cutoff=0.3) or names[:3]
    return f"did you mean {', '.join(near)}? GET /v1/models lists all" if near else "no models are configured"
