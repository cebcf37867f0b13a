"""One table for each rule: what was asked, which rule applied, and who is tried in which order."""

from collections.abc import Callable
from typing import Any

import pytest

from ai_dashboard.core.errors import ModelNotFound
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing.resolve import known_models, providers_of, resolve
from ai_dashboard.routing.table import Live, Table

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
        (RouteFacts("code", capability="unheard-of"), "capabilities.code"),
        (RouteFacts("llama3.1:8b", capability="unheard-of"), "listing"),
    ],
)
def test_a_capability_that_was_asked_for(facts: RouteFacts, rule: str, compiled: Compile) -> None:
    assert routes(compiled(PROVIDERS, **RULES), facts)[0] == rule


def test_a_listing_names_all_in_file_order_those_that_may_not_answer_too(compiled: Compile) -> None:
    assert routes(compiled(PROVIDERS), "shared") == ("listing", ["one shared", "two shared", "off shared"])


def test_discovered_models_count_as_listed(compiled: Compile, live: MakeLive) -> None:
    found = live(empty=["fresh", "spelled:latest"], two=["fresh"])
    table = compiled(PROVIDERS)
    assert routes(table, "fresh", found) == ("listing", ["two fresh", "empty fresh"])
    assert routes(table, "spelled", found) == ("listing", ["empty spelled:latest"])
    assert providers_of("spelled:other", table, found) == ()


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
