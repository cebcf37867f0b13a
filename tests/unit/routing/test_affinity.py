"""A conversation comes back to who served it, as long as that is worth it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.affinity import SLACK, Affinity, Replica, kept_together, key_of, note, overloaded
from ai_dashboard.routing.live import KnownProvider

A, B, C = (Replica(name, "m") for name in "abc")


def test_the_last_turn_counts() -> None:
    memory = Affinity()
    memory.served("k", A)
    memory.served("k", B)
    assert (memory.last("k"), memory.last("other"), len(memory)) == (B, None, 1)


def test_who_has_no_key_is_not_remembered() -> None:
    memory = Affinity()
    memory.served("", A)
    assert (memory.last(""), len(memory)) == (None, 0)


def test_who_was_silent_for_longest_is_forgotten_first() -> None:
    memory = Affinity(limit=2)
    for key, replica in (("x", A), ("y", B), ("x", C), ("z", A)):
        memory.served(key, replica)
    assert [memory.last(key) for key in "xyz"] == [C, None, A]


def test_a_provider_that_has_lost_its_caches_is_forgotten() -> None:
    memory = Affinity()
    memory.served("x", A)
    memory.served("y", B)
    memory.forget("a")
    assert [memory.last(key) for key in "xy"] == [None, B]


@given(st.lists(st.tuples(st.text(max_size=2), st.sampled_from((A, B))), max_size=50))
def test_the_memory_has_an_end(turns: list[tuple[str, Replica]]) -> None:
    memory = Affinity(limit=3)
    for key, replica in turns:
        memory.served(key, replica)
        assert memory.last(key) == (replica if key else None)
    assert len(memory) <= 3


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (RouteFacts("m", user="u", prefix="1"), RouteFacts("m", user="u", prefix="2", stream=True), True),
        (RouteFacts("m", prefix="1"), RouteFacts("m", prefix="1", max_tokens=3), True),
        (RouteFacts("m", prefix="1"), RouteFacts("m", prefix="2"), False),
        (RouteFacts("m", user="u"), RouteFacts("n", user="u"), False),
        (RouteFacts("m", user="u"), RouteFacts("m", user="u", tenant="t"), False),
        (RouteFacts("m", user="u"), RouteFacts("m", prefix="u"), False),
    ],
)
def test_what_one_conversation_is(one: RouteFacts, other: RouteFacts, same: bool) -> None:
    assert (key_of(one) == key_of(other)) is same


def test_a_key_is_short_however_long_a_name_is() -> None:
    assert key_of(RouteFacts("m")) == ""
    assert len(key_of(RouteFacts("m", user="u" * 100_000))) == len(key_of(RouteFacts("m", prefix="\ud800")))


@pytest.mark.parametrize(
    ("in_flight", "capacity", "others", "too_much"),
    [
        (3, 4, [0], False),
        (4, 4, [0], True),
        (9, 4, [], True),
        (SLACK, None, [0], False),
        (SLACK + 1, None, [0], True),
        (SLACK + 6, None, [3, 40], False),
        (SLACK + 7, None, [3, 40], True),
        (1000, None, [], False),
    ],
)
def test_too_much_to_do(in_flight: int, capacity: int | None, others: list[int], too_much: bool) -> None:
    own = KnownProvider(in_flight=in_flight, capacity=capacity)
    assert overloaded(own, [KnownProvider(in_flight=it) for it in others]) is too_much


IDLE = {name: KnownProvider() for name in "abc"}


@pytest.mark.parametrize(
    ("last", "live", "order", "kept"),
    [
        (B, IDLE, "bac", True),
        (A, IDLE, "abc", True),
        (None, IDLE, "abc", False),
        (Replica("b", "other"), IDLE, "abc", False),
        (Replica("b", "m", "eu-west"), IDLE, "abc", False),
        (Replica("gone", "m"), IDLE, "abc", False),
        (B, {**IDLE, "b": KnownProvider(in_flight=2, capacity=2)}, "abc", False),
    ],
)
def test_who_served_the_last_turn_goes_first(
    last: Replica | None, live: dict[str, KnownProvider], order: str, kept: bool
) -> None:
    found, because = kept_together([A, B, C], lambda it: it, lambda it: live[it.provider], last)
    assert ("".join(it.provider for it in found), because) == (order, kept)


def test_the_plan_says_so() -> None:
    assert note(A) == "affinity: a served the last turn"
