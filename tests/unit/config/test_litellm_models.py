"""Models at providers in LiteLLM's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.config.litellm_models import PREFIXES, place_of, whole_weights
from ai_dashboard.config.load import SECTIONS, with_key
from ai_dashboard.config.schema import Provider, ProvidersFile
from ai_dashboard.config.validate import Source, validate
from ai_dashboard.config.yaml_read import parse
from ai_dashboard.config.yaml_tree import Data


def params(entry: str, notes: list[str] | None = None, env: dict[str, str] | None = None) -> Data:
    tree = parse(f"providers: {{p: {{{entry}}}}}")
    section, found = validate(ProvidersFile, Source("providers.yaml", tree))
    assert section is not None, found
    provider = with_key(section.providers["p"], env or {})
    return place_of(provider, tree, [] if notes is None else notes).deployment("g", "m")["litellm_params"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("type: ollama", {"model": "ollama_chat/m", "api_base": "http://127.0.0.1:11434"}),
        (
            "type: ollama, base_url: 'https://ollama.com'",
            {"model": "ollama_chat/m", "api_base": "https://ollama.com", "api_key": "os.environ/OLLAMA_API_KEY"},
        ),
        ("type: openai", {"model": "openai/m", "api_key": "os.environ/OPENAI_API_KEY"}),
        ("type: anthropic", {"model": "anthropic/m", "api_key": "os.environ/ANTHROPIC_API_KEY"}),
        ("type: gemini, env_var: G", {"model": "gemini/m", "api_key": "os.environ/G"}),
        (
            "type: vllm, base_url: 'http://h:8001/v1/'",
            {"model": "hosted_vllm/m", "api_base": "http://h:8001/v1", "api_key": "none"},
        ),
        (
            "type: llama_cpp, base_url: 'http://h:1'",
            {"model": "openai/m", "api_base": "http://h:1/v1", "api_key": "none"},
        ),
        (
            "type: openai, env_var: KEY, rate_limits: {requests_per_minute: 5, tokens_per_minute: 9}",
            {"model": "openai/m", "api_key": "os.environ/KEY", "rpm": 5, "tpm": 9},
        ),
        (
            "type: openai_compatible, base_url: 'http://h:1', api_key: '${KEY:-x}'",
            {"model": "openai/m", "api_base": "http://h:1/v1", "api_key": "os.environ/KEY"},
        ),
        (
            "type: openai, api_key: os.environ/KEY, timeout_s: 9, rate_limits: {max_concurrent: 2}",
            {"model": "openai/m", "api_key": "os.environ/KEY", "timeout": 9, "max_parallel_requests": 2},
        ),
    ],
)
def test_a_deployment_says_how_it_is_reached(entry: str, expected: Data) -> None:
    assert params(entry, env={"KEY": "sk-1"}) == expected


def test_secrets_stay_behind_and_that_is_said() -> None:
    notes: list[str] = []
    entry = "type: openai, api_key: sk-0123456789abc, headers: {x-key: hidden, user-agent: me}"
    assert params(entry, notes) == {
        "model": "openai/m",
        "api_key": "os.environ/P_API_KEY",
        "extra_headers": {"user-agent": "me"},
    }
    assert "LiteLLM looks for it in P_API_KEY" in notes[0]
    assert "the headers x-key may hold secrets" in notes[1]
    assert "sk-0123456789abc" not in repr(notes)


def test_every_type_has_a_prefix() -> None:
    assert set(PREFIXES) == set(Provider.model_fields["type"].annotation.__args__)  # type: ignore[union-attr]
    assert "providers.yaml" in SECTIONS


@pytest.mark.parametrize(
    ("weights", "whole"),
    [([0.7, 0.3], [7, 3]), ([1, 1, 1], [1, 1, 1]), ([2, 0.5], [4, 1]), ([3], [1]), ([0.25, 0.75], [1, 3])],
)
def test_weights_are_whole_numbers(weights: list[float], whole: list[int]) -> None:
    assert whole_weights(weights) == whole


@given(st.lists(st.integers(1, 100).map(lambda cents: cents / 100), min_size=1, max_size=5))
def test_whole_weights_are_the_same_shares(weights: list[float]) -> None:
    whole = whole_weights(weights)
    for weight, number in zip(weights, whole, strict=True):
        assert number / sum(whole) == pytest.approx(weight / sum(weights))
