"""The rules of `model-mappings.yaml` held against the providers: does every name lead to somebody who can answer?"""

import re
import warnings
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from ai_dashboard.config.conditions import ConditionError, parse
from ai_dashboard.config.schema import (
    Capability,
    ChainLink,
    LoadBalance,
    Mappings,
    Model,
    Provider,
    RoutingRules,
    parameters_of,
)
from ai_dashboard.config.schema.mappings import STRATEGIES, Choosing
from ai_dashboard.config.sizes import size_range
from ai_dashboard.config.validate import Path, Source
from ai_dashboard.core.diagnostics import Diagnostic, Severity

MAX_CYCLES = 20
"""Circles of chains that are reported one by one."""

CLIFF = 0.1
"""A fallback below this share of a cloud model's parameters is a different product, not a substitute."""


READ_BY = {
    "priority_order": ("quality_first",),
    "context_thresholds": ("context_based", "token_aware"),
    "complexity_thresholds": ("complexity_based",),
}
"""Finer points of choosing, and the strategies that look at them."""


def check_rules(mappings: Mappings, providers: Mapping[str, Provider], source: Source) -> Iterator[Diagnostic]:
    """All findings about the rules, section by section."""
    yield from _Rules(mappings, providers, source).findings()


class _Rules:
    """The rules, with what the providers list looked up once."""

    def __init__(self, mappings: Mappings, providers: Mapping[str, Provider], source: Source) -> None:
        self._mappings = mappings
        self._providers = providers
        self._source = source
        self._listed: dict[str, list[tuple[Provider, Model]]] = {}
        for provider in providers.values():
            for model in provider.models:
                self._listed.setdefault(model.name, []).append((provider, model))
        self._patterns: list[re.Pattern[str]] = []

    def findings(self) -> Iterator[Diagnostic]:
        for name, exact in self._mappings.exact_matches.items():
            yield from self._provider(exact.provider, ("exact_matches", name, "provider"))
            yield from self._fallback(exact.fallback, ("exact_matches", name, "fallback"))
        for place, pattern in enumerate(self._mappings.patterns):
            yield from self._regex(pattern.pattern, ("patterns", place, "pattern"))
            yield from self._provider(pattern.provider, ("patterns", place, "provider"))
            yield from self._fallback(pattern.fallback, ("patterns", place, "fallback"))
        for name, capability in self._mappings.capabilities.items():
            yield from self._capability(capability, ("capabilities", name))
        for name, balance in self._mappings.load_balancing.items():
            yield from self._balance(balance, ("load_balancing", name))
        for name, chain in self._mappings.fallback_chains.items():
            yield from self._chain(name, [link.resolved(self._providers) for link in chain])
        yield from self._circles()
        yield from self._tasks()
        yield from self._routing_rules(self._mappings.routing_rules, ("routing_rules",))

    def _provider(self, name: str | None, path: Path) -> Iterator[Diagnostic]:
        if name is None:
            return
        provider = self._providers.get(name)
        if provider is None:
            fix = f"use one of: {', '.join(self._providers)}" if self._providers else "add it to providers.yaml"
            yield self._source.say(Severity.ERROR, path, f"there is no provider `{name}`", fix)
        elif not provider.active:
            message = f"leads to `{name}`, which is {_state(provider)}: the rule is passed over"
            yield self._source.say(Severity.WARNING, path, message, "set its `status: active`, or change the rule")

    def _fallback(self, name: str | None, path: Path) -> Iterator[Diagnostic]:
        """A `fallback` names a provider; older folders put a model there, which is said and passed over."""
        if name is None or name in self._providers or not self._is_model(name):
            yield from self._provider(name, path)
            return
        fix = "name a provider here; models that step in belong in `fallback_chains`"
        yield self._source.say(Severity.WARNING, path, f"`{name}` is a model, not a provider: passed over", fix)

    def _regex(self, pattern: str, path: Path) -> Iterator[Diagnostic]:
        try:
            with warnings.catch_warnings(action="ignore"):
                self._patterns.append(re.compile(pattern))
        except (re.error, OverflowError, RecursionError) as error:
            fix = "escape special characters with `\\`, and quote the pattern with '…'"
            yield self._source.say(Severity.ERROR, path, f"not a regular expression: {error}", fix)

    def _condition(self, condition: str | None, path: Path) -> Iterator[Diagnostic]:
        if condition is None:
            return
        try:
            parse(condition)
        except ConditionError as error:
            yield self._source.say(Severity.ERROR, path, f"not a condition: {error}", error.fix)

    def _strategy(self, strategy: str | None, path: tuple[str, ...]) -> Iterator[Diagnostic]:
        if strategy is None or strategy in STRATEGIES:
            return
        near = get_close_matches(strategy, sorted(STRATEGIES), n=1)
        fix = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(sorted(STRATEGIES))}"
        written = (
            name for name in ("strategy", "routing_strategy", "default_strategy") if self._source.has((*path, name))
        )
        where = (*path, next(written, "strategy"))
        yield self._source.say(Severity.WARNING, where, f"there is no strategy `{strategy}`: passed over", fix)

    def _choosing(self, written: Choosing, path: tuple[str, ...]) -> Iterator[Diagnostic]:
        """The strategy and its finer points."""
        yield from self._strategy(written.strategy, path)
        seen: dict[int, str] = {}
        for name, tokens in written.context_thresholds.items():
            if (other := seen.setdefault(tokens, name)) != name:
                where = (*path, "context_thresholds", name)
                yield self._source.say(
                    Severity.WARNING, where, f"the same size as `{other}`: passed over", "delete one"
                )
        complexity = written.complexity_thresholds
        where = (*path, "complexity_thresholds")
        if complexity.medium is not None and complexity.high is not None and complexity.medium > complexity.high:
            message = f"`medium` ({complexity.medium}) is above `high` ({complexity.high}): both passed over"
            yield self._source.say(Severity.WARNING, where, message, "nothing could be medium: let them rise")
        elif complexity.low:
            message, fix = "what is below `medium` is low, whatever is written here", "delete it, or write 0"
            yield self._source.say(Severity.WARNING, (*where, "low"), message, fix)
        for place, name in enumerate(written.priority_order):
            if name not in self._providers and not self._is_model(name):
                message = f"`{name}` is neither a model nor a provider: passed over"
                fix = "name a model that an active provider lists, a provider, or `provider/model`"
                yield self._source.say(Severity.WARNING, (*path, "priority_order", place), message, fix)
        yield from self._unread(written, path)

    def _unread(self, written: Choosing, path: tuple[str, ...]) -> Iterator[Diagnostic]:
        """Finer points of another strategy than the one that is named beside them."""
        if written.strategy not in STRATEGIES or path == ("routing_rules",):
            return  # what stands there holds for other rules' strategies, too
        for key, strategies in READ_BY.items():
            if key in written.model_fields_set and written.strategy not in strategies:
                message = f"`{written.strategy}` does not look at it"
                fix = f"set `strategy: {strategies[0]}`, or delete it"
                yield self._source.say(Severity.WARNING, (*path, key), message, fix, at_key=True)

    def _tasks(self) -> Iterator[Diagnostic]:
        for task, name in self._mappings.tasks.items():
            if name not in self._mappings.capabilities:
                message, fix = f"there is no capability `{name}`: passed over", "name one of `capabilities`"
                yield self._source.say(Severity.WARNING, ("tasks", task), message, fix)

    def _routing_rules(self, rules: RoutingRules, path: tuple[str]) -> Iterator[Diagnostic]:
        yield from self._provider(rules.default_provider, (*path, "default_provider"))
        yield from self._choosing(rules, path)
        for name, rule in rules.request_metadata_routing.items():
            where: tuple[str | int, ...] = (*path, "request_metadata_routing", name)
            yield from self._provider(rule.provider, (*where, "provider"))
            yield from self._fallback(rule.fallback, (*where, "fallback"))
            yield from self._condition(rule.condition, (*where, "condition"))
            if rule.condition is None:
                message, fix = "the rule has no condition: passed over", "add one, such as `condition: stream == true`"
                yield self._source.say(Severity.WARNING, where, message, fix, at_key=True)
        for place, size_rule in enumerate(rules.model_size_routing):
            if size_rule is None:
                continue
            where = (*path, "model_size_routing", place)
            yield from self._provider(size_rule.provider, (*where, "provider"))
            yield from self._fallback(size_rule.fallback, (*where, "fallback"))
            if size_range(size_rule.size) is None:
                message, fix = "this is not a range of sizes: passed over", "write it as `< 8B`, `8B - 13B` or `> 13B`"
                yield self._source.say(Severity.WARNING, (*where, "size"), message, fix)

    def _capability(self, capability: Capability, path: tuple[str, str]) -> Iterator[Diagnostic]:
        yield from self._choosing(capability, path)
        yield from self._provider(capability.provider, (*path, "provider"))
        yield from self._fallback(capability.fallback, (*path, "fallback"))
        smallest = capability.min_model_size
        if smallest is not None and parameters_of(smallest) is None:
            message = "this is not a model's size: passed over"
            yield self._source.say(Severity.WARNING, (*path, "min_model_size"), message, "write it as `7B` or `350M`")
        named = (*capability.preferred_models, capability.provider, capability.fallback)
        if not any(self._can_serve(name, capability) for name in named if name is not None):
            fix = "name a model that an active provider lists, or an active provider"
            yield self._source.say(Severity.WARNING, path, "no usable model: nobody can answer", fix, at_key=True)

    def _can_serve(self, name: str, capability: Capability) -> bool:
        """Whether a preferred name, of a provider or a model, is somebody active whose model is large enough."""
        link = ChainLink(model=name).resolved(self._providers)
        if link.provider is not None:
            provider = self._providers.get(link.provider)
            if provider is None or not provider.active:
                return False
            models = [model for model in provider.models if link.model in (None, model.name)]
            return not models or any(_large_enough(model, capability) for model in models)
        if link.model in self._mappings.exact_matches:
            provider = self._providers.get(self._mappings.exact_matches[link.model].provider)
            return provider is not None and provider.active
        listed = self._listed.get(name, [])
        return any(provider.active and _large_enough(model, capability) for provider, model in listed)

    def _balance(self, balance: LoadBalance, path: tuple[str, str]) -> Iterator[Diagnostic]:
        yield from self._choosing(balance, path)
        for place, share in enumerate(balance.providers):
            where = (*path, "providers", place)
            yield from self._provider(share.provider, (*where, "provider"))
            yield from self._condition(share.condition, (*where, "condition"))
            if (model := share.preferred_model) is not None and not self._is_model(model):
                message, fix = f"no provider lists the model `{model}`", "add it to `models` of its provider"
                yield self._source.say(Severity.WARNING, (*where, "preferred_model"), message, fix)
            if share.weight < 0:
                message, fix = "a weight cannot be negative", "0 makes it a spare"
                yield self._source.say(Severity.ERROR, (*where, "weight"), message, fix)
        if balance.providers and all(share.weight == 0 for share in balance.providers):
            message, fix = "all weights are 0: nobody would be chosen", "give at least one a weight"
            yield self._source.say(Severity.ERROR, (*path, "providers"), message, fix, at_key=True)

    def _chain(self, name: str, links: list[ChainLink]) -> Iterator[Diagnostic]:
        before = ChainLink(model=None if name == "default" else name)
        for place, link in enumerate(links):
            path = ("fallback_chains", name, place)
            if link.provider is None and link.model == name:
                message = f"the chain contains itself: {name} → {name}"
                yield self._source.say(Severity.ERROR, path, message, "delete it: the model itself is tried first")
                continue
            yield from self._provider(link.provider, path)
            if link.model is not None and link.provider is None and not self._is_model(link.model):
                fix = "add it to the `models` of a provider, or correct the name"
                yield self._source.say(Severity.WARNING, path, f"no provider lists the model `{link.model}`", fix)
            yield from self._cliff(before, link, path)
            before = link

    def _cliff(self, before: ChainLink, after: ChainLink, path: Path) -> Iterator[Diagnostic]:
        large, small = self._parameters(before, cloud=True), self._parameters(after, cloud=False)
        if large is not None and small is not None and small < large * CLIFF:
            message = f"a quality cliff: from {large / 1e9:g}B parameters straight to {small / 1e9:g}B"
            yield self._source.say(Severity.WARNING, path, message, "put a model of middle size between them")

    def _parameters(self, link: ChainLink, *, cloud: bool) -> float | None:
        """The largest known size of a link's model among those who list it (only services, when `cloud`)."""
        listed = self._listed.get(link.model or "", [])
        sizes = [
            model.parameters
            for provider, model in listed
            if link.provider in (None, provider.name) and not (cloud and provider.local)
        ]
        return max((size for size in sizes if size is not None), default=None)

    def _circles(self) -> Iterator[Diagnostic]:
        """Chains that refer to each other are followed one level only, so they are doubtful and not wrong."""
        chains = self._mappings.fallback_chains
        graph = {
            name: {
                link.model
                for link in (link.resolved(self._providers) for link in chain)
                if link.provider is None and link.model in chains and link.model != name
            }
            for name, chain in chains.items()
        }
        order = list(chains)
        for _ in range(MAX_CYCLES):
            try:
                TopologicalSorter(graph).prepare()
            except CycleError as error:
                circle: list[str] = error.args[1][:0:-1]
            else:
                return
            start = circle.index(min(circle, key=order.index))
            circle = [*circle[start:], *circle[:start]]
            shown = " → ".join([*circle, circle[0]])
            message = f"chains refer to each other: {shown}; only the first level is followed"
            fix = "this is fine if it is meant"
            yield self._source.say(Severity.WARNING, ("fallback_chains", circle[0]), message, fix, at_key=True)
            graph[circle[-1]] = graph[circle[-1]] - {circle[0]}

    def _is_model(self, name: str) -> bool:
        """Whether a model's name leads to somebody by any rule, or is `provider/model`."""
        return (
            any(provider.active for provider, _ in self._listed.get(name, []))
            or name in self._mappings.exact_matches
            or name in self._mappings.capabilities
            or name in self._mappings.load_balancing
            or ChainLink(model=name).resolved(self._providers).provider is not None
            or any(pattern.search(name) for pattern in self._patterns)
        )


def _state(provider: Provider) -> str:
    return "disabled" if provider.status == "disabled" else "a template"


def _large_enough(model: Model, capability: Capability) -> bool:
    """What is not known is given the benefit of the doubt."""
    size = parameters_of(capability.min_model_size or "")
    window_fits = model.context_length is None or model.context_length >= (capability.min_context or 0)
    size_fits = size is None or model.parameters is None or model.parameters >= size
    return window_fits and size_fits
