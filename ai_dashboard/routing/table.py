"""What the operator wrote, compiled once into immutable look-ups that a request walks through.

A table knows nothing that changes while it is in force: what is healthy, loaded or discovered comes in as `Live`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import ChainLink, Mappings, Model, Provider, parameters_of
from ai_dashboard.core.snapshot import Health


class ProviderLive(Protocol):
    """What is known of a provider now. `models` are those that it listed itself when it was last asked."""

    @property
    def health(self) -> Health: ...
    @property
    def reason(self) -> str: ...
    @property
    def models(self) -> tuple[str, ...]: ...


Live = Mapping[str, ProviderLive]


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model as its provider lists it: `context_length` and `max_output` in tokens, `parameters` as a plain count."""

    name: str
    context_length: int | None
    max_output: int | None
    parameters: float | None
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ProviderEntry:
    """A provider that requests may go to, or why they may not (`barred`: `disabled`, `template`, `no API key`)."""

    name: str
    kind: str
    models: Mapping[str, ModelEntry]
    barred: str | None


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
class Capability:
    """What can be asked for instead of a model; `preferred` leads to models or providers, best first. Windows are in
    tokens, 0 when any will do."""

    name: str
    preferred: tuple[Link, ...]
    fallback: str | None
    min_context: int
    min_parameters: float


@dataclass(frozen=True, slots=True)
class Table:
    """All of it. Chains are by the name that they are for, `default` for all others."""

    providers: Mapping[str, ProviderEntry]
    exact: Mapping[str, Rule]
    patterns: tuple[Rule, ...]
    capabilities: Mapping[str, Capability]
    chains: Mapping[str, tuple[Link, ...]]
    default_provider: str | None


def compile_table(config: Config) -> Table:
    """Build the table of a configuration that loaded without errors."""
    mappings = config.mappings
    providers = {name: _provider(provider) for name, provider in config.providers.items()}
    return Table(
        providers=MappingProxyType(providers),
        exact=MappingProxyType(_exact(mappings)),
        patterns=_patterns(mappings),
        capabilities=MappingProxyType(_capabilities(mappings, providers)),
        chains=MappingProxyType(_chains(mappings, providers)),
        default_provider=mappings.routing_rules.default_provider,
    )


def _provider(provider: Provider) -> ProviderEntry:
    barred: str | None = None if provider.status == "active" else provider.status
    if barred is None and provider.needs_key and provider.api_key is None:
        barred = "no API key"
    models = {model.name: _model(model) for model in provider.models}
    return ProviderEntry(provider.name, provider.type, MappingProxyType(models), barred)


def _model(model: Model) -> ModelEntry:
    return ModelEntry(model.name, model.context_length, model.max_output_tokens, model.parameters, model.options)


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


def _capabilities(mappings: Mappings, providers: Mapping[str, ProviderEntry]) -> dict[str, Capability]:
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
        )
        for name, rule in mappings.capabilities.items()
    }


def _chains(mappings: Mappings, providers: Mapping[str, ProviderEntry]) -> dict[str, tuple[Link, ...]]:
    return {model: tuple(_link(link, providers) for link in chain) for model, chain in mappings.fallback_chains.items()}


def _link(link: ChainLink, providers: Mapping[str, ProviderEntry]) -> Link:
    resolved = link.resolved(providers)
    return Link(resolved.model, resolved.provider)
