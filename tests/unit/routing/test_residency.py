"""Ten thousand configurations and as many mishaps: no byte of a request whose data must stay goes anywhere else.

Each world knows where its addresses truly are, which its configuration tells honestly and often incompletely. What is
checked is the address that an attempt would go to, held against that truth and never against what was compiled.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Any

import pytest

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Mappings, MultiRegion, ProvidersFile
from ai_dashboard.core.errors import ModelNotFound
from ai_dashboard.core.plan import Requirements, RouteFacts
from ai_dashboard.core.snapshot import BreakerState, Health
from ai_dashboard.routing.live import KnownProvider, KnownTarget, Live, Turn
from ai_dashboard.routing.plan import plan
from ai_dashboard.routing.strategies import STRATEGIES
from ai_dashboard.routing.table import Table, compile_table
from ai_dashboard.routing.turns import Turns

WORLDS, BATCHES, ASKS = 10_000, 10, 3

REGIONS = ("us-east", "us-west", "eu-west", "ap-southeast", "local")
ABROAD = REGIONS[:-1]
NAMES = ("a", "b", "c", "d", "e")
MODELS = ("m", "n", "x:120b-cloud")
GROUPS = ("eu", "mine", "us")
TENANTS = ("", "bank", "shop")


@dataclass(frozen=True, slots=True)
class Truth:
    """Where an address is: all regions that may answer there, and whether it is a machine of the operator's own."""

    regions: frozenset[str]
    own: bool = False

    def within(self, allowed: frozenset[str]) -> bool:
        return (self.own and "local" in allowed) or self.regions <= allowed


@dataclass(frozen=True, slots=True)
class World:
    """A configuration, and what is true of it. `promises` are the regions in which a provider keeps data."""

    table: Table
    truths: dict[str, Truth]
    own_addresses: dict[str, str]
    promises: dict[str, frozenset[str]]
    rules: dict[str, dict[str, Any]]
    default: str | None
    passes_on: frozenset[str]

    def address(self, provider: str, region: str) -> str:
        return self.table.regions.base_url(provider, region) or self.own_addresses[provider]

    def canary(self, facts: RouteFacts, provider: str, model: str, region: str) -> str | None:
        """What was violated by sending the request there, if anything."""
        truth = self.truths[self.address(provider, region)]
        if provider in self.passes_on and model.endswith("-cloud"):
            truth = Truth(frozenset({"who knows"}))
        for name in self.groups(facts):
            rule = self.rules[name]
            if not rule.get("strict", True):
                continue
            if not truth.within(frozenset(rule["regions"])):
                return f"{name} allows {rule['regions']}, {provider} answers in {sorted(truth.regions)}"
            compliant = rule.get("compliant_providers")
            if compliant is None and not (truth.own or truth.regions <= self.promises[provider]):
                return f"{provider} promises nothing to {name}"
            if compliant is not None and not {provider, f"{provider}/{model}"} & {*compliant}:
                return f"{provider} is not on the list of {name}"
        return None

    def groups(self, facts: RouteFacts) -> list[str]:
        named = [group for group in (facts.residency or "").split(",") if group]
        tenants = [name for name, rule in self.rules.items() if facts.tenant in rule.get("tenants", ())]
        return [*named, *tenants] or ([self.default] if self.default is not None else [])


def world(chance: Random) -> World:
    truths: dict[str, Truth] = {}
    promises: dict[str, frozenset[str]] = {}
    entries: dict[str, dict[str, Any]] = {}
    written: dict[str, dict[str, Any]] = {}
    for name in NAMES[: chance.randint(1, len(NAMES))]:
        entries[name], own = _entry(name, chance)
        truths[entries[name]["base_url"]] = own
        promises[name] = frozenset(chance.sample(REGIONS, chance.randint(0, 3)))
        written[name] = _provider_regions(name, own, promises[name], truths, chance)
    rules = {group: _rule(entries, chance) for group in GROUPS}
    default = chance.choice((None, None, *GROUPS))
    settings: dict[str, Any] = {
        "provider_regions": {name: places for name, places in written.items() if places},
        "data_residency": {"rules": rules, **({"default": default} if default else {})},
    }
    if chance.random() < 0.5:
        sequences = {region: chance.sample(REGIONS, chance.randint(1, 4)) for region in chance.sample(REGIONS, 2)}
        settings["regional_failover"] = {"sequences": sequences}
        if chance.random() < 0.5:
            settings["regional_failover"]["max_failover_hops"] = chance.randint(0, 3)
    settings["latency_routing"] = chance.random() < 0.3
    providers = ProvidersFile.model_validate({"providers": entries}).providers
    mappings = Mappings.model_validate(_mappings(tuple(entries), chance))
    regions = MultiRegion.model_validate(settings)
    config = Config(MappingProxyType(providers), mappings, GatewaySettings(), "written by the test", regions)
    addresses = {name: entry["base_url"] for name, entry in entries.items()}
    own_ollama = frozenset(name for name, entry in entries.items() if entry["type"] == "ollama")
    return World(compile_table(config), truths, addresses, promises, rules, default, own_ollama)


def _entry(name: str, chance: Random) -> tuple[dict[str, Any], Truth]:
    """A provider, and the truth about its own address."""
    entry: dict[str, Any] = {"models": chance.sample(MODELS, chance.randint(1, len(MODELS)))}
    if chance.random() < 0.1:
        entry["status"] = "disabled"
    if chance.random() < 0.3:
        entry |= {"type": chance.choice(("ollama", "vllm")), "base_url": f"http://{name}.lan:1"}
        truth = Truth(frozenset({"local"}), own=True)
        if chance.random() < 0.3:
            entry |= {"location": "local", "region": "eu-west"}
            truth = Truth(frozenset({"eu-west"}), own=True)
        return entry, truth
    entry |= {"type": "openai_compatible", "base_url": f"https://{name}.example"}
    truth = Truth(frozenset(chance.sample(ABROAD, chance.choice((1, 1, 2, 3)))))
    if len(truth.regions) == 1 and chance.random() < 0.5:
        entry["region"] = min(truth.regions)
    return entry, truth


def _provider_regions(
    name: str, own: Truth, promised: frozenset[str], truths: dict[str, Truth], chance: Random
) -> dict[str, Any]:
    """What `multi-region.yaml` says of a provider: true, and sometimes nothing."""
    said: dict[str, Any] = {}
    elsewhere = chance.sample(ABROAD, chance.choice((0, 0, 1, 2)))
    if elsewhere:
        said["regional_endpoints"] = {region: f"https://{region}.{name}.example" for region in elsewhere}
        truths |= {url: Truth(frozenset({region})) for region, url in said["regional_endpoints"].items()}
    if not own.own and chance.random() < 0.6:
        said["available_regions"] = chance.sample(sorted(own.regions), len(own.regions)) + [
            region for region in elsewhere if region not in own.regions
        ]
    if not own.own and len(own.regions) == 1 and chance.random() < 0.2:
        said["primary_region"] = min(own.regions)
    if chance.random() < 0.7:
        said["data_residency_support"] = sorted(promised)
    return said


def _rule(entries: dict[str, dict[str, Any]], chance: Random) -> dict[str, Any]:
    rule: dict[str, Any] = {"regions": chance.sample(REGIONS, chance.randint(1, 3))}
    if chance.random() < 0.5:
        known = [*entries, *(f"{name}/m" for name in entries)]
        rule["compliant_providers"] = chance.sample(known, chance.randint(0, len(known)))
    if chance.random() < 0.2:
        rule["strict"] = False
    if chance.random() < 0.3:
        rule["tenants"] = [chance.choice(TENANTS[1:])]
    return rule


def _mappings(names: tuple[str, ...], chance: Random) -> dict[str, Any]:
    def somebody() -> str:
        return chance.choice(names)

    written: dict[str, Any] = {}
    if chance.random() < 0.4:
        written["exact_matches"] = {"m": {"provider": somebody(), "fallback": somebody()}}
    if chance.random() < 0.3:
        written["patterns"] = [{"pattern": "n", "provider": somebody(), "backend_model": chance.choice(MODELS)}]
    if chance.random() < 0.4:
        written["capabilities"] = {"code": {"preferred_models": [somebody(), "m"], "fallback": somebody()}}
    if chance.random() < 0.6:
        links = [somebody(), f"{somebody()}/{chance.choice(MODELS)}", chance.choice(MODELS)]
        written["fallback_chains"] = {"default": chance.sample(links, chance.randint(1, 3))}
    if chance.random() < 0.4:
        shares = [{"provider": name, "weight": chance.randint(0, 3)} for name in names]
        shares[0]["weight"] = 1
        written["load_balancing"] = {"m": {"providers": shares}}
    if chance.random() < 0.4:
        written["routing_rules"] = {"default_provider": somebody()}
    return written


def mishaps(names: Iterator[str], chance: Random) -> Live:
    """Whatever may be wrong with providers at one time."""
    return {
        name: KnownProvider(
            health=chance.choice(tuple(Health)),
            models=tuple(chance.sample(MODELS, chance.randint(0, 2))),
            in_flight=chance.randint(0, 5),
            capacity=chance.choice((None, 3)),
            draining=chance.random() < 0.05,
            headroom=chance.choice((None, 0.0, 0.5)),
            cooldown_s=chance.choice((0.0, 0.0, 0.0, 9.0)),
            error_ratio=chance.random(),
            targets={
                model: KnownTarget(
                    breaker=chance.choice(tuple(BreakerState)),
                    share=chance.choice((0.1, 1.0)),
                    ewma_ttft_s=chance.choice((None, chance.random())),
                    warm=chance.choice((None, True, False)),
                )
                for model in MODELS
            },
            turns={(("", "user", "ann"), "m"): Turn(chance.choice(("", *REGIONS)), 50, chance.random())},
        )
        for name in names
        if chance.random() < 0.9
    }


def asked(chance: Random) -> RouteFacts:
    groups = chance.choice(("", *GROUPS, "eu,us", "mine,eu"))
    requirements = None
    if chance.random() < 0.1:
        requirements = Requirements(region=chance.choice(REGIONS), local_only=chance.random() < 0.2)
    return RouteFacts(
        chance.choice((*MODELS, "code", "a/m", "b/n", "unheard-of")),
        prompt_tokens=100,
        user=chance.choice(("", "ann")),
        tenant=chance.choice(TENANTS),
        residency=groups or None,
        strategy=chance.choice((None, None, *STRATEGIES)),
        requirements=requirements,
    )


@pytest.mark.parametrize("batch", range(BATCHES))
def test_nothing_goes_where_it_must_not(batch: int) -> None:
    seen = Counter[str]()
    for seed in range(batch, WORLDS, BATCHES):
        chance = Random(seed)
        made = world(chance)
        turns = Turns()
        for _ in range(ASKS):
            facts, live = asked(chance), mishaps(iter(made.own_addresses), chance)
            try:
                found = plan(facts, made.table, live, now=0.0, turns=turns, chance=chance)
            except ModelNotFound:
                seen["unknown"] += 1
                continue
            for it in found.attempts:
                violated = made.canary(facts, it.provider, it.model, it.region)
                assert violated is None, f"seed {seed}: {facts} went to {it}: {violated}"
            strict = any(made.rules[name].get("strict", True) for name in made.groups(facts))
            seen["kept" if found.attempts else "refused"] += strict
            seen["abroad"] += any(made.table.regions.base_url(it.provider, it.region) for it in found.attempts)
    # It proves nothing unless requests under strict rules do get answered, and some of them elsewhere than usual.
    assert min(seen["kept"], seen["refused"], seen["abroad"]) > WORLDS // BATCHES // 10
