"""Plans and requests in words."""

from dataclasses import replace

import pytest

from ai_dashboard.cli.story import plan_lines, record_lines
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Candidate, Excluded, Plan, Requirements, RouteFacts
from ai_dashboard.core.records import AttemptRecord, RequestRecord, Stage

FIRST = Candidate("ollama", "llama3.1:8b", "exact match", 1.0, "local", (("ewma ttft", "0.31 s"), ("cost", "$0")))
SECOND = Candidate("cloud", "gpt", "fallback_chains.default", 0.5)
LEFT_OUT = Excluded("vllm", "qwen", "unavailable: connection refused")
PLAN = Plan("llama3.1:8b", "exact_matches.llama3.1:8b", (FIRST, SECOND), (LEFT_OUT,), "latency_based", ("a word more",))
FACTS = RouteFacts(
    "llama3.1:8b", "code", 812, 500, needs=frozenset({"vision", "tools"}), headers=(("x-priority", "high"),),
    metadata=(("team", "red"),), tenant="acme", residency="eu", task="chat", only=("ollama",),
    requirements=Requirements(0.5, 900, "high", "eu-west", True),
)  # fmt: skip
FAILED = AttemptRecord("ollama", "m", "x", 0.001, None, 0.211, 503, "upstream_error", "busy")
AGAIN = replace(FAILED, started_s=1.211, ended_s=1.3, kind="retry", paused_s=1.0, error="gone", message="")
WON = AttemptRecord("sky", "g", "x", 1.3, 1.4, 2.3, 200, None, "", "fallback")
RECORD = RequestRecord(
    7, "9f3a12", 0.0, "openai", "llama3.1:8b", True, Stage.DONE, 200, "sky", "g", 1.4, 2.3, 0.0004,
    Usage(812, 240, 100, 20), (FAILED, AGAIN, WON), PLAN, warnings=("`seed` is left out", "another"), facts=FACTS,
)  # fmt: skip


def test_the_rule_the_attempts_and_what_was_left_out() -> None:
    assert plan_lines(PLAN, "a test") == [
        "llama3.1:8b  by exact_matches.llama3.1:8b  (a test)",
        "  strategy: latency_based",
        "      provider        model        score  why",
        "   1  ollama (local)  llama3.1:8b   1.00  exact match; ewma ttft 0.31 s; cost $0",
        "   2  cloud           gpt           0.50  fallback_chains.default",
        "   ✗  vllm            qwen             –  it is down: connection refused",
        "  note: a word more",
    ]


def test_nobody_left() -> None:
    assert plan_lines(Plan("m", "listing", (), (LEFT_OUT,)))[-2:] == [
        "  nobody can answer: every candidate was left out, and a caller is told 503 no_provider_available",
        "  what to do: start vllm, or mend its `base_url`; it is back by itself once a check finds it well",
    ]


def test_a_rule_that_leads_to_nobody() -> None:
    lines = plan_lines(Plan("vision", "capabilities.vision", (), ()))
    assert lines[-2].startswith("  nobody can answer: the rule leads to nobody")
    assert "`capabilities.vision` of model-mappings.yaml" in lines[-1]


def test_a_last_resort_says_what_speaks_against_it_and_what_helps() -> None:
    against = (("against it", "breaker_open: it failed too often"),)
    shaky = Candidate("vllm", "m", "listing", 1.0, "", against)
    lines = plan_lines(Plan("m", "listing", (shaky,), ()))
    assert lines[3].endswith("listing; against it: its breaker is open: it failed too often")
    assert "providers reset vllm" in lines[4]
    assert not any("what to do" in line for line in plan_lines(Plan("m", "listing", (shaky, SECOND), (LEFT_OUT,))))


def test_a_request_from_its_beginning_to_its_end() -> None:
    lines = record_lines(RECORD)
    assert lines[0].startswith("request 9f3a12  ")
    assert lines[0].endswith("  done")
    assert lines[1:6] == [
        "asked     llama3.1:8b by openai, as a stream; about 812 tokens in; up to 500 out; needs tools, vision",
        "          capability code; task chat; tenant acme; residency eu; only ollama",
        "          requires max_cost 0.5, max_latency_ms 900, min_quality high, region eu-west, local_only",
        "          x-priority: high",
        "          metadata.team: red",
    ]
    assert [line for line in plan_lines(PLAN) if line not in lines] == []
    assert lines[-10:] == [
        "",
        "  try 1  ollama/m  first: begun at 1.0ms, status 503, over after 210ms, upstream_error: busy",
        "  try 2  ollama/m  asked again after a pause of 1.00s: begun at 1.21s, status 503, over after 89ms, gone",
        "  try 3  sky/g     the next candidate: begun at 1.30s, status 200, first token after 100ms, over after 1.00s",
        "",
        "answered  200 by sky as g, instead of ollama",
        "time      first token after 1.40s, over after 2.30s; 0.4ms of it is the gateway's own",
        "tokens    812 in (100 cached) and 240 out (20 reasoning)",
        "warning   `seed` is left out",
        "          another",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": 0, "stage": Stage.WAITING}, "answered  nothing was sent back"),
        ({"status": 404, "attempts": (), "plan": None}, "answered  404, by the gateway itself"),
        ({"status": 502, "error": "upstream_error", "ttft_s": None}, "the last that was asked is sky/g"),
        ({"status": 400, "error": "upstream_rejected", "ttft_s": None}, "answered  400, as sky refused it"),
        ({"error": "upstream_truncated", "message": "eof", "stage": Stage.CUT}, "error     upstream_truncated: eof"),
        ({"attempts": ()}, "no provider was asked"),
        ({"facts": None}, "asked     llama3.1:8b by openai, as a stream"),
    ],
)
def test_how_it_ended(changes: dict[str, object], said: str) -> None:
    assert any(said in line for line in record_lines(replace(RECORD, **changes)))  # type: ignore[arg-type]


def test_what_was_paid_for_beside_the_answer_is_told() -> None:
    lost = replace(FAILED, usage=Usage(800, 0, estimated=True))
    lines = record_lines(replace(RECORD, attempts=(lost, WON)))
    assert any("cost 800 in and 0 out, estimated" in line for line in lines)
    total = "          all attempts together: 1,612 in (100 cached) and 240 out (20 reasoning), estimated"
    assert total in lines


def test_nothing_reaches_the_terminal_that_it_could_obey() -> None:
    evil = "\x1b[2J\u202e\r\n"
    bad = replace(RECORD, asked=evil, message=evil, error=evil, plan=replace(PLAN, asked=evil, notes=(evil,)))
    assert all(line.isprintable() for line in record_lines(bad))
