"""One table for each rule: what was asked, which rule applied, and who is tried in which order."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_dashboard.core.errors import ModelNotFound, UnknownCapability
from ai_dashboard.core.plan import Excluded, RouteFacts
from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing.live import Live
from ai_dashboard.routing.resolve import Resolution, known_models, resolve
from ai_dashboard.routing.table import Table

Compile = Callable[..., Table]
MakeLive = Callable[..., Live]

PROVIDERS: dict[str, Any] = {
    "one": ["llama3.1:8b", "shared", "tagged:latest"],
    "two": ["shared", "big:70b", "org/name"],
    "off": {"models": ["only-off", "shared"], "status": "disabled"},
    "empty": [],
}
RULES: dict[str, Any] = {
    "exact_matches": {
        "alias": {"provider": "one", "backend_model": "llama3.1:8b"},
        "same": "two",
        "steps-aside": {"provider": "off", "fallback": "two"},
        "shared": {"provider": "two", "fallback": "one"},
        "old": {"provider": "one", "fallback": "alias"},
        "code-alias": "one",
    },
    "patterns": [
        {"pattern": "^gpt-", "provider": "two", "backend_model": "big:70b", "fallback": "one"},
        {"pattern": "turbo", "provider": "one"},
    ],
    "capabilities": {
        "code": {"preferred_models": ["big:70b", "one"], "fallback": "empty"},
        "large": {"preferred_models": ["llama3.1:8b", "two"], "min_model_size": "30B"},
        "exactly": {"preferred_models": ["alias", "two/special"]},
        "stand-in": {"fallback": "two", "min_model_size": "30B"},
        "nobody": {"preferred_models": ["unheard-of"]},
        "code-alias": {"preferred_models": ["shared"]},
    },
}


def routes(table: Table, facts: RouteFacts | str, live: Live | None = None) -> tuple[str, list[str]]:
    resolution = resolve(RouteFacts(facts) if isinstance(facts, str) else facts, table, live or {})
    return resolution.rule, [f"{route.provider} {route.model}" for route in resolution.routes]


@pytest.mark.parametrize(
    ("asked", "rule", "tried"),
    [
        # provider/model, when the part before the first slash is a provider
        ("one/llama3.1:8b", "providers.one", ["one llama3.1:8b"]),
        ("one/any/thing", "providers.one", ["one any/thing"]),
        ("off/x", "providers.off", ["off x"]),
        ("org/name", "listing", ["two org/name"]),
        # exact
        ("alias", "exact_matches.alias", ["one llama3.1:8b"]),
        ("same", "exact_matches.same", ["two same"]),
        ("shared", "exact_matches.shared", ["two shared", "one shared"]),
        ("steps-aside", "exact_matches.steps-aside", ["off steps-aside", "two shared"]),
        ("old", "exact_matches.old", ["one old"]),
        ("code-alias", "exact_matches.code-alias", ["one code-alias"]),
        # pattern: the first that is found anywhere in the name
        ("gpt-4-turbo", "patterns.^gpt-", ["two big:70b", "one llama3.1:8b"]),
        ("my-turbo", "patterns.turbo", ["one my-turbo"]),
        # capability by its own name
        ("code", "capabilities.code", ["two big:70b", "one llama3.1:8b", "one shared", "one tagged:latest"]),
        ("large", "capabilities.large", ["two shared", "two big:70b", "two org/name"]),
        ("exactly", "capabilities.exactly", ["one llama3.1:8b", "two special"]),
        ("stand-in", "capabilities.stand-in", ["two shared"]),
        ("nobody", "capabilities.nobody", []),
        # listing
        ("llama3.1:8b", "listing", ["one llama3.1:8b"]),
        ("tagged", "listing", ["one tagged:latest"]),
        ("tagged:latest", "listing", ["one tagged:latest"]),
    ],
)  # fmt: skip
def test_the_first_rule_that_applies(asked: str, rule: str, tried: list[str], compiled: Compile) -> None:
    assert routes(compiled(PROVIDERS, **RULES), asked) == (rule, tried)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (RouteFacts("anything", capability="exactly"), "capabilities.exactly"),
        (RouteFacts("alias", capability="exactly"), "exact_matches.alias"),
        (RouteFacts("one/x", capability="exactly"), "providers.one"),
        (RouteFacts("code", capability="exactly"), "capabilities.exactly"),
        (RouteFacts("llama3.1:8b", capability="Coding"), "capabilities.code"),
    ],
)
def test_a_capability_that_was_asked_for(facts: RouteFacts, rule: str, compiled: Compile) -> None:
    assert routes(compiled(PROVIDERS, **RULES), facts)[0] == rule


@pytest.mark.parametrize(
    ("model", "named", "hint"),
    [
        ("llama3.1:8b", "cod", "did you mean code"),
        ("alias", "exacly", "did you mean exactly"),
        ("one/x", "???", "did you mean code"),
    ],
)
def test_a_capability_that_nobody_has_heard_of_is_refused_whatever_the_model_is(
    model: str, named: str, hint: str, compiled: Compile
) -> None:
    with pytest.raises(UnknownCapability, match=re.escape(f"there is no capability {named!r}")) as refused:
        routes(compiled(PROVIDERS, **RULES), RouteFacts(model, capability=named))
    assert refused.value.hint.startswith(hint)
    with pytest.raises(UnknownCapability) as refused:
        routes(compiled(PROVIDERS), RouteFacts(model, capability=named))
    assert refused.value.hint == "the configuration has none"


def test_a_listing_names_all_in_file_order_those_that_may_not_answer_too(compiled: Compile) -> None:
    assert routes(compiled(PROVIDERS), "shared") == ("listing", ["one shared", "two shared", "off shared"])


def test_discovered_models_count_as_listed(compiled: Compile, live: MakeLive) -> None:
    found = live(empty=["fresh", "spelled:latest"], two=["fresh"])
    table = compiled(PROVIDERS)
    assert routes(table, "fresh", found) == ("listing", ["two fresh", "empty fresh"])
    assert routes(table, "spelled", found) == ("listing", ["empty spelled:latest"])


def test_a_model_that_only_barred_providers_list_goes_to_the_default_provider(compiled: Compile) -> None:
    rules = {"routing_rules": {"default_provider": "two"}}
    assert routes(compiled(PROVIDERS, **rules), "only-off") == ("routing_rules.default_provider", ["two only-off"])
    assert routes(compiled(PROVIDERS), "only-off") == ("listing", ["off only-off"])


def test_the_default_provider_is_asked_for_what_nobody_lists(compiled: Compile) -> None:
    table = compiled(PROVIDERS, routing_rules={"default_provider": "one"})
    assert routes(table, "unheard/of") == ("routing_rules.default_provider", ["one unheard/of"])


# ── fallback ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("asked", "chains", "tried"),
    [
        ("llama3.1:8b", {"llama3.1:8b": ["big:70b"]}, ["one llama3.1:8b", "two big:70b"]),
        ("llama3.1:8b", {"llama3.1:8b": ["alias", "two/special"]}, ["one llama3.1:8b", "two special"]),
        ("llama3.1:8b", {"llama3.1:8b": ["two"]}, ["one llama3.1:8b", "two shared"]),
        ("big:70b", {"big:70b": ["two", "one"]}, ["two big:70b", "one llama3.1:8b"]),
        ("llama3.1:8b", {"llama3.1:8b": ["empty"]}, ["one llama3.1:8b", "empty llama3.1:8b"]),
        ("llama3.1:8b", {"default": ["big:70b"]}, ["one llama3.1:8b", "two big:70b"]),
        ("llama3.1:8b", {"llama3.1:8b": None, "default": ["big:70b"]}, ["one llama3.1:8b"]),
        ("llama3.1:8b", {"llama3.1:8b": ["unheard-of", "big:70b"]}, ["one llama3.1:8b", "two big:70b"]),
        ("big:70b", {"big:70b": ["shared", "alias", "shared"]}, ["two big:70b", "two shared", "one llama3.1:8b"]),
        # a chain for the name that was asked for wins over one for the name that is sent
        ("alias", {"alias": ["big:70b"], "llama3.1:8b": ["two"]}, ["one llama3.1:8b", "two big:70b"]),
        ("alias", {"llama3.1:8b": ["big:70b"]}, ["one llama3.1:8b", "two big:70b"]),
        ("one/llama3.1:8b", {"llama3.1:8b": ["big:70b"]}, ["one llama3.1:8b", "two big:70b"]),
        # the rule's own fallback comes before the chain, and nobody twice
        ("shared", {"shared": ["one", "big:70b"]}, ["two shared", "one shared", "two big:70b"]),
        ("nobody", {"nobody": ["alias"]}, ["one llama3.1:8b"]),
    ],
)  # fmt: skip
def test_fallback_chains(asked: str, chains: dict[str, Any], tried: list[str], compiled: Compile) -> None:
    assert routes(compiled(PROVIDERS, **RULES, fallback_chains=chains), asked)[1] == tried


def test_a_fallback_provider_is_asked_for_the_same_model_as_it_spells_it(compiled: Compile) -> None:
    table = compiled(
        {"one": ["m"], "two": ["first", "m:latest"]}, exact_matches={"m": {"provider": "one", "fallback": "two"}}
    )
    assert routes(table, "m")[1] == ["one m", "two m:latest"]


def test_every_route_says_why(compiled: Compile) -> None:
    table = compiled(PROVIDERS, **RULES, fallback_chains={"default": ["big:70b"]})
    why = {
        asked: [route.why for route in resolve(RouteFacts(asked), table, {}).routes]
        for asked in ("one/x", "shared", "my-turbo", "stand-in", "tagged")
    }
    chain = "fallback_chains.default"
    assert why == {
        "one/x": ["named by the caller", chain],
        "shared": ["exact match", "fallback of exact_matches.shared", chain],
        "my-turbo": ["pattern", chain],
        "stand-in": ["fallback of capabilities.stand-in", chain],
        "tagged": ["lists the model", chain],
    }


# ── nothing applies ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("lama3.1:8b", "llama3.1:8b"),
        ("org/nam", "org/name"),
        ("cod", "code"),
        ("zzzzzzzzzzzz", "did you mean"),
        ("unheard/of", "did you mean"),
    ],
)
def test_a_name_that_nobody_knows(asked: str, hint: str, compiled: Compile) -> None:
    with pytest.raises(ModelNotFound) as caught:
        resolve(RouteFacts(asked), compiled(PROVIDERS, **RULES), {})
    assert caught.value.status == 404
    assert asked in caught.value.message
    assert hint in caught.value.hint
    assert len(caught.value.hint.partition("?")[0].split(", ")) <= 3


def test_without_any_model_the_hint_says_so(compiled: Compile) -> None:
    with pytest.raises(ModelNotFound) as caught:
        resolve(RouteFacts("m"), compiled({}), {})
    assert caught.value.hint == "no models are configured"


def test_known_models_are_those_that_can_be_asked_for(compiled: Compile, live: MakeLive) -> None:
    table = compiled(PROVIDERS, exact_matches=RULES["exact_matches"], capabilities={"code": {}})
    known = known_models(table, live(empty=["fresh", "shared"], off=["hidden"]))
    assert known == {
        "llama3.1:8b": ("one",),
        "shared": ("one", "two", "empty"),
        "tagged:latest": ("one",),
        "big:70b": ("two",),
        "org/name": ("two",),
        "fresh": ("empty",),
        "alias": ("one",),
        "same": ("two",),
        "steps-aside": ("off",),
        "old": ("one",),
        "code-alias": ("one",),
        "code": (),
    }


def test_health_is_no_part_of_resolving(compiled: Compile, live: MakeLive) -> None:
    table = compiled(PROVIDERS, **RULES)
    down = live(one=Health.UNAVAILABLE, two=Health.AUTH_FAILED)
    assert routes(table, "shared", down) == routes(table, "shared")


# ── shared loads ─────────────────────────────────────────────────────────────────────────────────────────────────────

POOL: dict[str, Any] = {
    "home": ["llama:8b", "coder:7b"],
    "rack": {"models": ["llama:8b", "coder:32b"], "weight": 3},
    "cloud": {"models": ["llama-large", "coder:480b"], "base_url": "https://cloud.example"},
    "off": {"models": ["llama:8b"], "status": "disabled"},
}
SHARES: dict[str, Any] = {
    "llama:8b": {"providers": [{"provider": "home", "weight": 0.7}, {"provider": "rack", "weight": 0.3}]},
    "talk": {
        "providers": [
            {"provider": "rack", "weight": 5, "condition": "stream"},
            {"provider": "home", "preferred_model": "coder:7b"},
            "cloud",
        ],
        "strategy": "least_loaded",
    },
    "never": {"providers": [{"provider": "home", "condition": "false"}]},
    "only-off": [{"provider": "off"}],
}


def weighed(resolution: Resolution) -> list[str]:
    return [
        f"{route.provider} {route.model} {route.weight:g}{' steps in' if route.steps_in else ''}"
        for route in resolution.routes
    ]


@pytest.mark.parametrize(
    ("facts", "rule", "pool", "strategy", "tried"),
    [
        # of the very name, a model's or one's own
        (
            RouteFacts("llama:8b"), "load_balancing.llama:8b", "load_balancing.llama:8b", "weighted_round_robin",
            ["home llama:8b 0.7", "rack llama:8b 0.3"],
        ),
        (
            RouteFacts("talk"), "load_balancing.talk", "load_balancing.talk", "least_loaded",
            ["home coder:7b 1", "cloud llama-large 1"],
        ),
        (
            RouteFacts("talk", stream=True), "load_balancing.talk", "load_balancing.talk", "least_loaded",
            ["rack llama:8b 5", "home coder:7b 1", "cloud llama-large 1"],
        ),
        # on top of an exact match, by its own name or by the model's
        (
            RouteFacts("alias"), "exact_matches.alias", "load_balancing.llama:8b", "weighted_round_robin",
            ["home llama:8b 0.7", "rack llama:8b 0.3"],
        ),
        (
            RouteFacts("elsewhere"), "exact_matches.elsewhere", "load_balancing.llama:8b", "weighted_round_robin",
            ["home llama:8b 0.7", "rack llama:8b 0.3", "cloud llama:8b 1 steps in", "off llama:8b 1 steps in"],
        ),
        # on top of a pattern
        (
            RouteFacts("any-llama"), "patterns.^any-", "load_balancing.llama:8b", "weighted_round_robin",
            ["home llama:8b 0.7", "rack llama:8b 0.3"],
        ),
        # on top of a capability, by the model that it prefers
        (
            RouteFacts("chat"), "capabilities.chat", "load_balancing.llama:8b", "weighted_round_robin",
            ["home llama:8b 0.7", "rack llama:8b 0.3", "off llama:8b 1 steps in", "cloud llama-large 1 steps in"],
        ),
        # a capability that says how to choose keeps its own way, and its pool
        (
            RouteFacts("fast"), "capabilities.fast", "capabilities.fast", "fastest_response",
            ["cloud llama-large 1", "home llama:8b 0.7", "rack llama:8b 0.3"],
        ),
        # never on top of a provider that the caller has named
        (RouteFacts("home/llama:8b"), "providers.home", "providers.home", None, ["home llama:8b 1"]),
        # without anybody who takes part the rules go on
        (RouteFacts("never"), "load_balancing.never", "load_balancing.never", "weighted_round_robin", []),
        (
            RouteFacts("only-off"), "load_balancing.only-off", "load_balancing.only-off", "weighted_round_robin",
            ["off llama:8b 1"],
        ),
        (RouteFacts("coder:32b"), "listing", "listing coder:32b", None, ["rack coder:32b 3"]),
    ],
)  # fmt: skip
def test_shared_loads(
    facts: RouteFacts, rule: str, pool: str, strategy: str | None, tried: list[str], compiled: Compile
) -> None:
    table = compiled(
        POOL,
        exact_matches={
            "alias": {"provider": "home", "backend_model": "llama:8b"},
            "elsewhere": {"provider": "cloud", "backend_model": "llama:8b", "fallback": "off"},
        },
        patterns=[{"pattern": "^any-", "provider": "rack", "backend_model": "llama:8b"}],
        capabilities={
            "chat": {"preferred_models": ["llama:8b", "llama-large"]},
            "fast": {"preferred_models": ["llama-large", "llama:8b"], "strategy": "fastest_response"},
        },
        load_balancing=SHARES,
    )
    resolution = resolve(facts, table, {})
    assert (resolution.rule, resolution.pool, resolution.strategy) == (rule, pool, strategy)
    assert weighed(resolution) == tried


def test_who_takes_no_part_is_named_with_its_condition(compiled: Compile) -> None:
    resolution = resolve(RouteFacts("talk"), compiled(POOL, load_balancing=SHARES), {})
    assert resolution.left_out == (Excluded("rack", "llama:8b", "condition: stream does not hold"),)
    assert resolution.varies
    assert not resolve(RouteFacts("llama:8b"), compiled(POOL, load_balancing=SHARES), {}).varies


def test_who_steps_in_all_the_same_is_not_left_out(compiled: Compile) -> None:
    shares = {"llama:8b": ["rack", {"provider": "home", "condition": "false"}]}
    resolution = resolve(RouteFacts("a"), compiled(POOL, load_balancing=shares, exact_matches=EXACT), {})
    assert weighed(resolution) == ["rack llama:8b 1", "home llama:8b 1 steps in"]
    assert resolution.left_out == ()


EXACT = {"a": {"provider": "home", "backend_model": "llama:8b"}}


def test_a_model_that_somebody_lists_is_never_exchanged_for_another(compiled: Compile) -> None:
    shares = {"coder:7b": ["home", "rack"], "an-alias": ["rack"], "listless": ["empty"]}
    table = compiled({**POOL, "empty": []}, load_balancing=shares)
    assert weighed(resolve(RouteFacts("coder:7b"), table, {})) == ["home coder:7b 1", "rack coder:7b 1"]
    assert weighed(resolve(RouteFacts("an-alias"), table, {})) == ["rack llama:8b 1"]
    assert weighed(resolve(RouteFacts("listless"), table, {})) == ["empty listless 1"]


def test_a_load_that_nobody_takes_falls_to_whoever_lists_the_model(compiled: Compile) -> None:
    shares = {"llama:8b": [{"provider": "home", "condition": "false"}, "off"], "never": SHARES["never"]}
    chains = {"never": ["coder:32b"]}
    table = compiled(POOL, load_balancing=shares, fallback_chains=chains, routing_rules={"default_provider": "cloud"})
    assert weighed(resolve(RouteFacts("llama:8b"), table, {})) == [
        "home llama:8b 1",
        "rack llama:8b 3",
        "off llama:8b 1",
    ]
    assert weighed(resolve(RouteFacts("never"), table, {})) == ["rack coder:32b 3 steps in"]


def test_the_chain_of_a_shared_load_is_that_of_the_model(compiled: Compile) -> None:
    shares = {"llama:8b": [{"provider": "rack", "preferred_model": "coder:32b"}]}
    table = compiled(
        POOL, load_balancing=shares, exact_matches=EXACT, fallback_chains={"llama:8b": ["cloud"], "coder:32b": ["off"]}
    )
    assert weighed(resolve(RouteFacts("a"), table, {})) == [
        "rack coder:32b 1",
        "home llama:8b 1 steps in",
        "cloud llama-large 1 steps in",
    ]


@pytest.mark.parametrize(
    ("entry", "usual", "strategy", "weights"),
    [
        ({"providers": ["home", "rack"]}, {}, "weighted_round_robin", ()),
        ({"providers": ["home", "rack"]}, {"strategy": "latency_based"}, "latency_based", ()),
        ({"providers": [{"provider": "home", "weight": 2}]}, {"strategy": "direct"}, "weighted_round_robin", ()),
        ({"providers": ["home"], "strategy": "direct"}, {"strategy": "hybrid"}, "direct", ()),
        ({"providers": ["home"], "strategy": "unheard_of"}, {}, "weighted_round_robin", ()),
        (
            {"providers": ["home"], "strategy": "hybrid", "weights": {"cost": 1}},
            {"weights": {"health": 1}},
            "hybrid",
            (("cost", 1.0),),
        ),
        ({"providers": ["home"]}, {"weights": {"health": 1}}, "weighted_round_robin", (("health", 1.0),)),
    ],
)
def test_how_a_shared_load_is_chosen_from(
    entry: dict[str, Any],
    usual: dict[str, Any],
    strategy: str,
    weights: tuple[tuple[str, float], ...],
    compiled: Compile,
) -> None:
    table = compiled(POOL, load_balancing={"llama:8b": entry}, routing_rules=usual)
    resolution = resolve(RouteFacts("llama:8b"), table, {})
    assert (resolution.strategy, resolution.weights) == (strategy, weights)


def test_the_usual_strategy_is_for_whoever_says_nothing(compiled: Compile) -> None:
    capabilities = {
        "plain": {"preferred_models": ["llama:8b"]},
        "own": {"preferred_models": ["llama:8b"], "strategy": "direct"},
        "weights": {"preferred_models": ["llama:8b"], "weights": {"cost": 1}},
    }
    usual = {"strategy": "hybrid", "weights": {"health": 1}}
    table = compiled(POOL, capabilities=capabilities, routing_rules=usual)
    chosen = {
        asked: (it.strategy, it.weights)
        for asked in ("plain", "own", "weights", "llama:8b")
        for it in [resolve(RouteFacts(asked), table, {})]
    }
    health, cost = (("health", 1.0),), (("cost", 1.0),)
    assert chosen == {
        "plain": ("hybrid", health),
        "own": ("direct", health),
        "weights": ("hybrid", cost),
        "llama:8b": ("hybrid", health),
    }


# ── rules with conditions, by size, by task ──────────────────────────────────────────────────────────────────────────

CONDITIONS: dict[str, Any] = {
    "off_first": {"provider": "off", "condition": "true"},
    "urgent": {"provider": "rack", "condition": 'header.x-priority == "high"', "fallback": "cloud"},
    "streams": {"provider": "home", "condition": "stream"},
    "images": {"provider": "cloud", "condition": "has_images", "model": "llama-large"},
    "none": {"provider": "cloud"},
}
URGENT = (("x-priority", "high"),)


@pytest.mark.parametrize(
    ("facts", "rule", "tried"),
    [
        # it wins over a listing, a capability and a shared load when its provider serves the model
        (RouteFacts("llama:8b", headers=URGENT), "urgent", ["rack llama:8b 3", "cloud llama-large 1 steps in"]),
        (RouteFacts("llama:8b", stream=True), "streams", ["home llama:8b 1"]),
        (
            RouteFacts("llama:8b", headers=URGENT, stream=True), "urgent",
            ["rack llama:8b 3", "cloud llama-large 1 steps in"],
        ),
        (RouteFacts("code", headers=URGENT), "urgent", ["rack coder:32b 3", "cloud llama-large 1 steps in"]),
        (RouteFacts("shared", headers=URGENT), "urgent", ["rack llama:8b 9", "cloud llama-large 1 steps in"]),
        (RouteFacts("code", needs=frozenset({"vision"})), "images", ["cloud llama-large 1"]),
        # it does not when its provider does not serve the model, or when the condition does not hold
        (RouteFacts("coder:7b", headers=URGENT), "listing", ["home coder:7b 1"]),
        (RouteFacts("llama:8b"), "listing", ["home llama:8b 1", "rack llama:8b 3", "off llama:8b 1"]),
        # rules by name win over it
        (RouteFacts("a", headers=URGENT), "exact_matches.a", ["home llama:8b 1"]),
        (RouteFacts("home/llama:8b", headers=URGENT), "providers.home", ["home llama:8b 1"]),
        # it is asked again for what nobody lists
        (RouteFacts("unheard-of", headers=URGENT), "urgent", ["rack unheard-of 3", "cloud llama-large 1 steps in"]),
    ],
)  # fmt: skip
def test_rules_with_conditions(facts: RouteFacts, rule: str, tried: list[str], compiled: Compile) -> None:
    table = compiled(
        POOL,
        exact_matches=EXACT,
        capabilities={"code": {"preferred_models": ["coder:7b", "coder:32b"]}},
        load_balancing={"shared": ["home", {"provider": "rack", "weight": 9}]},
        routing_rules={"request_metadata_routing": CONDITIONS},
    )
    resolution = resolve(facts, table, {})
    assert resolution.rule.removeprefix("routing_rules.request_metadata_routing.") == rule
    assert weighed(resolution) == tried
    assert resolution.varies is (rule not in ("exact_matches.a", "providers.home"))


def test_why_a_rule_with_a_condition_applies(compiled: Compile) -> None:
    table = compiled(POOL, routing_rules={"request_metadata_routing": CONDITIONS})
    [route] = resolve(RouteFacts("llama:8b", stream=True), table, {}).routes
    assert route.why == "condition: stream"


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ("new:7b", "routing_rules.model_size_routing.< 8B"),
        ("new:8b", "routing_rules.model_size_routing.8B - 13B"),
        ("new-70b", "routing_rules.model_size_routing.> 13B"),
        ("llama:8b", "listing"),
        ("new", "routing_rules.default_provider"),
    ],
)
def test_rules_by_size_are_for_what_nobody_lists(asked: str, rule: str, compiled: Compile) -> None:
    sizes = [
        {"size": "large", "provider": "cloud"},
        {"size": "< 100B", "provider": "off"},
        {"size": "< 8B", "provider": "home"},
        {"size": "8B - 13B", "provider": "home", "fallback": "rack"},
        {"size": "> 13B", "provider": "rack"},
    ]
    rules = {"model_size_routing": sizes, "default_provider": "cloud"}
    assert resolve(RouteFacts(asked), compiled(POOL, routing_rules=rules), {}).rule == rule


def test_a_rule_by_size_says_so_and_has_its_fallback(compiled: Compile) -> None:
    sizes = [{"size": "8B", "provider": "home", "fallback": "rack"}]
    resolution = resolve(RouteFacts("new:8b"), compiled(POOL, routing_rules={"model_size_routing": sizes}), {})
    assert weighed(resolution) == ["home new:8b 1", "rack llama:8b 3 steps in"]
    assert resolution.routes[0].why == "size 8B"


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (RouteFacts("llama:8b", task="code"), "capabilities.code_generation"),
        (RouteFacts("llama:8b", task="Poems"), "capabilities.chat"),
        (RouteFacts("llama:8b", task="code", capability="chat"), "capabilities.chat"),
        (RouteFacts("chat", task="code"), "capabilities.chat"),
        (RouteFacts("a", task="code"), "exact_matches.a"),
        (RouteFacts("llama:8b", task="unheard-of"), "listing"),
    ],
)
def test_tasks_are_capabilities(facts: RouteFacts, rule: str, compiled: Compile) -> None:
    capabilities = {"code_generation": {"preferred_models": ["coder:7b"]}, "chat": {"preferred_models": ["llama:8b"]}}
    table = compiled(POOL, exact_matches=EXACT, capabilities=capabilities, tasks={"poems": "chat"})
    assert resolve(facts, table, {}).rule == rule


def test_what_is_too_small_for_a_capability_is_named(compiled: Compile) -> None:
    providers = {"one": [{"name": "a:7b", "context_length": 8192}, {"name": "b:3b", "context_length": 65536}]}
    capabilities = {"deep": {"preferred_models": ["one"], "min_context": 32768, "min_model_size": "7B"}}
    resolution = resolve(RouteFacts("deep"), compiled(providers, capabilities=capabilities), {})
    assert resolution.left_out == (
        Excluded("one", "a:7b", "min_context 8192 < 32768"),
        Excluded("one", "b:3b", "min_model_size 3B < 7B"),
    )


def test_chains_lead_as_far_as_names_do(compiled: Compile) -> None:
    table = compiled(
        POOL,
        patterns=[{"pattern": "^gpt-", "provider": "cloud"}],
        capabilities={"chat": {"preferred_models": ["coder:7b", "chat", "shared"]}},
        load_balancing={"shared": ["rack"]},
        fallback_chains={"llama-large": ["gpt-9", "chat", "shared"]},
    )
    assert weighed(resolve(RouteFacts("llama-large"), table, {})) == [
        "cloud llama-large 1",
        "cloud gpt-9 1 steps in",
        "home coder:7b 1 steps in",
        "rack llama:8b 1 steps in",
    ]


NAMES = st.sampled_from(["llama:8b", "coder:7b", "talk", "chat", "a", "b", "gpt-4", "home", "home/x", "new:7b", "zzz"])
PROVIDER_NAMES = st.sampled_from([*POOL])
CONDITION = st.sampled_from(["stream", "NOT stream", "batch_mode", "local_saturated", "request_count > 1"])


@settings(max_examples=200)
@given(
    exact=st.dictionaries(
        NAMES, st.fixed_dictionaries({"provider": PROVIDER_NAMES, "backend_model": NAMES, "fallback": PROVIDER_NAMES})
    ),
    shares=st.dictionaries(
        NAMES,
        st.lists(
            st.fixed_dictionaries(
                {"provider": PROVIDER_NAMES, "weight": st.integers(0, 5)}, optional={"condition": CONDITION}
            ),
            min_size=1,
        ),
        max_size=4,
    ),
    capabilities=st.dictionaries(
        NAMES,
        st.fixed_dictionaries(
            {"preferred_models": st.lists(NAMES | PROVIDER_NAMES)},
            optional={"fallback": PROVIDER_NAMES, "strategy": st.just("hybrid")},
        ),
    ),
    chains=st.dictionaries(NAMES, st.lists(NAMES | PROVIDER_NAMES)),
    rules=st.dictionaries(NAMES, st.fixed_dictionaries({"provider": PROVIDER_NAMES, "condition": CONDITION})),
    asked=NAMES,
    stream=st.booleans(),
)  # fmt: skip
def test_whatever_is_written_no_candidate_comes_twice_and_those_that_step_in_come_last(
    exact: dict[str, Any],
    shares: dict[str, Any],
    capabilities: dict[str, Any],
    chains: dict[str, Any],
    rules: dict[str, Any],
    asked: str,
    stream: bool,
    compiled: Compile,
) -> None:
    table = compiled(
        POOL,
        exact_matches=exact,
        load_balancing=shares,
        capabilities=capabilities,
        fallback_chains=chains,
        routing_rules={"request_metadata_routing": rules, "default_provider": "cloud"},
    )
    facts = RouteFacts(asked, stream=stream)
    resolution = resolve(facts, table, {})
    places = [(route.provider, route.model) for route in resolution.routes]
    assert len(places) == len(set(places))
    assert [route.steps_in for route in resolution.routes] == sorted(route.steps_in for route in resolution.routes)
    assert not {(it.provider, it.model) for it in resolution.left_out} & set(places)
    assert resolution == resolve(facts, table, {})


def test_conditions_go_by_the_operators_own_steps(compiled: Compile) -> None:
    table = compiled(
        {"a": ["m"], "b": ["m"]},
        load_balancing={"m": [{"provider": "a", "condition": "complexity == 'high'"}, "b"]},
        routing_rules={"complexity_thresholds": {"medium": 5, "high": 10}},
    )
    hard, easy = (resolve(RouteFacts("m", prompt_tokens=tokens), table, {}) for tokens in (10, 9))
    assert [it.provider for it in hard.routes] == ["a", "b"]
    assert [it.provider for it in easy.routes] == ["b"]


def test_finer_points_are_those_of_the_rule_and_else_the_usual_ones(compiled: Compile) -> None:
    table = compiled(
        {"a": ["m"], "b": ["m"]},
        capabilities={"c": {"preferred_models": ["m"], "priority_order": ["b"]}, "d": {"preferred_models": ["m"]}},
        routing_rules={"strategy": "quality_first", "priority_order": ["a"], "context_thresholds": [9]},
    )
    own, usual = (resolve(RouteFacts(name), table, {}) for name in ("c", "d"))
    assert (own.strategy, own.finer.priority, own.finer.windows) == ("quality_first", ("b",), (9,))
    assert (usual.strategy, usual.finer.priority) == ("quality_first", ("a",))
