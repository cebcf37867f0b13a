import pytest

from ai_dashboard.config.diagnose_cache import check_cache, is_installed
from ai_dashboard.config.schema import GatewaySettings, ProvidersFile
from ai_dashboard.config.validate import Source, validate
from ai_dashboard.config.yaml_read import parse

PROVIDERS = ProvidersFile.model_validate(
    {
        "providers": {
            "ollama": {"type": "ollama", "base_url": "http://127.0.0.1:11434"},
            "off": {"type": "ollama", "base_url": "http://127.0.0.1:11435", "status": "disabled"},
        }
    }
).providers
ALL = frozenset({"numpy", "fastembed"})


def said(written: str, installed: frozenset[str] = ALL) -> list[str]:
    source = Source("gateway.yaml", parse(f"cache: {{{written}}}"))
    gateway, mistakes = validate(GatewaySettings, source)
    assert gateway is not None
    assert mistakes == []
    found = check_cache(gateway.cache, PROVIDERS, source, installed.__contains__)
    return [f"{it.severity} {it.path}: {it.message}" for it in found]


@pytest.mark.parametrize(
    ("written", "findings"),
    [
        ("enabled: true", []),
        ("enabled: true, semantic: {enabled: true}", []),
        ("enabled: true, semantic: {enabled: true, embedder: 'ollama:all-minilm'}", []),
        (
            "enabled: true, max_mb: 1, max_entry_mb: 2",
            ["warning cache.max_entry_mb: one answer may be larger than all answers together"],
        ),
        (
            "semantic: {enabled: true}",
            ["warning cache.semantic.enabled: it has no effect while `cache.enabled` is false"],
        ),
        (
            "enabled: true, semantic: {enabled: true, embedder: hashing}",
            ["warning cache.semantic.embedder: `hashing` compares spelling, not meaning"],
        ),
        (
            "enabled: true, semantic: {enabled: true, embedder: word2vec}",
            ["error cache.semantic.embedder: there is no embedder 'word2vec'"],
        ),
        (
            "enabled: true, semantic: {enabled: true, embedder: 'off:all-minilm'}",
            ["warning cache.semantic.embedder: there is no active provider 'off'"],
        ),
    ],
)
def test_nonsense_is_named_where_it_stands(written: str, findings: list[str]) -> None:
    assert said(written) == findings


def test_what_is_not_installed_is_an_error_with_the_command_that_installs_it() -> None:
    what = "the semantic cache needs what is not installed: numpy, fastembed"
    assert said("enabled: true, semantic: {enabled: true}", frozenset()) == [f"error cache.semantic.enabled: {what}"]
    assert said("enabled: true, semantic: {enabled: true, embedder: 'ollama:x'}", frozenset({"numpy"})) == []
    assert is_installed("orjson")
    assert not is_installed("no_such_package_at_all")
