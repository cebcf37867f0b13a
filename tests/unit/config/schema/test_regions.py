import pytest
from pydantic import ValidationError

from ai_dashboard.config.schema import MultiRegion, ResidencyRule


def test_nothing_written_restricts_nothing() -> None:
    settings = MultiRegion.model_validate({})
    assert (settings.data_residency.rules, settings.provider_regions) == ({}, {})
    assert not settings.latency_routing.enabled
    assert list(settings.known) == ["us-east", "us-west", "eu-west", "ap-southeast", "local"]


def test_regions_of_ones_own_replace_the_usual_ones_but_local() -> None:
    known = MultiRegion.model_validate({"regions": {"mars": "Olympus Mons"}}).known
    assert list(known) == ["mars", "local"]
    assert known["mars"].location == "Olympus Mons"


EU = {"regions": ["eu-west"]}


@pytest.mark.parametrize(
    "written",
    [
        {"data_residency": {"eu": EU}},
        {"data_residency": {"rules": {"eu": EU}}},
        {"data_residency": {"rules": {}, "eu": EU}},
        {"data_residency": {"rules": None, "eu": EU}},
        {"data_residency_rules": {"eu": EU}},
        {"residency_rules": {"rules": {"eu": EU}}},
        {"residency": {"eu": {"allowed_regions": ["eu-west"]}}},
        {"residency": {"eu": {"required_regions": "eu-west"}}},
        {"residency": {"eu": {"region": "eu-west"}}},
    ],
)
def test_a_rule_may_stand_in_several_forms(written: dict[str, object]) -> None:
    assert MultiRegion.model_validate(written).data_residency.rules == {"eu": ResidencyRule(regions=("eu-west",))}


def test_settings_beside_rules_are_no_rules() -> None:
    residency = MultiRegion.model_validate({"residency": {"enabled": False, "default": "eu", "eu": EU}}).data_residency
    assert (residency.enabled, residency.default, list(residency.rules)) == (False, "eu", ["eu"])


def test_a_group_may_be_called_like_a_setting() -> None:
    residency = MultiRegion.model_validate({"residency": {"default": EU}}).data_residency
    assert (residency.default, list(residency.rules)) == (None, ["default"])


@pytest.mark.parametrize(
    "residency",
    [
        {"eu": None},
        {"eu": ["eu-west"]},
        {"rules": ["eu"]},
        {"rules": {"eu": None}},
        {"rules": "eu"},
        ["eu"],
        {"eu": {"strict": "perhaps", **EU}},
    ],
)
def test_what_could_be_a_rule_is_never_passed_over(residency: object) -> None:
    with pytest.raises(ValidationError):
        MultiRegion.model_validate({"data_residency": residency})


def test_a_rule_is_strict_unless_it_says_otherwise() -> None:
    assert ResidencyRule.model_validate(EU).strict
    assert ResidencyRule.model_validate(EU).compliant_providers is None
    assert ResidencyRule.model_validate({**EU, "compliant_providers": []}).compliant_providers == ()


@pytest.mark.parametrize(
    ("support", "promised"),
    [(None, None), (True, ("*",)), (False, ()), ("eu-west", ("eu-west",)), (["a", "b"], ("a", "b"))],
)
def test_what_a_provider_promises(support: object, promised: tuple[str, ...] | None) -> None:
    entry = {"data_residency_support": support, "regional_endpoints": {"eu-west": "https://eu.example/v1/"}}
    provider = MultiRegion.model_validate({"provider_regions": {"p": entry}}).provider_regions["p"]
    assert provider.data_residency_support == promised
    assert provider.regional_endpoints == {"eu-west": "https://eu.example"}


@pytest.mark.parametrize(
    "failover",
    [
        {"sequences": {"a": ["b", "c"]}, "max_failover_hops": 2},
        {"a": ["b", "c"], "max_failover_hops": 2},
        {"a": {"failover_sequence": ["b", "c"]}, "max_failover_hops": 2},
        {"a": {"sequence": ["b", "c"]}, "max_failover_hops": 2},
    ],
)
def test_a_sequence_may_stand_in_several_forms(failover: dict[str, object]) -> None:
    read = MultiRegion.model_validate({"regional_failover": failover}).regional_failover
    assert (read.sequences, read.max_failover_hops, read.enabled) == ({"a": ("b", "c")}, 2, True)


def test_sections_may_be_switches() -> None:
    settings = MultiRegion.model_validate(
        {"latency_routing": True, "cost_optimization": False, "regional_failover": False}
    )
    assert settings.latency_routing.enabled
    assert not settings.cost_optimization.enabled
    assert not settings.regional_failover.enabled


@pytest.mark.parametrize(
    "written",
    [
        {"regional_failover": {"max_failover_hops": -1}},
        {"regional_failover": {"a": {"steps": ["b"]}}},
        {"cost_optimization": {"price_multipliers": {"a": 0}}},
        {"cost_optimization": {"multipliers": {"a": -1}}},
        {"latency_routing": {"threshold_ms": -1}},
    ],
)
def test_bounds(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MultiRegion.model_validate(written)
