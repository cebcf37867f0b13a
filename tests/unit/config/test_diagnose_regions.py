"""What is said of regions that do not exist and of rules that could not be kept, and where."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ai_dashboard.config.load import Loaded

Read = Callable[..., Loaded]

SHIPPED = Path(__file__).parents[3] / "config"

PROVIDERS = """
providers:
  home: {type: ollama}
  cloud: {type: openai_compatible, base_url: 'https://cloud.example', region: us-east}
  off: {type: vllm, base_url: 'http://127.0.0.1:8001', status: disabled}
"""


def said(read: Read, regions: str, providers: str = PROVIDERS, **env: str) -> list[str]:
    found = read(providers, regions=regions, env=env).diagnostics
    return [f"{it.severity} {it.line}:{it.column} {it.path}: {it.message}" for it in found if "region" in it.file]


def test_a_folder_without_the_file_says_nothing(read: Read) -> None:
    assert said(read, "") == []
    assert said(read, "regions: {us-east: Virginia}\n") == []


@pytest.mark.parametrize(
    ("rules", "finding"),
    [
        (
            "data_residency:\n  eu:\n    regions: [eu-west, eu-wets]",
            "error 3:24 data_residency.eu.regions.1: there is no region `eu-wets`",
        ),
        (
            "residency:\n  rules:\n    eu:\n      allowed_regions: eu",
            "error 4:24 residency.rules.eu.allowed_regions: there is no region `eu`",
        ),
        (
            "data_residency:\n  eu:\n    compliant_providers: [home]",
            "error 2:3 data_residency.eu: a strict rule must say where its data may go",
        ),
        (
            "data_residency:\n  eu: {regions: [local], compliant_providers: [home, hmoe]}",
            "error 2:54 data_residency.eu.compliant_providers.1: there is no provider `hmoe`",
        ),
        (
            "data_residency:\n  eu: {regions: [local], compliant_providers: ['off']}",
            (
                "warning 2:26 data_residency.eu.compliant_providers: "
                "no active provider is among them: all requests of the group are refused"
            ),
        ),
        (
            "data_residency:\n  eu: {regions: [local], compliant_providers: []}",
            (
                "warning 2:26 data_residency.eu.compliant_providers: "
                "no active provider is among them: all requests of the group are refused"
            ),
        ),
        (
            "data_residency:\n  a: {regions: [local]}\n  b: {regions: [local], groups: [a]}",
            "error 3:3 data_residency.b: the group `a` has the rule `a` already",
        ),
        (
            "data_residency:\n  default: eu\n  a: {regions: [local]}",
            "error 2:12 data_residency.default: there is no rule `eu`",
        ),
        (
            "data_residency:\n  enabled: false\n  a: {regions: [local]}",
            "warning 2:12 data_residency.enabled: the rules are switched off: requests go anywhere",
        ),
        (
            "data_residency:\n  a: {regions: [local], complaint_providers: [home]}",
            "warning 2:25 data_residency.rules.a.complaint_providers: unknown key `complaint_providers`, ignored",
        ),
        (
            "compliance: {gdpr: {}}",
            (
                "info 1:1 compliance: kept for people: "
                "rules are made in `data_residency`, audits listed in `provider_regions`"
            ),
        ),
    ],
)
def test_rules(read: Read, rules: str, finding: str) -> None:
    assert said(read, rules) == [finding]


def test_rules_in_two_sections_are_refused_since_only_one_would_hold(read: Read) -> None:
    found = said(read, "data_residency: {a: {regions: [local]}}\nresidency: {b: {regions: [local]}}")
    assert "error 2:1 residency: `data_residency` has the rules already: these would not hold" in found


def test_compliant_providers_may_be_models(read: Read) -> None:
    assert said(read, "data_residency: {a: {regions: [local], compliant_providers: [home/llama3.1:8b]}}") == []


@pytest.mark.parametrize(
    ("places", "finding"),
    [
        ("hmoe: {}", "warning 2:3 provider_regions.hmoe: there is no provider `hmoe`: passed over"),
        (
            "home: {available_regions: [local, mars]}",
            "warning 2:37 provider_regions.home.available_regions.1: there is no region `mars`: no rule can allow it",
        ),
        (
            "home: {primary_region: mars}",
            "warning 2:26 provider_regions.home.primary_region: there is no region `mars`: no rule can allow it",
        ),
        (
            "home: {regional_endpoints: {mars: 'http://mars'}}",
            (
                "warning 2:31 provider_regions.home.regional_endpoints.mars: "
                "there is no region `mars`: no rule can allow it"
            ),
        ),
        (
            "home: {regional_endpoints: {local: here}}",
            "error 2:38 provider_regions.home.regional_endpoints.local: this is not an http or https address",
        ),
        (
            "home: {data_residency_support: [mars]}",
            (
                "warning 2:35 provider_regions.home.data_residency_support.0: "
                "there is no region `mars`: no rule can allow it"
            ),
        ),
        (
            "cloud: {available_regions: [eu-west]}",
            (
                "warning 2:30 provider_regions.cloud.available_regions: "
                "`providers.yaml` says that it runs in `us-east`, which is not among these"
            ),
        ),
    ],
)
def test_places(read: Read, places: str, finding: str) -> None:
    assert said(read, f"provider_regions:\n  {places}") == [finding]


def test_a_place_that_templates_name_is_nobodys_concern(read: Read) -> None:
    assert said(read, "provider_regions: {'off': {regional_endpoints: {local: here}}}") == []


@pytest.mark.parametrize(
    ("entry", "url", "refused"),
    [
        ("type: openai", "https://eu.api.openai.com", False),
        ("type: openai", "https://eu.openai.example", True),
        ("type: openai, env_var: OPENAI_API_KEY", "https://eu.openai.example", False),
        ("type: openai, api_key: '${OPENAI_API_KEY}'", "https://eu.openai.example", False),
        ("type: google", "https://europe-west1-aiplatform.googleapis.com", False),
    ],
)
def test_a_usual_key_goes_to_nobody_else(read: Read, entry: str, url: str, refused: bool) -> None:
    regions = f"provider_regions: {{p: {{regional_endpoints: {{eu-west: '{url}'}}}}}}"
    found = said(read, regions, f"providers: {{p: {{{entry}}}}}", OPENAI_API_KEY="sk-1", GEMINI_API_KEY="g")
    assert [finding.split(":")[0] for finding in found] == (["error 1"] if refused else [])


def test_a_region_of_a_provider_is_looked_at_once_there_are_regions(read: Read) -> None:
    providers = "providers:\n  p: {type: ollama, region: basement}"
    assert read(providers).diagnostics == ()
    [finding] = read(providers, regions="regions: {us-east: here}").diagnostics
    assert (finding.file, finding.line, finding.path) == ("providers.yaml", 2, "providers.p.region")


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("regional_failover:\n  mars: [local]", "2:3 regional_failover.mars"),
        ("regional_failover:\n  sequences: {local: [us-east, mars]}", "2:32 regional_failover.sequences.local.1"),
        ("cost_optimization:\n  multipliers: {mars: 2}", "2:17 cost_optimization.multipliers.mars"),
    ],
)
def test_orders_and_prices(read: Read, written: str, place: str) -> None:
    assert said(read, written) == [f"warning {place}: there is no region `mars`: passed over"]


def test_the_shipped_example_is_sound_once_its_comment_marks_are_taken_off(read: Read) -> None:
    example = re.sub(r"(?m)^# ( *[a-z_]+(-[a-z]+)?:)", r"\1", (SHIPPED / "multi-region.yaml").read_text())
    loaded = read((SHIPPED / "providers.yaml").read_text(), regions=example, env={"OPENAI_API_KEY": "sk-1"})
    assert loaded.config is not None
    assert [finding for finding in loaded.diagnostics if finding.file == "multi-region.yaml"] == []
    settings = loaded.config.regions
    assert settings.data_residency.rules["eu_users"].tenants == ("acme",)
    assert settings.provider_regions["openai"].regional_endpoints
    assert settings.regional_failover.max_failover_hops == 2
    assert settings.latency_routing.enabled
    assert settings.cost_optimization.price_multipliers
