"""The export has the structure that LiteLLM reads, says who it was made from, and holds no secret."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ai_dashboard.config.export_litellm import Exported, export
from ai_dashboard.config.load import SERVING, load

HERE = Path(__file__).parent
SHIPPED = Path(__file__).parents[3] / "config"

PROVIDERS = """\
providers:
  home: {type: ollama, models: [llama3.1:8b, {name: tiny, context_length: 2048}]}
  rack: {type: vllm, base_url: http://rack:8001, models: [llama3.1:8b, {name: big, size: 70B}]}
  openai:
    type: openai
    models: [{name: gpt-5-mini, context_length: 400000, supports: [vision, tools]}]
    cost_per_1k_tokens: {gpt-5-mini: {input: 0.00025, output: 0.002}}
  idle: {type: ollama, status: disabled, models: [gone]}
"""
MAPPINGS = """\
exact_matches:
  coder: {provider: rack, backend_model: big, fallback: openai}
  nobody: {provider: idle}
patterns:
  - {pattern: "^gpt-4\\\\.1", provider: openai}
  - {pattern: "^(a|b)$", provider: openai}
capabilities:
  chat: {preferred_models: [tiny, openai, rack/big], min_context: 4096}
load_balancing:
  shared:
    providers:
      - {provider: home, weight: 0.7, preferred_model: tiny}
      - {provider: rack, weight: 0.3, preferred_model: big}
      - {provider: openai, weight: 0}
      - {provider: openai, condition: local_saturated}
fallback_chains:
  llama3.1:8b: [openai/gpt-5-mini, idle, tiny]
  default: [openai]
routing_rules:
  strategy: latency_based
  default_provider: home
  request_metadata_routing:
    urgent: {condition: stream, provider: rack}
"""
REGIONS = "data_residency: {eu: {regions: [local], strict: true}}\n"
GATEWAY = """\
auth: {master_key: sk-master-0123456789}
retries: {max: 5}
cache: {enabled: true, ttl_s: 60}
redis: {url: "${SHARED}"}
"""

Make = Callable[..., Exported]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """`make(providers=…, mappings=…, regions=…, gateway=…)` exports a folder with these texts."""

    def make(providers: str = PROVIDERS, mappings: str = "", regions: str = "", gateway: str = "") -> Exported:
        texts = (providers, mappings, regions, gateway)
        sources = {name: text.encode() for name, text in zip(SERVING, texts, strict=True) if text}
        loaded = load(tmp_path, {"OPENAI_API_KEY": "sk-openai-0123456789", "SHARED": "redis://u:pw@r:1/0"}, sources)
        assert loaded.config is not None, loaded.diagnostics
        return export(loaded.config, sources)

    return make


@pytest.fixture
def whole(make: Make) -> Exported:
    return make(mappings=MAPPINGS, regions=REGIONS, gateway=GATEWAY)


@pytest.fixture
def document(whole: Exported) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(whole.text)
    return document


def group(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [entry["litellm_params"] for entry in document["model_list"] if entry["model_name"] == name]


def test_the_head_says_what_it_is_and_what_it_was_made_from(whole: Exported) -> None:
    head = whole.text.split("\nmodel_list")[0]
    assert head.startswith("# Generated, do not edit:")
    assert f"#   providers.yaml sha256:{hashlib.sha256(PROVIDERS.encode()).hexdigest()}\n" in head
    assert all(line.startswith("#") or not line for line in head.splitlines())


def test_a_file_that_is_not_there_has_no_hash(make: Make) -> None:
    assert "#   gateway.yaml sha256:-\n" in make().text


def test_no_secret_is_in_it(whole: Exported) -> None:
    for secret in ("sk-openai-0123456789", "sk-master-0123456789", "pw@"):
        assert secret not in whole.text + repr(whole.notes)


def test_a_listed_model_goes_to_its_providers_in_order(document: dict[str, Any]) -> None:
    assert [(it["model"], it["order"]) for it in group(document, "llama3.1:8b")] == [
        ("ollama_chat/llama3.1:8b", 1),
        ("hosted_vllm/llama3.1:8b", 2),
    ]
    assert group(document, "rack/big") == [
        {"model": "hosted_vllm/big", "api_base": "http://rack:8001/v1", "api_key": "none"}
    ]
    assert group(document, "gone") == []


def test_what_is_known_of_a_model_is_said(document: dict[str, Any]) -> None:
    [info] = [entry["model_info"] for entry in document["model_list"] if entry["model_name"] == "gpt-5-mini"]
    assert info == {
        "max_input_tokens": 400_000,
        "input_cost_per_token": 2.5e-07,
        "output_cost_per_token": 2e-06,
        "supports_vision": True,
        "supports_function_calling": True,
    }


def test_an_exact_match_is_an_alias(document: dict[str, Any]) -> None:
    assert document["router_settings"]["model_group_alias"] == {"coder": "rack/big"}


def test_a_capability_goes_through_its_models_that_are_large_enough(document: dict[str, Any]) -> None:
    assert [(it["model"], it["order"]) for it in group(document, "chat")] == [
        ("openai/gpt-5-mini", 1),
        ("hosted_vllm/big", 2),
    ]


def test_a_shared_load_keeps_its_weights_and_spares_step_in(document: dict[str, Any]) -> None:
    assert [(it["model"], it["weight"]) for it in group(document, "shared")] == [
        ("ollama_chat/tiny", 7),
        ("hosted_vllm/big", 3),
    ]
    assert {"shared": ["openai/gpt-5-mini"]} in document["router_settings"]["fallbacks"]


def test_chains_are_fallbacks_without_those_that_are_off(document: dict[str, Any]) -> None:
    fallbacks = document["router_settings"]["fallbacks"]
    assert {"llama3.1:8b": ["openai/gpt-5-mini", "tiny"]} in fallbacks
    assert {"coder": ["openai/gpt-5-mini"]} in fallbacks
    assert document["router_settings"]["default_fallbacks"] == ["openai/gpt-5-mini"]
    names = {entry["model_name"] for entry in document["model_list"]} | {"coder"}
    for chain in fallbacks:
        [(name, steps)] = chain.items()
        assert {name, *steps} <= names


def test_patterns_and_the_default_are_wildcards(document: dict[str, Any]) -> None:
    assert [it["model"] for it in group(document, "gpt-4.1*")] == ["openai/gpt-4.1*"]
    assert [it["model"] for it in group(document, "*")] == ["ollama_chat/*"]


def test_settings_are_carried_over(document: dict[str, Any]) -> None:
    router = document["router_settings"]
    assert (router["routing_strategy"], router["num_retries"], router["timeout"]) == ("latency-based-routing", 5, 600)
    assert document["litellm_settings"]["cache_params"] == {
        "type": "redis",
        "ttl": 60,
        "mode": "default_off",
        "url": "os.environ/SHARED",
    }
    assert document["general_settings"] == {"master_key": "os.environ/LITELLM_MASTER_KEY"}


def test_what_cannot_be_said_is_noted(whole: Exported) -> None:
    for note in (
        "exact_matches.nobody: idle is not active",
        "the pattern ^(a|b)$ is no plain prefix",
        "load_balancing.shared: openai, which takes part if local_saturated",
        "the rule urgent on requests",
        "RESIDENCY: nothing keeps the data of eu where multi-region.yaml wants them",
        "auth.master_key stands in gateway.yaml; LiteLLM looks for it in LITELLM_MASTER_KEY",
    ):
        assert note in whole.notes
        assert f"#   - {note}\n" in whole.text


def test_a_load_of_a_model_that_has_a_rule_of_its_own_is_shared_all_the_same(make: Make) -> None:
    mappings = """\
exact_matches: {llama3.1:8b: home, other: {provider: home, backend_model: llama3.1:8b}}
load_balancing: {llama3.1:8b: [home, rack]}
"""
    document = yaml.safe_load(make(mappings=mappings).text)
    assert [it["weight"] for it in group(document, "llama3.1:8b")] == [1, 1]
    assert document["router_settings"]["model_group_alias"] == {"other": "llama3.1:8b"}


@pytest.mark.parametrize("folder", [SHIPPED, HERE / "older_form"])
def test_whole_folders_are_exported_with_every_name_that_they_list(folder: Path) -> None:
    sources = {name: (folder / name).read_bytes() for name in SERVING if (folder / name).exists()}
    config = load(folder, {}, sources).config
    assert config is not None
    document = yaml.safe_load(export(config, sources).text)
    names = {entry["model_name"] for entry in document["model_list"]} | set(
        document["router_settings"]["model_group_alias"]
    )
    for provider in config.providers.values():
        for model in provider.models:
            assert (model.name in names and f"{provider.name}/{model.name}" in names) == provider.active or any(
                it.active and it is not provider and model in it.models for it in config.providers.values()
            )
