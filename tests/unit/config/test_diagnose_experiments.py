from collections.abc import Callable

import pytest

from ai_dashboard.config.load import Loaded

Read = Callable[..., Loaded]

PROVIDERS = """
providers:
  a: {type: vllm, base_url: 'http://127.0.0.1:8001', models: [m, n:latest]}
"""


def said(read: Read, experiments: str, providers: str = PROVIDERS, mappings: str = "") -> list[str]:
    found = read(providers, mappings, f"experiments:\n{experiments}").diagnostics
    return [f"{it.severity} {it.line}:{it.column} {it.path}: {it.message}" for it in found]


@pytest.mark.parametrize(
    ("experiments", "findings"),
    [
        ("  e: {models: m, arms: {m: 0.9, a/other: 0.1}}", []),
        ("  e: {models: m, arms: {n: 1}}", []),
        (
            "  e: {models: m, arms: {m: 0}}",
            ["error 2:18 experiments.e.arms: no arm has a weight: nobody would be chosen"],
        ),
        (
            "  e: {models: m, arms: {}}",
            ["error 2:18 experiments.e.arms: no arm has a weight: nobody would be chosen"],
        ),
        (
            "  e: {models: m, arms: {m: 1}}\n  f: {models: [m], arms: {m: 1}}",
            ["error 3:15 experiments.f.models: `m` takes part in `e` already"],
        ),
        ("  e: {models: m, arms: {m: 1}}\n  f: {models: [m], arms: {m: 1}, enabled: false}", []),
        (
            "  e: {models: m, arms: {m: 1, q: 1}}",
            ["warning 2:31 experiments.e.arms.q: no rule and no provider knows `q`"],
        ),
        (
            "  e: {models: m, arms: {m: 1}, stciky: user}",
            ["warning 2:32 experiments.e.stciky: unknown key `stciky`, ignored"],
        ),
    ],
)
def test_what_is_said(read: Read, experiments: str, findings: list[str]) -> None:
    assert said(read, experiments) == findings


@pytest.mark.parametrize(
    ("providers", "mappings"),
    [
        (PROVIDERS, "exact_matches: {q: a}"),
        (PROVIDERS, "capabilities: {q: {preferred_models: [m]}}"),
        (PROVIDERS, "patterns: [{pattern: ^q, provider: a}]"),
        (PROVIDERS, "load_balancing: {q: {providers: [a]}}"),
        (PROVIDERS, "routing_rules: {default_provider: a}"),
        ("providers: {a: {type: ollama}}", ""),
    ],
)
def test_who_may_know_an_arm(read: Read, providers: str, mappings: str) -> None:
    assert said(read, "  e: {models: m, arms: {q: 1}}", providers, mappings) == []
