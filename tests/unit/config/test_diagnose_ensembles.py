from collections.abc import Callable

import pytest

from ai_dashboard.config.load import Loaded

Read = Callable[..., Loaded]

PROVIDERS = """
providers:
  a: {type: vllm, base_url: 'http://127.0.0.1:8001', models: [m, n]}
"""
UNUSED = "no rule for `m` has `strategy: ensemble`, so only requests that name the strategy use it"
RULE = "load_balancing:\n  e: {strategy: ensemble, providers: [a]}\n"


@pytest.mark.parametrize(
    ("mappings", "findings"),
    [
        (f"{RULE}ensembles:\n  e: {{models: [m, a/other], merge: vote}}", []),
        (f"{RULE}ensembles:\n  default: {{merge: judge, judge: n}}", []),
        (
            f"{RULE}ensembles:\n  e: {{models: [m, q], merge: judge, judge: r}}",
            [
                "warning ensembles.e.models: no rule and no provider knows `q`",
                "warning ensembles.e.judge: no rule and no provider knows `r`",
            ],
        ),
        ("routing_rules: {strategy: ensemble}\nensembles:\n  m: {merge: vote}", []),
        (
            "ensembles:\n  m: {merge: vote}",
            [f"info ensembles.m: {UNUSED}"],
        ),
    ],
)
def test_ensembles_held_against_the_rules(read: Read, mappings: str, findings: list[str]) -> None:
    found = read(PROVIDERS, mappings).diagnostics
    assert [f"{it.severity} {it.path}: {it.message}" for it in found if "ensembles" in it.path] == findings


def test_a_wrong_form_is_said_of_what_was_written(read: Read) -> None:
    (found,) = read(PROVIDERS, "ensembles:\n  e: {models: 99}").diagnostics
    assert (found.severity, found.path) == ("error", "ensembles.e.models")
    assert found.message == "should be a number from 2 to 8, or a list of 2 to 8 models"
    (found,) = read(PROVIDERS, "ensembles:\n  e: {merge: judge}").diagnostics
    assert (found.severity, found.path) == ("error", "ensembles.e")
