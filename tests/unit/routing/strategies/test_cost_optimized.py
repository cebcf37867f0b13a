"""The cheapest for this request."""

from collections.abc import Callable
from typing import Any

from ai_dashboard.core.plan import Plan


def priced(given: float, taken: float, *tags: str) -> dict[str, Any]:
    return {
        "base_url": "https://x.example.com",
        "models": [{"name": "m", "tags": list(tags)}],
        "cost_per_1k_tokens": {"m": {"input": given, "output": taken}},
    }


def test_the_prompt_and_the_reserved_answer_count(order: Callable[..., list[str]]) -> None:
    providers = {"reads-dear": priced(0.010, 0.001), "writes-dear": priced(0.001, 0.010)}
    assert order("cost_optimized", providers, prompt_tokens=4000, max_tokens=100)[0] == "writes-dear"
    assert order("cost_optimized", providers, prompt_tokens=100, max_tokens=4000)[0] == "reads-dear"


def test_what_costs_about_the_same_goes_by_quality(order: Callable[..., list[str]]) -> None:
    providers = {
        "cheap": priced(0.0, 0.100, "low"),
        "better": priced(0.0, 0.109, "high"),
        "dear": priced(0.0, 0.112, "high"),
    }
    assert order("cost_optimized", providers, max_tokens=1000) == ["better", "cheap", "dear"]


def test_a_server_of_ones_own_is_free_and_an_unknown_price_is_not(plans: Callable[..., list[Plan]]) -> None:
    providers = {
        "unknown": {"base_url": "https://x.example.com", "models": ["m"]},
        "cloud": priced(0.001, 0.002),
        "home": ["m"],
    }
    (made,) = plans("cost_optimized", providers, prompt_tokens=1000, max_tokens=1000)
    assert [(it.provider, dict(it.facts)["cost"]) for it in made.attempts] == [
        ("home", "$0"),
        ("cloud", "$0.003"),
        ("unknown", "not known"),
    ]
