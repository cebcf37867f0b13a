import pytest

from ai_dashboard.core.plan import Candidate, Excluded, Plan, RouteFacts
from ai_dashboard.core.snapshot import BreakerState, Health, TargetView
from ai_dashboard.tui.routes import COUNTED, MAX_ROUTES, Branch, Route, Traffic, names, routes, traffic
from tests.tui.fakes import provider, record, records, running

PLAN = Plan(
    "chat",
    "capabilities.chat",
    (Candidate("openai", "gpt-5", "preferred", 0.9), Candidate("vllm", "qwen", "fallback", 0.5)),
    (Excluded("ollama", "llama", "unavailable: connection refused"),),
    "latency_based",
    ("affinity: none",),
)


def test_traffic_counts_what_ended_the_most_frequent_first() -> None:
    embeds = RouteFacts("embed", needs=frozenset({"embeddings"}))
    counted = traffic(
        [
            record(1, asked="embed", facts=embeds),
            record(2),
            record(3, provider="openai", model="gpt-5"),
            record(4),
            record(5, asked="nobody", provider="", attempts=()),
            record(6, asked=""),
            running(1),
        ]
    )
    assert list(counted) == ["chat", "embed", "nobody"]
    assert counted["chat"] == Traffic(3, ((("vllm", "qwen3-32b"), 2), (("openai", "gpt-5"), 1)))
    assert counted["embed"].embeds
    assert counted["nobody"] == Traffic(1)


def test_old_requests_are_no_news() -> None:
    (counted,) = traffic(tuple(records(COUNTED + 1))).values()
    assert counted.requests == COUNTED


def test_what_was_asked_comes_before_what_could_be() -> None:
    providers = [provider("b", models=("m2", "m1")), provider("a", models=("chat", "m1"))]
    assert names(["chat", "x"], providers) == ["chat", "x", "m1", "m2"]
    assert len(names([f"model-{n}" for n in range(100)], providers)) == MAX_ROUTES


def test_a_route_has_its_candidates_then_those_left_out_then_those_that_were() -> None:
    asked = {
        "chat": Traffic(4, ((("vllm", "qwen"), 3), (("gone", "old"), 1))),
        "other": Traffic(4),
    }
    views = [provider("openai"), provider("vllm", Health.DEGRADED), provider("ollama", Health.UNAVAILABLE)]
    (route,) = routes({"chat": PLAN}, asked, views)
    assert route == Route(
        "chat",
        "capabilities.chat",
        "latency_based",
        0.5,
        (
            Branch(1, "openai", "gpt-5", "preferred", 0.0, Health.ACTIVE, score=0.9),
            Branch(2, "vllm", "qwen", "fallback", 0.75, Health.DEGRADED, score=0.5),
            Branch(0, "ollama", "llama", "unavailable: connection refused", 0.0, Health.UNAVAILABLE),
            Branch(0, "gone", "old", "", 0.25),
        ),
        ("affinity: none",),
    )


def test_without_traffic_there_are_no_shares() -> None:
    (route,) = routes({"chat": PLAN}, {}, [])
    assert route.share is None
    assert [branch.share for branch in route.branches] == [None, None, None]


def test_a_name_that_leads_nowhere_says_why() -> None:
    asked = {"nobody": Traffic(1)}
    assert routes({"nobody": "there is no such model"}, asked, []) == (
        Route("nobody", "", "", 1.0, problem="there is no such model"),
    )


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (TargetView("gpt-5"), ""),
        (TargetView("gpt-5", BreakerState.OPEN, retry_in_s=19.0), "breaker open, 19s left"),
        (TargetView("gpt-5", BreakerState.PROBING), "breaker lets one through"),
        (TargetView("gpt-5", BreakerState.RAMPING, share=0.25), "breaker lets 25% through"),
        (TargetView("another", BreakerState.OPEN), ""),
    ],
)
def test_breakers_are_told_in_words(target: TargetView, words: str) -> None:
    (route,) = routes({"chat": PLAN}, {}, [provider("openai", targets=(target,))])
    assert route.branches[0].breaker == words
