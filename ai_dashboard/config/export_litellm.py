"""The configuration as one of LiteLLM's: `litellm-unified.yaml`, for people who also run LiteLLM.

Names that callers use become groups: exact matches are aliases, capabilities and listings go in order, shared loads by
weight. What LiteLLM has no word for is left out and noted in the head of the file, never bent into something near.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping

import yaml

from ai_dashboard.config.litellm_models import Place, Section, place_of, variable_in, whole_weights
from ai_dashboard.config.load import GATEWAY, PROVIDERS, SERVING, Config
from ai_dashboard.config.schema import Capability, ChainLink, LoadBalance, parameters_in, parameters_of
from ai_dashboard.config.yaml_read import decode, parse
from ai_dashboard.config.yaml_tree import Data, Node, Scalar, node_at
from ai_dashboard.core.data import dataclass

EXPORTED = "litellm-unified.yaml"

GENERATED = "# Generated, do not edit:"
"""How the file begins. One that begins otherwise is somebody else's."""

ABSENT = "-"
"""Stands for the hash of a file that does not exist."""

STRATEGIES: Mapping[str, str] = {
    "latency_based": "latency-based-routing",
    "fastest_response": "latency-based-routing",
    "least_loaded": "least-busy",
    "least_connections": "least-busy",
    "cost_optimized": "cost-based-routing",
    "usage_based": "usage-based-routing-v2",
    "capacity_aware": "usage-based-routing-v2",
    "most_capacity": "usage-based-routing-v2",
}
"""LiteLLM's ways of choosing that are near enough to ours; all others are `simple-shuffle`, by weight and in order."""

MASTER_KEY = "LITELLM_MASTER_KEY"
"""Where LiteLLM looks for its key by itself."""

_BY_WEIGHT = frozenset({None, "weighted_round_robin", "load_balance", "round_robin"})
_PREFIX_PATTERN = re.compile(r"\^((?:[A-Za-z0-9_/:@ -]|\\[.\-/])+)(?:\.\*)?")


@dataclass(frozen=True, slots=True)
class Exported:
    """The file's text, and what could not be said in it."""

    text: str
    notes: tuple[str, ...]


def export(config: Config, sources: Mapping[str, bytes]) -> Exported:
    """LiteLLM's configuration. `sources` are the files that `config` was read from, as they are."""
    document, notes = _Export(config, sources).document()
    head = [
        f"{GENERATED} `ai-dashboard config export-litellm` writes it again.",
        "#",
        "# It was made from:",
        *(f"#   {name} sha256:{digest(sources.get(name))}" for name in SERVING),
    ]
    if notes:
        head += ["#", "# What is not in it, since LiteLLM has no word for it:", *(f"#   - {note}" for note in notes)]
    body = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    return Exported("\n".join([*head, "", body]), tuple(notes))


def digest(content: bytes | None) -> str:
    """The hash of a file that the export was made from."""
    return ABSENT if content is None else hashlib.sha256(content).hexdigest()


class _Export:
    """One walk over a configuration. `groups` are deployments by the name that callers use, `steps` who steps in."""

    def __init__(self, config: Config, sources: Mapping[str, bytes]) -> None:
        self._config = config
        self._written: dict[str, Node] = {name: parse(decode(content)) for name, content in sources.items()}
        self._notes: list[str] = []
        self._groups: dict[str, list[Section]] = {}
        self._aliases: dict[str, str] = {}
        self._steps: dict[str, list[str]] = {}
        written = self._written.get(PROVIDERS, parse(""))
        self._places = {
            name: place_of(provider, written, self._notes)
            for name, provider in config.providers.items()
            if provider.active
        }

    def document(self) -> tuple[Section, list[str]]:
        self._exact_matches()
        self._capabilities()
        self._shared_loads()
        self._listings()
        self._patterns()
        self._default_provider()
        self._unsaid()
        model_list: list[Data] = [dict(entry) for group in self._groups.values() for entry in group]
        document: Section = {
            "model_list": model_list,
            "router_settings": self._router(),
            "litellm_settings": self._settings(),
            "general_settings": {"master_key": f"os.environ/{self._master_key()}"},
        }
        return document, self._notes

    # ── names ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _exact_matches(self) -> None:
        for name, rule in self._config.mappings.exact_matches.items():
            if (place := self._places.get(rule.provider)) is None:
                self._notes.append(f"exact_matches.{name}: {rule.provider} is not active")
                continue
            model = rule.backend_model or name
            if model not in self._config.mappings.load_balancing:
                self._aliases[name] = self._single(place, model)
            elif model != name:
                self._aliases[name] = model
            self._steps_of(name, model, rule.fallback)

    def _capabilities(self) -> None:
        for name, capability in self._config.mappings.capabilities.items():
            if name in self._aliases:
                continue
            found = list(dict.fromkeys(self._preferred(capability)))
            if not found and (place := self._places.get(capability.provider or "")) is not None:
                found = [(place.provider.name, model.name) for model in place.provider.models[:1]]
            if found:
                in_order = capability.strategy in (None, "direct")
                self._groups[name] = [
                    self._places[provider].deployment(name, model, order=place if in_order else None)
                    for place, (provider, model) in enumerate(found, start=1)
                ]
                self._steps_of(name, "", capability.fallback)
            else:
                self._notes.append(f"capabilities.{name}: no model of an active provider is known")

    def _preferred(self, capability: Capability) -> Iterator[tuple[str, str]]:
        """Provider and model, best first; models that are known to be too small are left out."""
        for wanted in capability.preferred_models:
            for provider, model in self._known(wanted):
                entry = self._places[provider].model(model)
                window = entry.context_length if entry else None
                size = entry.parameters if entry else parameters_in(model)
                least = parameters_of(capability.min_model_size) if capability.min_model_size else None
                if (capability.min_context and window and window < capability.min_context) or (
                    least and size and size < least
                ):
                    continue
                yield provider, model

    def _shared_loads(self) -> None:
        for name, rule in self._config.mappings.load_balancing.items():
            if name in self._aliases or name in self._groups:
                self._notes.append(f"load_balancing.{name}: another rule has that name")
                continue
            if rule.strategy not in _BY_WEIGHT:
                self._notes.append(f"load_balancing.{name}: the strategy {rule.strategy}; the weights stay as they are")
            members, spares = self._members(name, rule)
            if not members:
                self._notes.append(f"load_balancing.{name}: nobody takes part without a condition")
                continue
            weights = whole_weights([weight for _, _, weight in members])
            self._groups[name] = [
                self._places[provider].deployment(name, model, weight=weight)
                for (provider, model, _), weight in zip(members, weights, strict=True)
            ]
            self._steps_of(name, name, None, [self._single(self._places[at], model) for at, model, _ in spares])

    def _members(
        self, name: str, rule: LoadBalance
    ) -> tuple[list[tuple[str, str, float]], list[tuple[str, str, float]]]:
        """Who shares a load, and the spares: those that weigh nothing, and step in."""
        members: list[tuple[str, str, float]] = []
        for entry in rule.providers:
            place = self._places.get(entry.provider)
            if place is None:
                self._notes.append(f"load_balancing.{name}: {entry.provider} is not active")
            elif entry.condition is not None:
                self._notes.append(f"load_balancing.{name}: {entry.provider}, which takes part if {entry.condition}")
            else:
                listed = any(place.model(name) for place in self._places.values())
                model = entry.preferred_model or (name if listed else place.first(name) or name)
                members.append((entry.provider, model, entry.weight))
        return [it for it in members if it[2] > 0], [it for it in members if it[2] == 0]

    def _listings(self) -> None:
        """Every listed model by its own name, first the provider that stands first, and as `provider/model`."""
        listed: dict[str, list[Place]] = {}
        for place in self._places.values():
            for model in place.provider.models:
                listed.setdefault(model.name, []).append(place)
                self._single(place, model.name)
        for model_name, places in listed.items():
            if model_name not in self._aliases and model_name not in self._groups:
                several = len(places) > 1
                self._groups[model_name] = [
                    place.deployment(model_name, model_name, order=number if several else None)
                    for number, place in enumerate(places, start=1)
                ]
            self._steps_of(model_name, model_name, None)

    def _patterns(self) -> None:
        for rule in self._config.mappings.patterns:
            prefix = _PREFIX_PATTERN.fullmatch(rule.pattern)
            place = self._places.get(rule.provider)
            if prefix is None or place is None or rule.backend_model is not None:
                why = "is no plain prefix" if place else f"leads to {rule.provider}, which is not active"
                self._notes.append(f"the pattern {rule.pattern} {why}")
                continue
            name = prefix[1].replace("\\", "") + "*"
            self._groups.setdefault(name, [place.deployment(name, name)])

    def _default_provider(self) -> None:
        provider = self._config.mappings.routing_rules.default_provider
        if provider is not None and (place := self._places.get(provider)) is not None:
            self._groups.setdefault("*", [place.deployment("*", "*")])

    def _single(self, place: Place, model: str) -> str:
        """The group that is this one model at this one provider."""
        name = f"{place.provider.name}/{model}"
        if name not in self._groups:
            self._groups[name] = [place.deployment(name, model)]
            self._steps_of(name, model, None)
        return name

    def _known(self, wanted: str) -> list[tuple[str, str]]:
        """The providers and models that a word stands for: a provider, `provider/model`, or a model's name."""
        head, slash, tail = wanted.partition("/")
        if (place := self._places.get(wanted)) is not None:
            return [(wanted, model.name) for model in place.provider.models[:1]]
        if slash and head in self._places:
            return [(head, tail)]
        return [(name, wanted) for name, place in self._places.items() if place.model(wanted) is not None]

    # ── who steps in ─────────────────────────────────────────────────────────────────────────────────────────────

    def _steps_of(self, name: str, model: str, fallback: str | None, spares: list[str] | None = None) -> None:
        """Note who steps in for a name: spares, the rule's own provider, then the chain of the name or of the model."""
        chains = self._config.mappings.fallback_chains
        steps = list(spares or ())
        if fallback is not None and (place := self._places.get(fallback)) is not None:
            stand_in = place.first(model, name)
            steps += [self._single(place, stand_in)] if stand_in else []
        for link in chains.get(name, chains.get(model, ())):
            steps += self._step(link, model or name)
        if steps and name not in self._steps:
            self._steps[name] = list(dict.fromkeys(steps))

    def _step(self, link: ChainLink, model: str) -> list[str]:
        link = link.resolved(self._config.providers)
        if link.provider is None:
            return [link.model] if link.model and self._known(link.model) else []
        place = self._places.get(link.provider)
        wanted = link.model or (place.first(model) if place else None)
        return [self._single(place, wanted)] if place is not None and wanted else []

    # ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _router(self) -> Section:
        gateway, rules = self._config.gateway, self._config.mappings.routing_rules
        router: Section = {
            "routing_strategy": STRATEGIES.get(rules.strategy or "", "simple-shuffle"),
            "num_retries": gateway.retries.max,
            "timeout": gateway.timeouts.total_s,
            "allowed_fails": gateway.breaker.failures,
            "cooldown_time": gateway.breaker.cooldown_s,
            "enable_pre_call_checks": True,  # windows, and the order within a group
        }
        if self._aliases:
            router["model_group_alias"] = dict(self._aliases)
        fallbacks: list[Data] = []
        for name, steps in self._steps.items():
            others = [step for step in steps if step not in (name, self._aliases.get(name))]
            if others and (name in self._groups or name in self._aliases):
                fallbacks.append({name: [*others]})
        if fallbacks:
            router["fallbacks"] = fallbacks
        default = [
            step for link in self._config.mappings.fallback_chains.get("default", ()) for step in self._step(link, "")
        ]
        if default:
            router["default_fallbacks"] = [*dict.fromkeys(default)]
        return router

    def _settings(self) -> Section:
        cache = self._config.gateway.cache
        settings: Section = {"drop_params": True, "request_timeout": self._config.gateway.timeouts.total_s}
        if not cache.enabled:
            return settings
        if cache.when == "deterministic":
            self._notes.append("cache.when: LiteLLM caches what a caller asks it to (`cache: {use-cache: true}`)")
        if cache.semantic.enabled:
            self._notes.append("cache.semantic: answers for asks that mean the same")
        params: Section = {"type": "local", "ttl": cache.ttl_s}
        params["mode"] = "default_off" if cache.when == "deterministic" else "default_on"
        if self._config.gateway.redis.url is not None:
            params |= {"type": "redis", "url": f"os.environ/{self._named(('redis', 'url'), 'REDIS_URL')}"}
        return {**settings, "cache": True, "cache_params": params}

    def _master_key(self) -> str:
        """The variable of the key that callers send. LiteLLM does not start without one, on this machine either."""
        return self._named(("auth", "master_key"), MASTER_KEY)

    def _named(self, path: tuple[str, str], usual: str) -> str:
        """The variable that holds a secret of `gateway.yaml`; the usual one where the file names none."""
        written = self._written.get(GATEWAY)
        raw = node_at(written, path) if written is not None else None
        if (name := variable_in(raw)) is not None:
            return name
        if isinstance(raw, Scalar) and raw.value is not None:
            self._notes.append(f"{'.'.join(path)} stands in gateway.yaml; LiteLLM looks for it in {usual}")
        return usual

    def _unsaid(self) -> None:
        mappings, regions = self._config.mappings, self._config.regions
        rules = mappings.routing_rules
        self._notes += [f"the rule {name} on requests" for name in rules.request_metadata_routing]
        if any(rules.model_size_routing):
            self._notes.append("rules by the size of a model")
        if regions.data_residency.enabled and regions.data_residency.rules:
            groups = ", ".join(regions.data_residency.rules)
            self._notes.append(f"RESIDENCY: nothing keeps the data of {groups} where multi-region.yaml wants them")
        if self._config.gateway.experiments:
            self._notes.append(f"the experiments {', '.join(self._config.gateway.experiments)}")
