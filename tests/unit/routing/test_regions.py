"""Which data may go where, in which order regions are tried, and what is said of the rest."""

from types import MappingProxyType
from typing import Any

import pytest

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Mappings, MultiRegion, ProvidersFile
from ai_dashboard.core.errors import UnknownResidency
from ai_dashboard.core.plan import Candidate, Excluded, Plan, Requirements, RouteFacts
from ai_dashboard.routing.live import KnownProvider, KnownTarget, Live
from ai_dashboard.routing.regions import Regions, compile_regions, latencies, left_nobody, refusal

PROVIDERS: dict[str, dict[str, Any]] = {
    "home": {"type": "ollama"},
    "us": {"region": "us-east"},
    "eu": {"region": "eu-west"},
    "asia": {"region": "ap-southeast"},
    "vague": {},
}
EU = "https://eu.example"


def regions_of(providers: dict[str, dict[str, Any]] | None = None, **settings: object) -> Regions:
    """The regions of a `multi-region.yaml` with these sections."""
    entries = {
        name: {"type": "openai_compatible", "base_url": f"https://{name}.example"} | entry
        for name, entry in (providers or PROVIDERS).items()
    }
    for entry in entries.values():
        if entry["type"] == "ollama":
            entry["base_url"] = "http://127.0.0.1:11434"
    file = ProvidersFile.model_validate({"providers": entries})
    written = MultiRegion.model_validate(settings)
    return compile_regions(
        Config(MappingProxyType(file.providers), Mappings(), GatewaySettings(), "written by the test", written)
    )


def planned(*providers: str, model: str = "m") -> Plan:
    attempts = tuple(
        Candidate(name, model, "listed", round(1 / place, 3)) for place, name in enumerate(providers, start=1)
    )
    return Plan(model, "listing", attempts, ())


def tried(plan: Plan) -> list[str]:
    return [f"{it.provider}@{it.region}" if it.region else it.provider for it in plan.attempts]


def in_group(group: str, tenant: str = "") -> RouteFacts:
    return RouteFacts("m", residency=group, tenant=tenant)


# ── who may answer ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rule", "reasons"),
    [
        (
            {"regions": ["eu-west", "local"], "compliant_providers": ["home", "eu", "us", "vague"]},
            {
                "us": "answers in us-east, allowed: eu-west, local",
                "asia": "answers in ap-southeast, allowed: eu-west, local",
                "vague": "where it answers is not known, allowed: eu-west, local",
            },
        ),
        (
            {"regions": ["eu-west", "us-east", "local"], "compliant_providers": ["eu"]},
            {
                "home": "home is not a compliant provider",
                "us": "us is not a compliant provider",
                "asia": "answers in ap-southeast, allowed: eu-west, local, us-east",
                "vague": "where it answers is not known, allowed: eu-west, local, us-east",
            },
        ),
        # Without a list promises count, and one's own machines need none.
        (
            {"regions": ["eu-west", "us-east", "local"]},
            {
                "us": "us does not promise data residency",
                "asia": "answers in ap-southeast, allowed: eu-west, local, us-east",
                "vague": "where it answers is not known, allowed: eu-west, local, us-east",
            },
        ),
        (
            {"regions": ["eu-west", "us-east", "local"], "compliant_providers": [], "description": "nobody"},
            {
                "home": "home is not a compliant provider",
                "us": "us is not a compliant provider",
                "eu": "eu is not a compliant provider",
                "asia": "answers in ap-southeast, allowed: eu-west, local, us-east",
                "vague": "where it answers is not known, allowed: eu-west, local, us-east",
            },
        ),
        (
            {"regions": ["eu-west", "us-east"], "compliant_providers": ["eu", "us"], "required_compliance": ["GDPR"]},
            {
                "home": "answers in local, allowed: eu-west, us-east",
                "us": "us lacks gdpr",
                "asia": "answers in ap-southeast, allowed: eu-west, us-east",
                "vague": "where it answers is not known, allowed: eu-west, us-east",
            },
        ),
    ],
)
def test_a_strict_rule_leaves_out_what_it_does_not_allow(rule: dict[str, Any], reasons: dict[str, str]) -> None:
    places = {"eu": {"data_residency_support": True, "compliance": ["gdpr"]}}
    regions = regions_of(provider_regions=places, data_residency={"eu_users": rule})
    facts = in_group("eu_users")
    found = {name: regions.residency_reason(facts, name, "m") for name in PROVIDERS}
    wanted = {name: f"residency:eu_users ({reasons[name]})" if name in reasons else None for name in PROVIDERS}
    assert found == wanted
    kept = regions.placed(planned(*PROVIDERS), facts, {})
    assert [it.provider for it in kept.attempts] == [name for name in PROVIDERS if name not in reasons]
    assert {it.provider: it.reason for it in kept.excluded} == {name: wanted[name] for name in reasons}


def test_nobody_who_is_unknown_is_compliant() -> None:
    regions = regions_of(data_residency={"eu": {"regions": ["eu-west"], "compliant_providers": ["eu"]}})
    assert regions.residency_reason(in_group("eu"), "stranger", "m") is not None
    assert tried(regions.placed(planned("stranger"), in_group("eu"), {})) == []


def test_a_request_of_no_group_goes_anywhere() -> None:
    regions = regions_of(data_residency={"eu": {"regions": ["eu-west"], "compliant_providers": ["eu"]}})
    assert all(regions.residency_reason(RouteFacts("m"), name, "m") is None for name in PROVIDERS)


def test_one_model_of_a_provider_may_be_compliant() -> None:
    regions = regions_of(data_residency={"eu": {"regions": ["eu-west"], "compliant_providers": ["eu/good"]}})
    assert regions.residency_reason(in_group("eu"), "eu", "good") is None
    assert regions.residency_reason(in_group("eu"), "eu", "bad") is not None


def test_what_an_own_server_passes_on_is_not_at_home() -> None:
    regions = regions_of(data_residency={"mine": {"regions": ["local"]}})
    assert regions.residency_reason(in_group("mine"), "home", "gpt-oss:20b") is None
    reason = regions.residency_reason(in_group("mine"), "home", "gpt-oss:120b-cloud")
    assert reason == "residency:mine (where it answers is not known, allowed: local)"


# ── which rules hold ─────────────────────────────────────────────────────────────────────────────────────────────────

TWO: dict[str, Any] = {
    "eu": {"regions": ["eu-west", "local"], "compliant_providers": ["eu", "home"], "groups": ["eu_users", "gdpr"]},
    "mine": {"regions": ["local"], "tenants": ["bank"]},
    "us": {"regions": ["us-east"], "compliant_providers": ["us"]},
}


@pytest.mark.parametrize(
    ("facts", "names"),
    [
        (RouteFacts("m"), []),
        (in_group("eu"), ["eu"]),
        (in_group("gdpr"), ["eu"]),
        (in_group(" eu_users , gdpr,"), ["eu"]),
        (in_group("eu,us"), ["eu", "us"]),
        (RouteFacts("m", tenant="bank"), ["mine"]),
        (RouteFacts("m", tenant="shop"), []),
        (in_group("us", tenant="bank"), ["mine", "us"]),
        (in_group(""), []),
    ],
)
def test_rules_of_a_request(facts: RouteFacts, names: list[str]) -> None:
    assert [rule.name for rule in regions_of(data_residency=TWO).rules_for(facts)] == names


def test_whoever_belongs_to_no_group_has_the_default() -> None:
    regions = regions_of(data_residency={**TWO, "default": "gdpr"})
    assert [rule.name for rule in regions.rules_for(RouteFacts("m"))] == ["eu"]
    assert [rule.name for rule in regions.rules_for(in_group("us"))] == ["us"]


def test_a_header_narrows_what_a_tenant_may_and_never_widens_it() -> None:
    regions = regions_of(data_residency=TWO)
    assert tried(regions.placed(planned(*PROVIDERS), RouteFacts("m", tenant="bank"), {})) == ["home@local"]
    both = regions.placed(planned(*PROVIDERS), in_group("us", tenant="bank"), {})
    assert both.attempts == ()
    assert {it.reason.partition(" ")[0] for it in both.excluded} == {"residency:mine", "residency:us"}


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"data_residency": TWO}, "the groups are: eu, eu_users, gdpr, mine, us"),
        ({}, "the groups are: none, multi-region.yaml has no rules"),
        (
            {"data_residency": {"enabled": False, **TWO}},
            "the groups are: none, multi-region.yaml has no rules",
        ),
    ],
)
def test_a_group_that_no_rule_is_for_is_refused(settings: dict[str, Any], hint: str) -> None:
    regions = regions_of(**settings)
    for ask in (lambda: regions.residency_reason(in_group("uk"), "eu", "m"), lambda: regions.rules_for(in_group("uk"))):
        with pytest.raises(UnknownResidency) as caught:
            ask()
        assert (caught.value.status, caught.value.hint) == (400, hint)
    with pytest.raises(UnknownResidency):
        regions.placed(planned("eu"), in_group("uk"), {})


def test_a_rule_that_is_not_strict_says_who_goes_last() -> None:
    rule = {"regions": ["eu-west", "local"], "compliant_providers": ["eu", "home"], "strict": False}
    regions = regions_of(data_residency={"eu": rule})
    plan = regions.placed(planned("us", "vague", "eu", "home"), in_group("eu"), {})
    assert tried(plan) == ["eu@eu-west", "home@local", "us@us-east", "vague"]
    assert plan.excluded == ()
    assert [it.score for it in plan.attempts] == [0.333, 0.25, 0.25, 0.25]


def test_a_rule_that_is_not_strict_may_be_about_providers_only() -> None:
    rule = {"compliant_providers": ["vague"], "strict": False}
    plan = regions_of(data_residency={"r": rule}).placed(planned("us", "vague"), in_group("r"), {})
    assert [it.provider for it in plan.attempts] == ["vague", "us"]


# ── when nothing is left ─────────────────────────────────────────────────────────────────────────────────────────────


def test_when_a_rule_leaves_nobody_the_caller_is_told_which() -> None:
    regions = regions_of(data_residency={"eu": {"regions": ["eu-west"], "compliant_providers": ["eu"]}})
    plan = regions.placed(planned("us", "asia"), in_group("eu"), {})
    assert left_nobody(plan)
    error = refusal(plan)
    assert (error.status, error.code) == (451, "residency_refused")
    assert error.message == "the residency rule eu leaves nobody who may answer for 'm'; nothing was sent"


@pytest.mark.parametrize(
    "plan",
    [
        planned("eu"),
        Plan("m", "listing", (), (Excluded("us", "m", "disabled"),)),
        Plan("m", "listing", (Candidate("eu", "m", "", 1),), (Excluded("us", "m", "residency:eu (…)"),)),
    ],
)
def test_other_empty_plans_are_no_matter_of_residency(plan: Plan) -> None:
    assert not left_nobody(plan)


# ── addresses and prices ─────────────────────────────────────────────────────────────────────────────────────────────

BOTH: dict[str, Any] = {
    "us": {"regional_endpoints": {"eu-west": EU}, "data_residency_support": ["eu-west"]},
}


def test_a_provider_is_asked_at_the_address_that_a_rule_allows() -> None:
    regions = regions_of(provider_regions=BOTH, data_residency={"eu": {"regions": ["eu-west"]}})
    assert tried(regions.placed(planned("us"), RouteFacts("m"), {})) == ["us@us-east"]
    assert tried(regions.placed(planned("us"), in_group("eu"), {})) == ["us@eu-west"]
    assert regions.base_url("us", "us-east") is None
    assert regions.base_url("us", "eu-west") == EU
    assert regions.base_url("stranger", "eu-west") is None


@pytest.mark.parametrize(
    ("region", "attempts"),
    [
        ("us-east", ["us@us-east"]),
        ("eu-west", ["us@eu-west", "eu@eu-west"]),
        ("local", ["home@local"]),
        ("us-west", []),
    ],
)
def test_a_caller_may_require_a_region(region: str, attempts: list[str]) -> None:
    facts = RouteFacts("m", requirements=Requirements(region=region))
    plan = regions_of(provider_regions=BOTH).placed(planned("us", "eu", "home", "vague"), facts, {})
    assert tried(plan) == attempts


def test_prices_by_region() -> None:
    prices = {"price_multipliers": {"eu-west": 1.2}}
    assert regions_of(cost_optimization=prices).price_factor("eu-west") == 1.2
    assert regions_of(cost_optimization=prices).price_factor("us-east") == 1
    assert regions_of(cost_optimization={**prices, "enabled": False}).price_factor("eu-west") == 1


# ── order ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_written_leaves_a_plan_as_it_is() -> None:
    plan = planned("us", "home", "vague")
    assert regions_of().plain
    assert regions_of().placed(plan, RouteFacts("m"), {}) is plan


@pytest.mark.parametrize(
    "settings",
    [
        {"data_residency": TWO},
        {"provider_regions": BOTH},
        {"regional_failover": {"us-east": ["eu-west"]}},
        {"regional_failover": {"max_failover_hops": 0}},
        {"latency_routing": True},
    ],
)
def test_what_may_change_a_plan(settings: dict[str, Any]) -> None:
    assert not regions_of(**settings).plain


ORDER = {"us-east": ["eu-west", "local"]}


@pytest.mark.parametrize(
    ("failover", "attempts"),
    [
        ({}, ["us@us-east", "home@local", "asia@ap-southeast", "eu@eu-west"]),
        ({"sequences": ORDER}, ["us@us-east", "eu@eu-west", "home@local", "asia@ap-southeast"]),
        ({"sequences": ORDER, "enabled": False}, ["us@us-east", "home@local", "asia@ap-southeast", "eu@eu-west"]),
        ({"sequences": ORDER, "max_failover_hops": 2}, ["us@us-east", "eu@eu-west", "home@local"]),
        ({"sequences": ORDER, "max_failover_hops": 1}, ["us@us-east", "eu@eu-west"]),
        ({"sequences": ORDER, "max_failover_hops": 0}, ["us@us-east"]),
        # A region without a sequence keeps the order of the strategy.
        ({"sequences": {"eu-west": ["local"]}}, ["us@us-east", "home@local", "asia@ap-southeast", "eu@eu-west"]),
        ({"max_failover_hops": 1}, ["us@us-east", "home@local"]),
    ],
)
def test_the_region_of_the_best_goes_first_then_its_sequence(failover: dict[str, Any], attempts: list[str]) -> None:
    regions = regions_of(regional_failover=failover, data_residency=TWO)
    plan = regions.placed(planned("us", "home", "asia", "eu"), RouteFacts("m"), {})
    assert tried(plan) == attempts
    assert [it.score for it in plan.attempts] == sorted((it.score for it in plan.attempts), reverse=True)


def test_what_is_too_far_says_so() -> None:
    regions = regions_of(regional_failover={"us-east": ["eu-west"], "max_failover_hops": 1})
    plan = regions.placed(planned("us", "home", "eu", "vague"), RouteFacts("m"), {})
    assert plan.excluded == (
        Excluded("home", "m", "local would be hop 2, max_failover_hops is 1"),
        Excluded("vague", "m", "an unknown region would be hop 3, max_failover_hops is 1"),
    )


def test_a_provider_with_several_addresses_is_tried_again_in_the_next_region() -> None:
    regions = regions_of(provider_regions=BOTH, regional_failover={"us-east": ["eu-west"]})
    plan = regions.placed(planned("us", "home", "eu"), RouteFacts("m"), {})
    assert tried(plan) == ["us@us-east", "us@eu-west", "eu@eu-west", "home@local"]


def measured(**seconds: float | None) -> Live:
    return {name: KnownProvider(targets={"m": KnownTarget(ewma_ttft_s=it)}) for name, it in seconds.items()}


@pytest.mark.parametrize(
    ("live", "attempts"),
    [
        (measured(us=0.9, eu=0.3, asia=0.5), ["eu@eu-west", "asia@ap-southeast", "us@us-east"]),
        (measured(us=0.34, eu=0.3, asia=0.5), ["us@us-east", "eu@eu-west", "asia@ap-southeast"]),
        (measured(us=None, eu=0.3, asia=0.2), ["us@us-east", "asia@ap-southeast", "eu@eu-west"]),
        (measured(us=0.9, eu=None, asia=None), ["us@us-east", "eu@eu-west", "asia@ap-southeast"]),
        ({}, ["us@us-east", "eu@eu-west", "asia@ap-southeast"]),
    ],
)
def test_the_fastest_region_goes_first_where_that_is_wanted(live: Live, attempts: list[str]) -> None:
    plan = planned("us", "eu", "asia")
    assert tried(regions_of(latency_routing={"enabled": True}).placed(plan, RouteFacts("m"), live)) == attempts
    never = regions_of(latency_routing={"enabled": False}, data_residency=TWO).placed(plan, RouteFacts("m"), live)
    assert tried(never) == ["us@us-east", "eu@eu-west", "asia@ap-southeast"]


def test_a_region_is_as_fast_as_the_best_in_it() -> None:
    pairs = [("a", 0.5), ("b", 0.2), ("a", 0.1), ("a", None), ("c", None), ("", 0.01)]
    assert latencies(pairs) == {"a": 0.1, "b": 0.2}


def test_a_strict_rule_comes_before_speed() -> None:
    regions = regions_of(
        latency_routing=True, data_residency={"eu": {"regions": ["eu-west"], "compliant_providers": ["eu"]}}
    )
    plan = regions.placed(planned("us", "eu"), in_group("eu"), measured(us=0.01, eu=9))
    assert tried(plan) == ["eu@eu-west"]
