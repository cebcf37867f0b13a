"""What a strategy may ask of a candidate."""

from collections.abc import Callable, Mapping
from random import Random

import pytest

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.live import UNTRIED, KnownProvider
from ai_dashboard.routing.resolve import Route
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.turns import Turns
from ai_dashboard.routing.view import Eligible, View

Compile = Callable[..., Table]


def candidate(table: Table, provider: str = "p", model: str = "m", region: str = "") -> Eligible:
    entry = table.providers[provider]
    route = Route(provider, model, "a test", weight=2.0)
    return Eligible(route, entry, entry.models.get(model), KnownProvider(), UNTRIED, region)


def view(weights: Mapping[str, float] | None = None, factors: Mapping[str, float] | None = None) -> View:
    return View("pool", weights or {}, Turns(), Random(1), 0.0, lambda region: (factors or {}).get(region, 1.0))


@pytest.mark.parametrize(
    ("listed", "model", "tier"),
    [
        (["m"], "m", "medium"),
        ([{"name": "m", "size": "70B"}], "m", "high"),
        (["x:3b"], "x:3b", "low"),
        ([], "unlisted:3b", "low"),
        ([], "unlisted", "medium"),
    ],
)
def test_its_tier_whether_it_is_listed_or_not(listed: list[object], model: str, tier: str, compiled: Compile) -> None:
    assert candidate(compiled({"p": listed}), model=model).tier == tier


@pytest.mark.parametrize(
    ("entry", "model", "home"),
    [
        ({"type": "ollama"}, "m", True),
        ({"type": "ollama"}, "gpt-oss:120b-cloud", False),  # Ollama passes it on
        ({"type": "vllm"}, "m-cloud", True),
        ({"base_url": "https://x.example.com"}, "m", False),
        ({"base_url": "https://x.example.com", "location": "local"}, "m", True),
    ],
)
def test_whether_it_keeps_requests_at_home(entry: dict[str, object], model: str, home: bool, compiled: Compile) -> None:
    here = candidate(compiled({"p": {"models": [model], **entry}}), model=model)
    assert here.home is home
    assert (view().cost(here, RouteFacts("m")) == 0) is home


def test_what_it_costs_in_its_region(compiled: Compile) -> None:
    table = compiled({"p": {"models": ["m"], "cost_per_1k_tokens": {"m": {"input": 0.5, "output": 1}}}})
    facts = RouteFacts("m", prompt_tokens=2000, max_tokens=1000)
    assert view().cost(candidate(table), facts) == pytest.approx(2.0)
    assert view(factors={"eu-west": 1.5}).cost(candidate(table, region="eu-west"), facts) == pytest.approx(3.0)


def test_its_weight_is_the_routes_unless_something_else_is_said(compiled: Compile) -> None:
    here = candidate(compiled({"p": ["m"]}))
    assert (view().weight(here), view({"p": 0.5}).weight(here), view({"p": -1}).weight(here)) == (2.0, 0.5, 0.0)


def test_what_is_asked_of_all_at_once_is_what_is_asked_of_each(compiled: Compile) -> None:
    priced = {"models": ["m"], "cost_per_1k_tokens": {"m": {"input": 0.5, "output": 1}}}
    table = compiled({"p": priced, "q": {"models": ["m"], "base_url": "https://x.example.com"}})
    facts = RouteFacts("m", prompt_tokens=2000)
    here = [candidate(table), candidate(table, region="eu-west"), candidate(table, "q")]
    for seen in (view(), view({"p": 0.5}), view({"p": -1}), view(factors={"eu-west": 2.0})):
        assert seen.weights_of(here) == [seen.weight(it) for it in here]
        assert seen.costs(here, facts) == [seen.cost(it, facts) for it in here]
