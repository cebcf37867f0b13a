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
    """Every name that can be asked for, with the providers that would be tried for it: models, then aliases. What only
    a provider lists that may not be used is not among them."""
    usable = [name for name, provider in table.providers.items() if provider.barred is None]
    known: dict[str, tuple[str, ...]] = {}
    for name in usable:
        for model in _listed(name, table, live):
            known[model] = (*known.get(model, ()), name)
    for model, rule in table.exact.items():
        known.setdefault(model, (rule.provider,))
    for name in table.capabilities:
        known.setdefault(name, ())
    return known


def providers_of(model: str, table: Table, live: Live) -> tuple[str, ...]:
    """Providers that list a model, in the configuration or by their own word, in file order."""
    names = (model,) if ":" in model else (model, f"{model}:latest")
    return tuple(provider for provider in table.providers if any(_lists(provider, name, table, live) for name in names))


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
    for name in (facts.capability, asked):
        if name is not None and (capability := table.capabilities.get(name)) is not None:
            return f"capabilities.{name}", [*_preferred(capability, table, live)], None
    listing = [
        Route(name, _as_listed(asked, name, table, live), "lists the model")
        for name in providers_of(asked, table, live)
    ]
    if any(table.providers[route.provider].barred is None for route in listing):
        return "listing", listing, None
    if table.default_provider is not None:
        return "routing_rules.default_provider", [Route(table.default_provider, asked, "default provider")], None
    if listing:
        return "listing", listing, None  # nobody may answer, and the plan says why
    raise ModelNotFound(f"no rule and no provider knows the model {asked!r}", hint=_nearest(asked, table, live))


def _fallbacks(asked: str, backend: str, rule: str, fallback: str | None, table: Table, live: Live) -> Iterator[Route]:
    """The rule's own fallback provider, then the chain of the model (or the default chain)."""
    if fallback is not None and fallback in table.providers:
        yield Route(fallback, _model_at(fallback, (backend, asked), table, live), f"fallback of {rule}")
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
    """The models that a capability prefers, wherever they are found, then one of its fallback provider. A provider
    stands for all its models; what is too small is passed over."""
    why = f"preferred for {capability.name}"
    for link in capability.preferred:
        if link.provider is not None and link.model is None:
            routes = [Route(link.provider, model, why) for model in _listed(link.provider, table, live)]
        else:
            routes = [*_follow(link, (), why, table, live)]
        yield from (route for route in routes if _fits(route.provider, route.model, capability, table))
    if (stand_in := capability.fallback) is not None and stand_in in table.providers:
        fitting = (model for model in _listed(stand_in, table, live) if _fits(stand_in, model, capability, table))
        if (model := next(fitting, None)) is not None:
            yield Route(stand_in, model, f"fallback of capabilities.{capability.name}")


def _fits(provider: str, model: str, capability: Capability, table: Table) -> bool:
    """Whether a model is large enough; what the configuration does not say is not held against it."""
    entry = table.providers[provider].models.get(model)
    if entry is None:
        return True
    return (entry.context_length or capability.min_context) >= capability.min_context and (
        entry.parameters or capability.min_parameters
    ) >= capability.min_parameters


def _listed(provider: str, table: Table, live: Live) -> tuple[str, ...]:
    """A provider's models, without repeats: those of the configuration, then those that it listed itself."""
    discovered = live[provider].models if provider in live else ()
    return tuple(dict.fromkeys((*table.providers[provider].models, *discovered)))


def _lists(provider: str, model: str, table: Table, live: Live) -> bool:
    return model in table.providers[provider].models or (provider in live and model in live[provider].models)


def _as_listed(model: str, provider: str, table: Table, live: Live) -> str:
    """`llama3.1` as the provider spells it: `llama3.1:latest` where only that is listed."""
    tagged = f"{model}:latest"
    return tagged if not _lists(provider, model, table, live) and _lists(provider, tagged, table, live) else model


def _model_at(provider: str, wanted: tuple[str, ...], table: Table, live: Live) -> str:
    """What to ask a fallback provider for: the same model if it has it, else the first that it lists."""
    spelled = (_as_listed(model, provider, table, live) for model in wanted)
    same = next((model for model in spelled if _lists(provider, model, table, live)), None)
    return same or next(iter(_listed(provider, table, live)), wanted[0])


def _nearest(asked: str, table: Table, live: Live) -> str:
    names = list(known_models(table, live))
    near = difflib.get_close_matches(asked, names, n=3, cutoff=0.3) or names[:3]
    return f"did you mean {', '.join(near)}? GET /v1/models lists all" if near else "no models are configured"
