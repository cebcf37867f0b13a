"""A conversation comes back to who served it, as long as that is worth it."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.affinity import (
    MAX_NAME_CHARS,
    SLACK,
    Conversations,
    conversation_of,
    kept_together,
    last_of,
    note,
    overloaded,
)
from ai_dashboard.routing.live import Conversation, KnownProvider, KnownTarget, Turn
from ai_dashboard.routing.resolve import Route
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.view import Eligible, Scored

ANN: Conversation = ("", "user", "ann")
ALIKE: Conversation = ("", "prefix", "0123")


def turn(at: float, tokens: int = 10, region: str = "") -> Turn:
    return Turn(region, tokens, at)


def test_the_last_turn_counts() -> None:
    memory = Conversations()
    memory.served(ANN, "m", turn(1))
    memory.served(ANN, "m", turn(2))
    assert (memory.last(ANN, "m"), memory.last(ANN, "n"), memory.last(ALIKE, "m")) == (turn(2), None, None)


def test_the_shortest_prompt_is_remembered() -> None:
    memory = Conversations()
    for at, tokens in enumerate((10, 30, 7, 50)):
        memory.served(ANN, "m", turn(at, tokens))
    assert memory.last(ANN, "m") == turn(3, 7)


def test_who_was_silent_for_longest_is_forgotten_first() -> None:
    memory = Conversations(limit=2)
    for at, model in enumerate("xyxz"):
        memory.served(ANN, model, turn(at))
    assert [memory.last(ANN, model) for model in "xyz"] == [turn(2), None, turn(3)]


def test_lost_caches_are_forgotten() -> None:
    memory = Conversations()
    memory.served(ANN, "m", turn(1))
    memory.forget()
    assert (memory.last(ANN, "m"), len(memory)) == (None, 0)


@given(st.lists(st.tuples(st.text(max_size=2), st.floats(0, 9)), max_size=50))
def test_the_memory_has_an_end(turns: list[tuple[str, float]]) -> None:
    memory = Conversations(limit=3)
    for name, at in turns:
        memory.served(("", "user", name), "m", turn(at))
        assert memory.last(("", "user", name), "m") == turn(at)
    assert len(memory) <= 3


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (RouteFacts("m", user="u", prefix="1"), RouteFacts("m", user="u", prefix="2", stream=True), True),
        (RouteFacts("m", prefix="1"), RouteFacts("m", prefix="1", max_tokens=3), True),
        (RouteFacts("m", prefix="1"), RouteFacts("m", prefix="2"), False),
        (RouteFacts("m", user="u"), RouteFacts("m", user="u", tenant="t"), False),
        (RouteFacts("m", user="u"), RouteFacts("m", prefix="u"), False),
    ],
)
def test_what_one_conversation_is(one: RouteFacts, other: RouteFacts, same: bool) -> None:
    assert (conversation_of(one) == conversation_of(other)) is same


@pytest.mark.parametrize("facts", [RouteFacts("m"), RouteFacts("m", user="ann", needs=frozenset({"embeddings"}))])
def test_what_no_conversation_is(facts: RouteFacts) -> None:
    assert conversation_of(facts) is None


@pytest.mark.parametrize("name", ["u" * 100_000, "\ud800" * 65])
def test_what_is_kept_of_a_name_is_short_however_long_it_is(name: str) -> None:
    found = conversation_of(RouteFacts("m", user=name))
    assert found is not None
    assert len(found[2]) <= MAX_NAME_CHARS


@pytest.mark.parametrize(
    ("state", "others", "too_much"),
    [
        (KnownProvider(in_flight=3, capacity=4), [0], False),
        (KnownProvider(in_flight=4, capacity=4), [0], True),
        (KnownProvider(in_flight=9, capacity=4), [], True),
        (KnownProvider(in_flight=2, slots=2), [0], True),
        (KnownProvider(in_flight=1, others=1, slots=2), [0], True),
        (KnownProvider(in_flight=2, capacity=4, slots=2), [0], False),
        (KnownProvider(in_flight=SLACK), [0], False),
        (KnownProvider(in_flight=SLACK + 1), [0], True),
        (KnownProvider(in_flight=1, others=SLACK), [0], True),
        (KnownProvider(in_flight=SLACK + 6), [3, 40], False),
        (KnownProvider(in_flight=SLACK + 7), [3, 40], True),
        (KnownProvider(in_flight=1000), [], False),
    ],
)
def test_too_much_to_do(state: KnownProvider, others: list[int], too_much: bool) -> None:
    assert overloaded(state, [KnownProvider(in_flight=it) for it in others]) is too_much


Candidates = Callable[..., list[Scored]]


@pytest.fixture
def ranked(compiled: Callable[..., Table]) -> Candidates:
    """`ranked(a=…, b=…)`: model `m` at providers in these states, best first."""

    def ranked(**states: Any) -> list[Scored]:  # noqa: ANN401 - fields of `KnownProvider`
        table = compiled({name: ["m"] for name in states})
        items = []
        for place, (name, fields) in enumerate(states.items(), start=1):
            live = KnownProvider(**fields)
            entry = table.providers[name]
            candidate = Eligible(Route(name, "m", ""), entry, entry.models["m"], live, live.target("m"), "")
            items.append(Scored(candidate, 1 / place))
        return items

    return ranked


def served(at: float, conversation: Conversation = ANN, tokens: int = 10, region: str = "") -> dict[str, Any]:
    return {"turns": {(conversation, "m"): turn(at, tokens, region)}}


COLD = {"targets": {"m": KnownTarget(warm=False)}}
LONGER = RouteFacts("m", prompt_tokens=11)


@pytest.mark.parametrize(
    ("states", "conversation", "facts", "expected"),
    [
        ({"a": {}, "b": served(1)}, ANN, LONGER, "b"),
        ({"a": served(1), "b": served(2), "c": {}}, ANN, LONGER, "b"),
        ({"a": {}, "b": {}}, ANN, LONGER, None),
        ({"a": {}, "b": served(1)}, ALIKE, LONGER, None),
        ({"a": {}, "b": served(1, ALIKE)}, ALIKE, LONGER, "b"),
        ({"a": {}, "b": served(1, ALIKE, tokens=11)}, ALIKE, LONGER, None),
        ({"a": {}, "b": served(1, ANN, tokens=11)}, ANN, LONGER, "b"),
        ({"a": {}, "b": served(1, region="eu-west")}, ANN, LONGER, None),
        ({"a": {}, "b": served(1) | COLD}, ANN, LONGER, None),
    ],
    ids=[
        "served", "the latest", "nobody", "another conversation", "known by its beginning", "asked again",
        "a session may begin anew", "another region", "out of memory since",
    ],
)  # fmt: skip
def test_who_served_the_last_turn(
    ranked: Candidates, states: dict[str, Any], conversation: Conversation, facts: RouteFacts, expected: str | None
) -> None:
    found = last_of([it.candidate for it in ranked(**states)], conversation, facts)
    assert (found.route.provider if found else None) == expected


@pytest.mark.parametrize(
    ("states", "by_merit", "order"),
    [
        ({"a": {}, "b": served(1), "c": {}}, False, "bac"),
        ({"a": {}, "b": {}, "c": served(1)}, False, "cab"),
        ({"a": {}, "b": served(1), "c": {}}, True, "abc"),
        ({"a": served(1), "b": {}}, False, "ab"),
        ({"a": {}, "b": served(1) | {"in_flight": 2, "capacity": 2}}, False, "ab"),
    ],
    ids=["in front", "from the end", "worth less", "there already", "too busy"],
)
def test_who_served_the_last_turn_goes_first(
    ranked: Candidates, states: dict[str, Any], by_merit: bool, order: str
) -> None:
    found, why = kept_together(ranked(**states), ANN, LONGER, by_merit=by_merit)
    assert "".join(it.candidate.route.provider for it in found) == order
    assert why == (note(order[0]) if order[0] != "a" else None)
    assert found[0].score == 1


def test_what_is_as_good_is_kept_by_merit_too(ranked: Candidates) -> None:
    one, other = ranked(a={}, b=served(1))
    found, _ = kept_together([one, other._replace(score=0.95)], ANN, LONGER, by_merit=True)
    assert found[0].candidate.route.provider == "b"
