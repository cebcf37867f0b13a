"""`model-mappings.yaml`: which provider answers for which name, and who steps in."""

from collections.abc import Container
from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from ai_dashboard.config.schema.base import PASSED_OVER, Count, FreeForm, NotNegative, Section, Words
from ai_dashboard.config.schema.ensembles import Ensemble

STRATEGIES = frozenset(
    {
        "adaptive_weighted",
        "capacity_aware",
        "complexity_based",
        "context_based",
        "cost_optimized",
        "direct",
        "ensemble",
        "fastest_response",
        "health_weighted",
        "hybrid",
        "latency_based",
        "least_connections",
        "least_loaded",
        "load_balance",
        "most_capacity",
        "privacy_first",
        "quality_based",
        "quality_first",
        "round_robin",
        "token_aware",
        "usage_based",
        "weighted_round_robin",
    }
)
"""Ways of choosing among several, by every name that they have."""

Strategy = Annotated[str | None, Field(validation_alias=AliasChoices("strategy", "routing_strategy"))]
Weights = dict[str, NotNegative]


class Rule(Section):
    """What every rule may carry for the people who read it."""

    description: str = ""
    """What the rule is for."""
    priority: FreeForm = None
    """For people: rules apply in a fixed order."""
    reason: str = ""
    """Why the rule is there."""
    notes: FreeForm = None
    """Anything else."""


class ComplexityThresholds(Section):
    """Tokens of a prompt from which a request looks harder."""

    low: Annotated[int, Field(ge=0)] | None = None
    """For people: what is below `medium` is low."""
    medium: Annotated[int, Field(ge=0)] | None = None
    """From so many tokens on; 500 when it is not said."""
    high: Annotated[int, Field(ge=0)] | None = None
    """From so many tokens on; 4000 when it is not said."""


def _sizes(value: object) -> object:
    """A bare list of sizes as a map, each under its own name."""
    return {str(size): size for size in value} if isinstance(value, list) else value


class Choosing(Rule):
    """How to choose among several."""

    strategy: str | None = None
    """The way of choosing."""
    weights: Weights = Field(default_factory=dict)
    """What counts how much in it."""
    priority_order: Words = ()
    """For `quality_first`: models, providers or `provider/model`, best first; the rest follow by their tier."""
    context_thresholds: Annotated[dict[str, Count], BeforeValidator(_sizes)] = Field(default_factory=dict)
    """For `context_based`: tokens at which a window begins to count as larger, by a name of your own. Windows between
    two of them are alike, and go in the order of the rule. A bare list will do."""
    complexity_thresholds: ComplexityThresholds = ComplexityThresholds()
    """For `complexity_based`: tokens of a prompt from which a request is `medium` and `high`."""


def _provider_rule(value: object) -> object:
    return {"provider": value} if isinstance(value, str) else value


def _balance(value: object) -> object:
    return {"providers": value} if isinstance(value, list) else value


class ExactMatch(Rule):
    """The rule for one model name. A bare word stands for a map with only `provider`."""

    provider: str
    """Who answers."""
    backend_model: str | None = None
    """The name sent to the provider; the name asked for when it is not said."""
    fallback: str | None = None
    """The provider that steps in first."""


class Pattern(Rule):
    """The rule for all names that a regular expression is found in."""

    pattern: str
    """Python's `re` syntax; it may match anywhere in the name."""
    provider: str
    """Who answers."""
    backend_model: str | None = None
    """The name sent to the provider; the name asked for when it is not said."""
    fallback: str | None = None
    """The provider that steps in first."""


class Capability(Choosing):
    """A task that callers may name instead of a model."""

    preferred_models: Words = ()
    """Models or providers, best first."""
    provider: str | None = None
    """Who answers when no preferred model is named."""
    fallback: str | None = None
    """The provider that steps in first."""
    min_context: Count | None = None
    """The smallest window in tokens that will do."""
    min_model_size: str | None = None
    """The smallest model that will do, such as `7B`."""
    strategy: Strategy = None
    """How to choose among several; in the order of `preferred_models` when it is not said."""
    weights: Weights = Field(default_factory=dict)
    """What counts how much in choosing: by provider, or by what the strategy weighs (`health`, `latency`, …)."""


class WeightedProvider(Rule):
    """One of several providers that share the load."""

    provider: str
    """Who answers."""
    weight: float = 1.0
    """Its share, relative to the others."""
    condition: str | None = None
    """When it takes part; always when it is not said."""
    preferred_model: str | None = None
    """The model that it is asked for; the one that the entry is for when it is not said."""


class BalanceParameters(Section):
    """Finer points of sharing a load."""

    saturation_threshold: Annotated[float, Field(gt=0, le=1)] = 0.8
    """The share of its capacity from which a server counts as full in `local_saturated`."""
    complexity_detection: FreeForm = None
    """For people: there is one way to tell how hard a request is."""


class LoadBalance(Choosing):
    """Providers that share the load of one name. A bare list stands for a map with only `providers`."""

    providers: tuple[Annotated[WeightedProvider, BeforeValidator(_provider_rule)], ...] = ()
    """Who shares it. A bare word stands for a map with only `provider`."""
    strategy: Strategy = None
    """How to choose among them; in weighted turn when neither it nor `routing_rules` says."""
    weights: Weights = Field(default_factory=dict)
    """What counts how much in choosing, for strategies that weigh (`health`, `latency`, …)."""
    parameters: BalanceParameters = BalanceParameters()
    """Finer points."""


class ChainLink(Rule):
    """One step of a fallback chain. A bare word is a model, a provider, or `provider/model`."""

    provider: str | None = None
    """Who steps in; whoever serves the model when it is not said."""
    model: str | None = None
    """The model that steps in; the one asked for when it is not said."""

    def resolved(self, providers: Container[str]) -> "ChainLink":
        """The link with a bare word taken apart: a provider's name, `provider/model`, or else a model's name."""
        if self.provider is not None or self.model is None:
            return self
        if self.model in providers:
            return ChainLink(provider=self.model)
        head, slash, model = self.model.partition("/")
        return ChainLink(provider=head, model=model) if slash and head in providers else self

    def __str__(self) -> str:
        return "/".join(part for part in (self.provider, self.model) if part)


_ORDINALS = ("primary", "secondary", "tertiary", "quaternary")


def _link(value: object) -> object:
    return {"model": value} if isinstance(value, str) else value


def _chains(value: object) -> object:
    """Every form of a chain as a list: `null`, one word, a list, `{chain: […]}`, `{primary: …, secondary: …}`."""
    if not isinstance(value, dict):
        return value
    return {name: _without_head(_chain(chain), name) for name, chain in value.items()}


def _chain(value: object) -> object:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict) and (value.keys() & {"chain", "fallbacks", *_ORDINALS}):
        links = [value[key] for key in _ORDINALS if value.get(key)]
        for key in ("chain", "fallbacks"):
            more = value.get(key) or []
            links.extend(more if isinstance(more, list) else [more])
        return [*links] if "primary" not in value else [_Head(links[0]) if links else None, *links[1:]]
    return [value] if isinstance(value, dict) else value


class _Head:
    """The `primary` of a chain: it is what the chain is for as often as the first that steps in."""

    def __init__(self, link: object) -> None:
        self.link = link


def _without_head(chain: object, name: str) -> object:
    if isinstance(chain, list) and chain and isinstance(chain[0], _Head):
        head = chain[0].link
        return chain[1:] if head == name else [head, *chain[1:]]
    return chain


class MetadataRule(Rule):
    """A rule with a condition on the request."""

    provider: str
    """Who answers."""
    condition: str | None = None
    """When it applies; never when it is not said."""
    model: Annotated[str | None, Field(validation_alias=AliasChoices("model", "backend_model", "preferred_model"))] = (
        None
    )
    """The name sent to the provider; the name asked for when it is not said."""
    fallback: str | None = None
    """The provider that steps in first."""


class SizeRule(Rule):
    """A rule for models of a size."""

    size: str
    """`< 8B`, `<= 8B`, `> 13B`, `>= 13B`, `8B - 13B` (both included) or `8B`."""
    provider: str
    """Who answers."""
    fallback: str | None = None
    """The provider that steps in first."""


class RoutingRules(Choosing):
    """What applies when no rule names the model."""

    default_provider: str | None = None
    """Who answers for models that nobody lists."""
    request_metadata_routing: Annotated[dict[str, MetadataRule], PASSED_OVER] = Field(default_factory=dict)
    """Rules with conditions on the request, by a name of your own; the first that holds applies."""
    model_size_routing: Annotated[tuple[SizeRule | None, ...], PASSED_OVER] = ()
    """Rules by the size that a model's name mentions, for models that nobody lists; the first that fits applies. None
    stands for one that was passed over."""
    strategy: Annotated[
        str | None, Field(validation_alias=AliasChoices("strategy", "default_strategy", "routing_strategy"))
    ] = None
    """How to choose among several, where a rule does not say; in the order of the rule when this is not said either."""
    weights: Weights = Field(default_factory=dict)
    """What counts how much in choosing, where a rule does not say."""


class Mappings(Section):
    """The whole of `model-mappings.yaml`."""

    exact_matches: dict[str, Annotated[ExactMatch, BeforeValidator(_provider_rule)]] = Field(default_factory=dict)
    """Rules by model name. They are looked at first."""
    patterns: tuple[Pattern, ...] = ()
    """Rules by regular expression; the first that is found applies."""
    capabilities: dict[str, Capability] = Field(default_factory=dict)
    """Rules by task."""
    load_balancing: dict[str, Annotated[LoadBalance, BeforeValidator(_balance)]] = Field(default_factory=dict)
    """Names whose load several providers share: models, or names of your own."""
    tasks: dict[str, str] = Field(default_factory=dict)
    """Capabilities by task: what a request that says `task: …` is taken to ask for."""
    fallback_chains: Annotated[
        dict[str, tuple[Annotated[ChainLink, BeforeValidator(_link)], ...]], BeforeValidator(_chains)
    ] = Field(default_factory=dict)
    """Who steps in, by model name; `default` is for all others."""
    ensembles: dict[str, Ensemble] = Field(default_factory=dict)
    """How answers are merged where the strategy is `ensemble`, by the name that callers ask for; `default` is for all
    others."""
    routing_rules: RoutingRules = RoutingRules()
    """What applies when no rule names the model."""
    special_cases: FreeForm = None
    """Rules for rare requests."""
    custom_strategies: FreeForm = None
    """Ways of choosing, by name."""
    metadata: FreeForm = None
    """For people."""
    notes: FreeForm = None
    """For people."""
