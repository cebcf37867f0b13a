"""What a configuration is compiled to."""

from collections.abc import Callable

import pytest

from ai_dashboard.routing.table import Link, Table

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
