"""What a configuration is compiled to."""

from collections.abc import Callable

import pytest

from ai_dashboard.config.schema.mappings import STRATEGIES as KNOWN_STRATEGIES
from ai_dashboard.routing import table as routing_table
from ai_dashboard.routing.strategies import STRATEGIES
from ai_dashboard.routing.table import Choice, Link, Table

Compile = Callable[..., Table]


@pytest.mark.parametrize(
    ("entry", "barred"),
    [
        ({}, None),
        ({"status": "disabled"}, "disabled"),
        ({"status": "template"}, "template"),
        ({"requires_api_key": True}, "no API key"),
        ({"requires_api_key": True, "api_key": "k"}, None),
        ({"type": "openai", "base_url": ""}, "no API key"),
        ({"type": "openai", "base_url": "", "status": "disabled"}, "disabled"),
    ],
)
def test_who_may_not_be_asked(entry: dict[str, object], barred: str | None, compiled: Compile) -> None:
    assert compiled({"p": entry}).providers["p"].barred == barred


def test_models_keep_what_routing_and_dialects_need(compiled: Compile) -> None:
    model = {"name": "x:8b", "context_length": 4096, "options": {"num_ctx": 4096}}
    models = compiled({"p": {"models": [model, "plain"]}}).providers["p"].models
    assert list(models) == ["x:8b", "plain"]
    assert (models["x:8b"].context_length, models["x:8b"].parameters) == (4096, 8e9)
    assert models["x:8b"].options == {"num_ctx": 4096}
    assert (models["plain"].context_length, models["plain"].parameters) == (None, None)


def test_rules_carry_their_place(compiled: Compile) -> None:
    table = compiled(
        {"p": []},
        exact_matches={"a": {"provider": "p", "backend_model": "b", "fallback": "q"}, "c": "p"},
        patterns=[{"pattern": "^gpt-", "provider": "p"}],
    )
    assert (table.exact["a"].name, table.exact["a"].model, table.exact["a"].fallback) == ("exact_matches.a", "b", "q")
    assert (table.exact["c"].provider, table.exact["c"].model) == ("p", None)
    assert [rule.name for rule in table.patterns] == ["patterns.^gpt-"]


def test_a_capability_prefers_models_and_providers_and_then_its_provider(compiled: Compile) -> None:
    code = {"preferred_models": ["m", "p", "p/x", "Qwen/y"], "provider": "q", "min_context": 9, "min_model_size": "7B"}
    capability = compiled({"p": [], "q": []}, capabilities={"code": code, "chat": {}}).capabilities["code"]
    assert capability.preferred == (
        *(Link("m", None), Link(None, "p"), Link("x", "p"), Link("Qwen/y", None)),
        Link(None, "q"),
    )
    assert (capability.min_context, capability.min_parameters) == (9, 7e9)


def test_chains(compiled: Compile) -> None:
    chains = compiled(
        {"p": []},
        fallback_chains={"m": ["p", "p/x", "other", {"provider": "p", "model": "y"}], "default": None},
    ).chains
    assert chains["m"] == (Link(None, "p"), Link("x", "p"), Link("other", None), Link("y", "p"))
    assert chains["default"] == ()


def test_the_configuration_knows_every_strategy_by_every_name() -> None:
    assert frozenset(STRATEGIES) == KNOWN_STRATEGIES


def test_shared_loads_rules_and_tasks(compiled: Compile) -> None:
    table = compiled(
        {"home": [], "away": {"base_url": "https://away.example", "type": "vllm"}, "off": {"status": "disabled"}},
        capabilities={"code": {"preferred_models": ["home"], "strategy": "hybrid", "weights": {"cost": 1}}},
        load_balancing={
            "m": {
                "providers": [{"provider": "home", "condition": "local_saturated"}, {"provider": "away", "weight": 2}],
                "parameters": {"saturation_threshold": 0.5},
            }
        },
        routing_rules={
            "request_metadata_routing": {
                "urgent": {"provider": "away", "condition": "header.X-A == 'b'", "backend_model": "x"},
                "never": {"provider": "away"},
            },
            "model_size_routing": [{"size": "< 8B", "provider": "home"}, {"size": "small", "provider": "home"}],
            "strategy": "latency_based",
        },
        tasks={"poems": "code"},
    )
    balance = table.balancing["m"]
    assert [(it.provider, it.weight) for it in balance.shares] == [("home", 1), ("away", 2)]
    assert (balance.choice, balance.saturation) == (Choice("weighted_round_robin"), 0.5)
    assert table.capabilities["code"].choice == Choice("hybrid", (("cost", 1.0),))
    assert table.choice == Choice("latency_based")
    assert [(it.name, it.model) for it in table.conditional] == [("routing_rules.request_metadata_routing.urgent", "x")]
    assert [it.name for it in table.sizes] == ["routing_rules.model_size_routing.< 8B"]
    assert (table.tasks["poems"], table.tasks["coding"]) == ("code", "code")
    assert table.own == {"home": None}
    assert table.names_read == {"header.x-a", "local_saturated"}


def test_patterns_are_remembered_and_there_is_an_end_to_it(compiled: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing_table, "MAX_REMEMBERED", 2)
    table = compiled({"p": []}, patterns=[{"pattern": "^a", "provider": "p"}, {"pattern": "a", "provider": "p"}])
    for _ in range(2):
        found = [rule and rule.name for rule in map(table.pattern_for, ["abc", "bca", "x", "y"])]
        assert found == ["patterns.^a", "patterns.a", None, None]
