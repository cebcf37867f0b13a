"""Weights that are learned."""

from collections import Counter
from collections.abc import Callable
from random import Random

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.live import KnownProvider, KnownTarget
from ai_dashboard.routing.plan import plan
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.turns import Turns

PROVIDERS = {"a": ["m"], "b": ["m"]}
FAST = KnownTarget(ewma_total_s=1.0, success_ratio=1.0)
SLOW = KnownTarget(ewma_total_s=4.0, success_ratio=0.5)
FAST_A = {"a": KnownProvider(targets={"m": FAST}), "b": KnownProvider(targets={"m": SLOW})}
FAST_B = {"a": FAST_A["b"], "b": FAST_A["a"]}


def test_the_better_gets_more_and_the_other_its_share(firsts: Callable[..., list[str]]) -> None:
    picked = Counter(firsts("adaptive_weighted", PROVIDERS, FAST_A, times=1000))
    # a: 0.4 + 0.4 + 0.2; b: a quarter of the latency's 0.4, half of the success's 0.4, all of the cost's 0.2
    assert picked == {"a": 667, "b": 333}


def test_weights_are_learned_anew_every_ten_requests(compiled: Callable[..., Table]) -> None:
    table, turns, chance = compiled(PROVIDERS), Turns(), Random(1)
    facts = RouteFacts("m", strategy="adaptive_weighted")
    weights = []
    for number in range(21):
        live = FAST_A if number == 0 else FAST_B
        made = plan(facts, table, live, now=0.0, turns=turns, chance=chance)
        weights.append(next(dict(it.facts)["learned weight"] for it in made.attempts if it.provider == "a"))
    assert weights == ["100 %"] * 10 + ["50 %"] * 11


def test_nobody_is_given_up(firsts: Callable[..., list[str]]) -> None:
    dead = KnownTarget(ewma_total_s=1e9, success_ratio=0.0)
    providers = {"a": ["m"], "b": {"base_url": "https://x.example.com", "models": ["m"], "cost_per_1k_tokens": 1e9}}
    live = {"a": KnownProvider(targets={"m": FAST}), "b": KnownProvider(targets={"m": dead})}
    assert 0 < Counter(firsts("adaptive_weighted", providers, live, times=100))["b"] < 10
