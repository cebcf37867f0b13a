import pytest

from ai_dashboard.config.schema import ChainLink, ExactMatch, Mappings, WeightedProvider
from ai_dashboard.config.schema.mappings import MetadataRule, SizeRule


def chain(written: object, name: str = "m") -> list[str]:
    mappings = Mappings.model_validate({"fallback_chains": {name: written}})
    return [str(link) for link in mappings.fallback_chains[name]]


@pytest.mark.parametrize(
    ("written", "links"),
    [
        (None, []),
        ([], []),
        ("a", ["a"]),
        (["a", "p/b"], ["a", "p/b"]),
        ([{"provider": "p", "model": "b"}, {"provider": "p"}], ["p/b", "p"]),
        ({"provider": "p", "model": "b"}, ["p/b"]),
        ({"chain": ["a", "b"], "description": "why"}, ["a", "b"]),
        ({"primary": "m", "secondary": "a", "tertiary": None, "fallbacks": ["b"]}, ["a", "b"]),
        ({"primary": "a", "secondary": "b"}, ["a", "b"]),
        ({"primary": None, "fallbacks": "a"}, ["a"]),
    ],
)
def test_every_form_of_a_chain(written: object, links: list[str]) -> None:
    assert chain(written) == links


@pytest.mark.parametrize(
    ("link", "resolved"),
    [
        (ChainLink(model="p"), ChainLink(provider="p")),
        (ChainLink(model="p/a"), ChainLink(provider="p", model="a")),
        (ChainLink(model="p/a/b"), ChainLink(provider="p", model="a/b")),
        (ChainLink(model="Qwen/Qwen2.5"), ChainLink(model="Qwen/Qwen2.5")),
        (ChainLink(provider="q", model="p/a"), ChainLink(provider="q", model="p/a")),
    ],
)
def test_links(link: ChainLink, resolved: ChainLink) -> None:
    assert link.resolved({"p", "q"}) == resolved


def test_a_word_is_a_provider() -> None:
    mappings = Mappings.model_validate(
        {"exact_matches": {"m": "p"}, "load_balancing": {"m": {"providers": ["p", {"provider": "q", "weight": 3}]}}}
    )
    assert mappings.exact_matches["m"] == ExactMatch(provider="p")
    assert mappings.load_balancing["m"].providers == (
        WeightedProvider(provider="p"),
        WeightedProvider(provider="q", weight=3),
    )


@pytest.mark.parametrize("key", ["strategy", "routing_strategy"])
def test_a_strategy_has_two_names(key: str) -> None:
    mappings = Mappings.model_validate({"capabilities": {"c": {key: "direct", "preferred_models": "a"}}})
    assert mappings.capabilities["c"].strategy == "direct"
    assert mappings.capabilities["c"].preferred_models == ("a",)


def test_the_usual_strategy_has_three_names() -> None:
    for key in ("strategy", "routing_strategy", "default_strategy"):
        mappings = Mappings.model_validate({"routing_rules": {key: "hybrid", "weights": {"cost": 2}}})
        assert (mappings.routing_rules.strategy, mappings.routing_rules.weights) == ("hybrid", {"cost": 2})


def test_a_bare_list_of_providers_shares_a_load() -> None:
    balance = Mappings.model_validate({"load_balancing": {"m": ["p", {"provider": "q"}]}}).load_balancing["m"]
    assert [share.provider for share in balance.providers] == ["p", "q"]
    assert balance.parameters.saturation_threshold == 0.8


@pytest.mark.parametrize("key", ["model", "backend_model", "preferred_model"])
def test_rules_on_requests_and_sizes(key: str) -> None:
    rules = {
        "request_metadata_routing": {"urgent": {"provider": "p", "condition": "stream", key: "m"}},
        "model_size_routing": [{"size": "< 8B", "provider": "p"}],
    }
    written = Mappings.model_validate({"routing_rules": rules}).routing_rules
    assert written.request_metadata_routing == {"urgent": MetadataRule(provider="p", condition="stream", model="m")}
    assert written.model_size_routing == (SizeRule(size="< 8B", provider="p"),)


def test_finer_points_of_choosing_stand_wherever_a_strategy_does() -> None:
    finer = {
        "priority_order": "home",
        "context_thresholds": [8000, 32000],
        "complexity_thresholds": {"low": 0, "high": 900},
    }
    written = Mappings.model_validate(
        {"capabilities": {"c": finer}, "load_balancing": {"m": finer}, "routing_rules": finer}
    )
    for it in (written.capabilities["c"], written.load_balancing["m"], written.routing_rules):
        assert (it.priority_order, it.context_thresholds) == (("home",), {"8000": 8000, "32000": 32000})
        assert (it.complexity_thresholds.medium, it.complexity_thresholds.high) == (None, 900)
