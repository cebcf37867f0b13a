"""A plan as people read it."""

from ai_dashboard.cli.commands.route import lines
from ai_dashboard.core.plan import Candidate, Excluded, Plan

FIRST = Candidate("ollama", "llama3.1:8b", "exact match", 1.0)
SECOND = Candidate("cloud", "gpt", "fallback_chains.default", 0.5)
LEFT_OUT = Excluded("vllm", "qwen", "unavailable: connection refused")


def test_the_rule_the_attempts_and_what_was_left_out() -> None:
    plan = Plan("llama3.1:8b", "exact_matches.llama3.1:8b", (FIRST, SECOND), (LEFT_OUT,))
    assert lines(plan, "a test") == [
        "llama3.1:8b  by exact_matches.llama3.1:8b  (a test)",
        "   1  ollama/llama3.1:8b  exact match",
        "   2  cloud/gpt           fallback_chains.default",
        "   ✗  vllm/qwen           unavailable: connection refused",
    ]


def test_nobody_left() -> None:
    assert lines(Plan("m", "listing", (), (LEFT_OUT,)), "a test")[-1].strip().startswith("nobody can answer")
