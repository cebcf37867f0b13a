"""What the operator wrote, compiled once into immutable look-ups that a request walks through.

A table knows nothing that changes while it is in force: what is healthy, loaded or discovered comes in as `Live`.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any, NamedTuple

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import (
    ChainLink,
    LoadBalance,
    Mappings,
    Model,
    Price,
    Provider,
    parameters_in,
    parameters_of,
)
from ai_dashboard.config.schema.mappings import STRATEGIES, Choosing
from ai_dashboard.config.sizes import SizeRange, size_range
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.plan import Tier
from ai_dashboard.routing.conditions import Condition, condition
from ai_dashboard.routing.finer import USUAL, Finer, finer_points
from ai_dashboard.routing.places import Place, leaves_home
from ai_dashboard.routing.prices import price_of
from ai_dashboard.routing.regions import Regions, compile_regions
from ai_dashboard.routing.tasks import compile_tasks
from ai_dashboard.routing.tiers import tier_of

IN_WEIGHTED_TURN = "weighted_round_robin"
"""The strategy of a shared load whose entry names none."""

MAX_REMEMBERED = 4096
"""Names whose pattern is remembered. Names come from callers, so there must be an end to them."""


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model as its provider lists it: `context_length` and `max_output` in tokens, `parameters` as a plain count."""

    name: str
    context_length: int | None
    max_output: int | None
    parameters: float | None
    options: Mapping[str, Any]
    tier: Tier = "medium"
    supports: frozenset[str] = frozenset()
    """Features that the operator lists for it; empty when nothing is listed."""

    def holds(self, tokens: int) -> bool:
        """Whether so many fit into its window."""
        return self.context_length is None or tokens <= self.context_length


@dataclass(frozen=True, slots=True)
class ProviderEntry:
    """A provider that requests may go to, or why they may not (`barred`: `disabled`, `template`, `no API key`).
    `capacity` is how many requests it bears at one time, `prices` its `cost_per_1k_tokens`."""

    name: str
    kind: str
    models: Mapping[str, ModelEntry]
    barred: str | None
    local: bool = False
    region: str = ""
    weight: float = 1.0
    capacity: int | None = None
    prices: Mapping[str, Price] = field(default_factory=dict)
    _taken: dict[str, Price | None] = field(default_factory=dict, repr=False, compare=False)

    def keeps(self, model: str) -> bool:
        """Whether requests for a model stay on machines of the operator's own."""
        return self.local and not (self.kind == "ollama" and leaves_home(model))

    def price(self, model: str) -> Price | None:
        """What it takes for a model, listed or not; None when that is not known."""
        try:
            return self._taken[model]
        except KeyError:
            pass
        if len(self._taken) >= MAX_REMEMBERED:
            self._taken.clear()
        price = self._taken[model] = price_of(model, self.prices, local=self.keeps(model))
        return price

    def tier(self, model: str) -> Tier:
        """How good a model is, listed or not."""
        if (entry := self.models.get(model)) is not None:
            return entry.tier
        return tier_of((), parameters_in(model), self.price(model))


class Known(NamedTuple):
    """A model at a provider: the provider's entry, None when there is none, the model's, None when it is not listed,
    and the places where it can be asked if no rule is against that."""

    entry: ProviderEntry | None
    model: ModelEntry | None
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """An exact match or a pattern. `model` is the name sent upstream, None to send what was asked."""

    name: str
    provider: str
    model: str | None
    fallback: str | None
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A model wherever it is found, a provider with whatever it has, or both."""

    model: str | None
    provider: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """How to choose among several: a strategy, None where list order will do, what counts how much in it, and its finer
    points."""

    strategy: str | None = None
    weights: tuple[tuple[str, float], ...] = ()
    finer: Finer = USUAL


@dataclass(frozen=True, slots=True)
class Capability:
    """What can be asked for instead of a model; `preferred` leads to models or providers, best first. Windows are in
    tokens, 0 when any will do. `choice` is None where the capability does not say how to choose."""

    name: str
    preferred: tuple[Link, ...]
    fallback: str | None
    min_context: int
    min_parameters: float
    choice: Choice | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """One of those that share a load. `model` is the name sent upstream, None to send what the load is of."""

    provider: str
    model: str | None
    weight: float
    condition: Condition | None


@dataclass(frozen=True, slots=True)
class Balance:
    """Providers that share the load of one name. `saturation` is the share of its capacity from which a server counts
    as full."""

    name: str
    shares: tuple[Share, ...]
    choice: Choice
    saturation: float


@dataclass(frozen=True, slots=True)
class ConditionalRule:
    """A rule that applies while its condition holds. `model` is the name sent upstream, None to send what was asked."""

    name: str
    provider: str
    model: str | None
    fallback: str | None
    condition: Condition


@dataclass(frozen=True, slots=True)
class SizeRule:
    """A rule for models of a size."""

    name: str
    sizes: SizeRange
    provider: str
    fallback: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """All of it. Chains are by the name that they are for, `default` for all others; `tasks` lead to capabilities;
    `own` holds the capacity of every server of the operator's own that may be asked. `names_read` are the names that
    conditions hold against a request: what is not among them need not be found out."""

    providers: Mapping[str, ProviderEntry]
    exact: Mapping[str, Rule]
    patterns: tuple[Rule, ...]
    capabilities: Mapping[str, Capability]
    chains: Mapping[str, tuple[Link, ...]]
    default_provider: str | None
    regions: Regions
    balancing: Mapping[str, Balance]
    conditional: tuple[ConditionalRule, ...]
    sizes: tuple[SizeRule, ...]
    tasks: Mapping[str, str]
    choice: Choice
    own: Mapping[str, int | None]
    names_read: frozenset[str]
    _matched: dict[str, Rule | None] = field(default_factory=dict, repr=False, compare=False)
    _known: dict[tuple[str, str], Known] = field(default_factory=dict, repr=False, compare=False)

    def pattern_for(self, model: str) -> Rule | None:
        """The first pattern that is found in a name. It follows from the table alone, so it is remembered."""
        try:
            return self._matched[model]
        except KeyError:
            pass
        if len(self._matched) >= MAX_REMEMBERED:
            self._matched.clear()
        found = (rule for rule in self.patterns if rule.pattern is not None and rule.pattern.search(model))
        rule = self._matched[model] = next(found, None)
        return rule

    def known(self, provider: str, model: str) -> Known:
        """What is known of a model at a provider, listed or not. It is remembered, as patterns are."""
        key = provider, model
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            entry = self.providers.get(provider)
            known = Known(entry, entry.models.get(model) if entry else None, self.regions.allowed((), provider, model))
            self._known[key] = known
        return known


def compile_table(config: Config) -> Table:
    """Build the table of a configuration that loaded without errors."""
    mappings = config.mappings
    providers = {name: _provider(provider) for name, provider in config.providers.items()}
    choice = _choice(mappings.routing_rules, Choice()) or Choice()
    balancing = {name: _balance(name, balance, choice) for name, balance in mappings.load_balancing.items()}
    conditional = _conditional(mappings)
    conditions = [rule.condition for rule in conditional]
    conditions += [it.condition for balance in balancing.values() for it in balance.shares if it.condition is not None]
    return Table(
        providers=MappingProxyType(providers),
        exact=MappingProxyType(_exact(mappings)),
        patterns=_patterns(mappings),
        capabilities=MappingProxyType(_capabilities(mappings, providers, choice)),
        chains=MappingProxyType(_chains(mappings, providers)),
        default_provider=mappings.routing_rules.default_provider,
        regions=compile_regions(config),
        balancing=MappingProxyType(balancing),
        conditional=conditional,
        sizes=_sizes(mappings),
        tasks=MappingProxyType(compile_tasks(mappings.tasks, mappings.capabilities)),
        choice=choice,
        own=MappingProxyType({name: it.capacity for name, it in providers.items() if it.local and it.barred is None}),
        names_read=frozenset(name for condition in conditions for name in condition.names),
    )


def _provider(provider: Provider) -> ProviderEntry:
    barred: str | None = None if provider.status == "active" else provider.status
    if barred is None and provider.needs_key and provider.api_key is None:
        barred = "no API key"
    models = {model.name: _model(model, provider) for model in provider.models}
    return ProviderEntry(
        provider.name,
        provider.type,
        MappingProxyType(models),
        barred,
        provider.local,
        provider.region,
        provider.weight,
        provider.rate_limits.max_concurrent,
        MappingProxyType(provider.cost_per_1k_tokens),
    )


def _model(model: Model, provider: Provider) -> ModelEntry:
    price = price_of(model.name, provider.cost_per_1k_tokens, local=provider.local)
    return ModelEntry(
        model.name,
        model.context_length,
        model.max_output_tokens,
        model.parameters,
        model.options,
        tier_of((*model.tags, *model.specialty), model.parameters, price),
        frozenset(model.supports),
    )


def _exact(mappings: Mappings) -> dict[str, Rule]:
    return {
        model: Rule(f"exact_matches.{model}", rule.provider, rule.backend_model, rule.fallback)
        for model, rule in mappings.exact_matches.items()
    }


def _patterns(mappings: Mappings) -> tuple[Rule, ...]:
    return tuple(
        Rule(f"patterns.{rule.pattern}", rule.provider, rule.backend_model, rule.fallback, re.compile(rule.pattern))
        for rule in mappings.patterns
    )


def _capabilities(mappings: Mappings, providers: Mapping[str, ProviderEntry], usual: Choice) -> dict[str, Capability]:
    return {
        name: Capability(
            name,
            (
                *(_link(ChainLink(model=preferred), providers) for preferred in rule.preferred_models),
                *((Link(None, rule.provider),) if rule.provider else ()),
            ),
            rule.fallback,
            rule.min_context or 0,
            parameters_of(rule.min_model_size or "") or 0.0,
            _choice(rule, usual),
        )
        for name, rule in mappings.capabilities.items()
    }


def _choice(written: Choosing, usual: Choice) -> Choice | None:
    """What is said about choosing, completed by what is usual, or None. A strategy that nobody knows has been
    complained about."""
    known = written.strategy if written.strategy in STRATEGIES else None
    finer = finer_points(written, usual.finer)
    if known is None and not written.weights and finer == usual.finer:
        return None
    return Choice(known or usual.strategy, tuple(written.weights.items()) or usual.weights, finer)


def _balance(name: str, written: LoadBalance, usual: Choice) -> Balance:
    """Weights that were written are meant; without any, the usual strategy may do better."""
    shares = tuple(
        Share(it.provider, it.preferred_model, it.weight, condition(it.condition) if it.condition is not None else None)
        for it in written.providers
    )
    weighted = any("weight" in it.model_fields_set for it in written.providers)
    usual = Choice((None if weighted else usual.strategy) or IN_WEIGHTED_TURN, usual.weights, usual.finer)
    choice = _choice(written, usual) or usual
    return Balance(f"load_balancing.{name}", shares, choice, written.parameters.saturation_threshold)


def _conditional(mappings: Mappings) -> tuple[ConditionalRule, ...]:
    return tuple(
        ConditionalRule(
            f"routing_rules.request_metadata_routing.{name}",
            rule.provider,
            rule.model,
            rule.fallback,
            condition(rule.condition),
        )
        for name, rule in mappings.routing_rules.request_metadata_routing.items()
        if rule.condition is not None
    )


def _sizes(mappings: Mappings) -> tuple[SizeRule, ...]:
    return tuple(
        SizeRule(f"routing_rules.model_size_routing.{rule.size}", sizes, rule.provider, rule.fallback)
        for rule in mappings.routing_rules.model_size_routing
        if rule is not None and (sizes := size_range(rule.size)) is not None
    )


def _chains(mappings: Mappings, providers: Mapping[str, ProviderEntry]) -> dict[str, tuple[Link, ...]]:
    return {model: tuple(_link(link, providers) for link in chain) for model, chain in mappings.fallback_chains.items()}


def _link(link: ChainLink, providers: Mapping[str, ProviderEntry]) -> Link:
    resolved = link.resolved(providers)
    return Link(resolved.model, resolved.provider)
