"""Whose turn it is."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.routing import turns
from ai_dashboard.routing.turns import Key, Turns

A, B, C = KEYS = (("a", "m"), ("b", "m"), ("c", "m"))


def picked(times: int, order: Callable[[], list[int]]) -> str:
    return "".join("abc"[order()[0]] for _ in range(times))


def test_everybody_in_turn() -> None:
    these = Turns()
    assert picked(5, lambda: these.in_turn("pool", KEYS)) == "abcab"


def test_who_is_back_has_its_turn_once() -> None:
    these = Turns()
    assert picked(2, lambda: these.in_turn("pool", KEYS)) == "ab"
    away = [("ab"[these.in_turn("pool", (A, B))[0]]) for _ in range(6)]
    assert "".join(away) == "ababab"
    assert picked(4, lambda: these.in_turn("pool", KEYS)) == "cabc"


def test_a_turn_is_taken_by_whoever_goes_first() -> None:
    these = Turns()
    assert these.waiting("pool", KEYS) == these.waiting("pool", KEYS) == [0, 1, 2]
    these.taken("pool", B)
    assert these.waiting("pool", KEYS) == [0, 2, 1]


def test_pools_have_turns_of_their_own() -> None:
    these = Turns()
    assert [these.in_turn(pool, KEYS)[0] for pool in ("one", "two", "one", "two")] == [0, 0, 1, 1]


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=3).filter(any))
def test_smooth_weights_never_run_far_ahead(weights: list[int]) -> None:
    these, total = Turns(), sum(weights)
    got: Counter[int] = Counter()
    for number in range(1, 200):
        got[these.by_weight("pool", KEYS, [weight / 7 for weight in weights])[0]] += 1
        for place, weight in enumerate(weights):
            assert abs(got[place] - number * weight / total) < 2


def test_tokens_are_evened_out() -> None:
    these = Turns()
    sizes = iter((300, 100, 100, 100, 100))
    assert picked(4, lambda: these.least_given("pool", KEYS, next(sizes))) == "abcb"


def test_who_comes_new_begins_level() -> None:
    these = Turns()
    for _ in range(6):
        these.least_given("pool", (A, B), 100)
    assert picked(4, lambda: these.least_given("pool", KEYS, 100)) == "abca"


def test_old_days_count_ever_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "GIVEN_MOST", 1000)
    these = Turns()
    assert picked(2, lambda: these.least_given("pool", (A, B), 1600)) == "ab"
    # halved twice since: 400 and 800
    assert picked(5, lambda: these.least_given("pool", (A, B), 100)) == "aaaaa"


def test_weights_of_its_own_are_due_every_few_picks_and_for_whoever_is_new() -> None:
    these = Turns()
    assert these.weights_due("pool", (A, B), 2)
    these.weigh("pool", {A: 0.5, B: 0.25})
    assert these.weights_of("pool", (B, A)) == [0.25, 0.5]
    assert not these.weights_due("pool", (A, B), 2)
    assert these.weights_due("pool", KEYS, 2)
    for _ in range(2):
        assert not these.weights_due("pool", (A, B), 2)
        these.by_weight("pool", (A, B), [1, 1])
    assert these.weights_due("pool", (A, B), 2)


def test_a_copy_takes_nobodys_turn() -> None:
    these = Turns()
    these.in_turn("pool", KEYS)
    these.weigh("pool", dict.fromkeys(KEYS, 1.0))
    copy = these.copied()
    assert picked(3, lambda: copy.in_turn("pool", KEYS)) == "bca"
    copy.weigh("pool", dict.fromkeys(KEYS, 9.0))
    assert these.weights_of("pool", KEYS) == [1.0] * 3
    assert picked(2, lambda: these.in_turn("pool", KEYS)) == "bc"


def test_there_is_an_end_to_what_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MAX_POOLS", 2)
    monkeypatch.setattr(turns, "MAX_ABSENT", 1)
    these = Turns()
    for pool in ("one", "two", "one", "three"):
        these.in_turn(pool, KEYS)
    assert these.in_turn("one", KEYS)[0] == 2
    assert these.in_turn("two", KEYS)[0] == 0  # forgotten, as the one that was not used for longest
    many: list[Key] = [(f"p{number}", "m") for number in range(9)]
    for key in many:
        these.in_turn("one", [key])
    assert these.in_turn("one", [*many[:7], *many[7:]])[0] == 0
