"""What a change means, in words; never a secret among them."""

from pathlib import Path

import pytest

from ai_dashboard.config.changes import changes
from ai_dashboard.config.load import Config, load

PROVIDERS = """
providers:
  cloud: {type: openai, api_key: sk-0123456789abcdef, models: [gpt-5, {name: gpt-5-mini, context_length: 1000}]}
  desk: {type: ollama, base_url: "http://127.0.0.1:11434", models: [llama3.1:8b]}
"""
MAPPINGS = """
exact_matches: {gpt-5: cloud}
patterns: [{pattern: ^gpt, provider: cloud}, {pattern: llama, provider: desk}]
fallback_chains: {gpt-5: [gpt-5-mini]}
"""


def read(folder: Path, providers: str = PROVIDERS, mappings: str = MAPPINGS, gateway: str = "drain_s: 5") -> Config:
    texts = {"providers.yaml": providers, "model-mappings.yaml": mappings, "gateway.yaml": gateway}
    loaded = load(folder, {}, {name: text.encode() for name, text in texts.items()})
    assert loaded.config is not None, loaded.diagnostics
    return loaded.config


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("providers", "llama3.1:8b]}", "llama3.1:8b, q]}", ["added model desk/q"]),
        ("providers", "gpt-5, {", "{", ["removed model cloud/gpt-5"]),
        ("providers", ": 1000", ": 2000", ["changed model cloud/gpt-5-mini: context_length 1000 → 2000"]),
        ("providers", "11434", "11435", ["changed provider desk: base_url http://127.0.0.1:11434 → http://127.0.0.1:11435"]),
        ("providers", "sk-0123456789abcdef", "sk-fedcba9876543210", ["changed provider cloud: api_key differs"]),
        ("providers", "type: ollama", "headers: {k: hush}, type: ollama", ["changed provider desk: headers differs"]),
        ("mappings", "gpt-5: cloud", "gpt-5: desk", ["changed exact match gpt-5: provider cloud → desk"]),
        ("mappings", "[gpt-5-mini]", "[llama3.1:8b]", ["changed fallback chain gpt-5: gpt-5-mini → llama3.1:8b"]),
        ("mappings", "^gpt", "^gpt-", ["added pattern ^gpt-", "removed pattern ^gpt"]),
        (
            "mappings",
            "{pattern: ^gpt, provider: cloud}, {pattern: llama, provider: desk}",
            "{pattern: llama, provider: desk}, {pattern: ^gpt, provider: cloud}",
            ["changed order patterns: the first that matches applies"],
        ),
        ("gateway", "drain_s: 5", "listen: {port: 4100}",
         ["changed setting listen.port: 4000 → 4100", "changed setting drain_s: 5.0 → 30"]),
        ("gateway", "drain_s: 5", "# a comment\ndrain_s:   5.0", []),
    ],
)  # fmt: skip
def test_each_change_is_said_in_words(tmp_path: Path, file: str, old: str, new: str, said: list[str]) -> None:
    texts = {"providers": PROVIDERS, "mappings": MAPPINGS, "gateway": "drain_s: 5"}
    assert old in texts[file]
    changed = texts | {file: texts[file].replace(old, new)}
    assert [str(change) for change in changes(read(tmp_path), read(tmp_path, **changed))] == said


def test_nothing_differs_from_itself(tmp_path: Path) -> None:
    assert changes(read(tmp_path), read(tmp_path)) == ()
