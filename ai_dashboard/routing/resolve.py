"""From the name that was asked for to the candidates that could answer, before anybody asks how they are.

The first rule that applies wins: `provider/model`, an exact match, a pattern, a capability, a listing, the default
provider. What a rule names is followed by its fallback provider and by the model's fallback chain.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from ai_dashboard.core.errors import ModelNotFound
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.table import Capability, Link, Live, Table


@dataclass(frozen=True, slots=True)
class Route:
    """A possible attempt, and in words what put it here."""

    provider: str
    model: str
    why: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """`rule` is the dotted place of the rule that applied; `routes` in the order in which they should be tried."""

    rule: str
    routes: tuple[Route, ...]


def resolve(facts: RouteFacts, table: Table, live: Live) -> Resolution:
    """Every candidate in order, without repeats. Raises `ModelNotFound` with the nearest names when no rule applies."""
    rule, chosen, fallback = _chosen(facts, table, live)
    routes = {(route.provider, route.model): route for route in reversed(chosen)}
    ordered = [route for route in chosen if routes.get((route.provider, route.model)) is route]
    backend = chosen[0].model if chosen else facts.model
    for route in _fallbacks(facts.model, backend, rule, fallback, table, live):
        if (route.provider, route.model) not in routes:
            routes[route.provider, route.model] = route
            ordered.append(route)
    return Resolution(rule, tuple(ordered))


def known_models(table: Table, live: Live) -> dict[str, tuple[str, ...]]:
    """Every name that can be asked for, with the providers that would be tried first: models, then aliases."""
    known = {model: providers_of(model, table, live) for model in table.listing}
    for name, provider in table.providers.items():
        if provider.barred is None and name in live:
            for model in live[name].models:
                known.setdefault(model, providers_of(model, table, live))
    for model, rule in table.exact.items():
        known.setdefault(model, (rule.provider,))
    for name in table.capabilities:
        known.setdefault(name, ())
    return known


def providers_of(model: str, table: Table, live: Live) -> tuple[str, ...]:
    """Providers that list a model, in the configuration or by their own word, in file order."""
    names = {model} if ":" in model else {model, f"{model}:latest"}
    return tuple(
        name
        for name, provider in table.providers.items()
        if names & provider.models.keys() or (name in live and names & set(live[name].models))
    )


def _chosen(facts: RouteFacts, table: Table, live: Live) -> tuple[str, list[Route], str | None]:
    """The rule that applies, what it names, and its fallback provider."""
    asked = facts.model
    head, slash, rest = asked.partition("/")
    if slash and rest and head in table.providers:
        return f"providers.{head}", [Route(head, rest, "named by the caller")], None
    if (rule := table.exact.get(asked)) is not None:
        return rule.name, [Route(rule.provider, rule.model or asked, "exact match")], rule.fallback
    for rule in table.patterns:
        if rule.pattern is not None and rule.pattern.search(asked):
            return rule.name, [Route(rule.provider, rule.model or asked, "pattern")], rule.fallback
    if (capability := table.capabilities.get(facts.capability or asked)) is not None:
        return f"capabilities.{capability.name}", list(_preferred(capability, table, live)), capability.fallback
    if providers := providers_of(asked, table, live):
        return (
            "listing",
            [Route(name, _as_listed(asked, name, table, live), "lists the model") for name in providers],
            None,
        )
    if table.default_provider is not None:
        return "routing_rules.default_provider", [Route(table.default_provider, asked, "default provider")], None
    raise ModelNotFound(f"no rule and no provider knows the model {asked!r}", hint=_nearest(asked, table, live))


def _fallbacks(asked: str, backend: str, rule: str, fallback: str | None, table: Table, live: Live) -> Iterator[Route]:
    """The rule's own fallback provider, then the chain of the model (or the default chain)."""
    if fallback is not None and fallback in table.providers:
        yield Route(fallback, _model_at(fallback, (backend, asked), table, live), f"fallback of {rule}")
    elif fallback is not None:
        yield from _follow(Link(fallback, None), (), f"fallback of {rule}", table, live)
    for name in (asked, backend, "default"):
        if (chain := table.chains.get(name)) is not None:
            for link in chain:
                yield from _follow(link, (backend, asked), f"fallback_chains.{name}", table, live)
            return


def _follow(link: Link, wanted: tuple[str, ...], why: str, table: Table, live: Live) -> Iterator[Route]:
    """Where a link leads: to the provider that it names, to an exact rule's, or to all that list the model."""
    if link.provider is not None:
        yield Route(link.provider, link.model or _model_at(link.provider, wanted, table, live), why)
    elif link.model is None:
        return
    elif (rule := table.exact.get(link.model)) is not None:
        yield Route(rule.provider, rule.model or link.model, why)
    else:
        for name in providers_of(link.model, table, live):
            yield Route(name, _as_listed(link.model, name, table, live), why)


def _preferred(capability: Capability, table: Table, live: Live) -> Iterator[Route]:
    """The models that a capability prefers, wherever they are found; a provider stands for its fitting models."""
    why = f"preferred for {capability.name}"
    for name in capability.preferred:
        if name in table.providers:
            for model in (*table.providers[name].models, *(live[name].models if name in live else ())):
                if _fits(name, model, capability, table):
                    yield Route(name, model, why)
        elif (rule := table.exact.get(name)) is not None:
            if _fits(rule.provider, rule.model or name, capability, table):
                yield Route(rule.provider, rule.model or name, why)
        else:
            for provider in providers_of(name, table, live):
                if _fits(provider, name, capability, table):
                    yield Route(provider, _as_listed(name, provider, table, live), why)


def _fits(provider: str, model: str, capability: Capability, table: Table) -> bool:
    """Whether a model is large enough; what the configuration does not say is not held against it."""
    entry = table.providers[provider].models.get(model)
    if entry is None:
        return True
    return (entry.context_length or capability.min_context) >= capability.min_context and (
        entry.parameters or capability.min_parameters
    ) >= capability.min_parameters


def _as_listed(model: str, provider: str, table: Table, live: Live) -> str:
    """`llama3.1` as the provider spells it: `llama3.1:latest` where only that is listed."""
    listed = {*table.providers[provider].models, *(live[provider].models if provider in live else ())}
    return model if model in listed or f"{model}:latest" not in listed else f"{model}:latest"


def _model_at(provider: str, wanted: tuple[str, ...], table: Table, live: Live) -> str:
    """What to ask a fallback provider for: the same model if it has it, else the first that it lists."""
    listed = (*table.providers[provider].models, *(live[provider].models if provider in live else ()))
    return next((model for model in wanted if model in listed), next(iter(listed), wanted[0]))


def _nearest(asked: str, table: Table, live: Live) -> str:
    names = list(known_models(table, live))
    near = difflib.get_close_matches(asked, names, n=3, cutoff=0.3) or names[:3]
    return f"did you mean {', '.join(near)}? GET /v1/models lists all" if near else "no models are configured"
