"""Shares come out exactly."""

from collections import Counter
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.plan import Plan

PROVIDERS = {"a": ["m"], "b": ["m"], "c": ["m"]}


def test_seven_to_three_of_a_thousand_is_seven_hundred_to_three_hundred(firsts: Callable[..., list[str]]) -> None:
    providers = {"a": ["m"], "b": ["m"]}
    picked = firsts("weighted_round_robin", providers, times=1000, weights=(("a", 0.7), ("b", 0.3)))
    assert Counter(picked) == {"a": 700, "b": 300}


def test_it_is_well_mixed(firsts: Callable[..., list[str]]) -> None:
    weights = (("a", 5.0), ("b", 1.0), ("c", 1.0))
    # the example of nginx's own commit message
    assert "".join(firsts("weighted_round_robin", PROVIDERS, times=7, weights=weights)) == "aabacaa"


@given(st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any), st.integers(1, 5))
def test_over_whole_rounds_shares_are_exact(firsts: Callable[..., list[str]], weights: list[int], rounds: int) -> None:
    given_weights = tuple((name, weight / 10) for name, weight in zip("abc", weights, strict=True))
    picked = Counter(firsts("weighted_round_robin", PROVIDERS, times=sum(weights) * rounds, weights=given_weights))
    assert [picked[name] for name in "abc"] == [weight * rounds for weight in weights]


def test_a_weight_of_nothing_is_a_spare(plans: Callable[..., list[Plan]]) -> None:
    for made in plans("weighted_round_robin", PROVIDERS, times=5, weights=(("a", 0.0), ("b", 2.0))):
        assert made.attempts[-1].provider == "a"
        assert made.attempts[-1].facts == (("share", "0 %"),)


def test_the_older_word_for_it(plans: Callable[..., list[Plan]]) -> None:
    assert plans("load_balance", PROVIDERS)[0].strategy == "weighted_round_robin"
