"""Which of several answers it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import CallerError
from ai_dashboard.routing.ensemble import (
    MAX_MEMBERS,
    Ensemble,
    Said,
    longest,
    normalised,
    question,
    read,
    verdict,
    voted,
)

CALL = ("weather", '{"city": "Paris"}')


def said(*texts: str) -> list[Said]:
    return [Said(text) for text in texts]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, Ensemble(MAX_MEMBERS)),
        ({"models": 3, "merge": "vote"}, Ensemble(3, "vote")),
        ({"models": ["a", "b", "a"], "merge": "longest"}, Ensemble(("a", "b"), "longest")),
        ({"judge": "wise"}, Ensemble(MAX_MEMBERS, "judge", "wise")),
        ({"merge": "judge", "judge": "wise"}, Ensemble(MAX_MEMBERS, "judge", "wise")),
        ({"models": None, "merge": None, "judge": None}, Ensemble(MAX_MEMBERS)),
    ],
)
def test_what_callers_write(value: object, expected: Ensemble) -> None:
    assert read(value) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (True, "`ensemble` is not an object"),
        ([], "`ensemble` is not an object"),
        ({"model": 3}, "has no 'model'"),
        ({"models": True}, "`ensemble.models`"),
        ({"models": 9}, "`ensemble.models`"),
        ({"models": ["a"]}, "`ensemble.models`"),
        ({"models": ["a", ""]}, "`ensemble.models`"),
        ({"models": "a"}, "`ensemble.models`"),
        ({"merge": "most"}, "`ensemble.merge` is none of first, longest, vote, judge"),
        ({"merge": ["vote"]}, "`ensemble.merge`"),
        ({"judge": 3}, "`ensemble.judge` is not the name"),
        ({"judge": "wise", "merge": "vote"}, "go together"),
        ({"merge": "judge"}, "go together"),
    ],
)
def test_what_makes_no_sense_is_named(value: object, message: str) -> None:
    with pytest.raises(CallerError) as caught:
        read(value)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("answers", "place"),
    [(said("a"), 0), (said("a", "bb", "b"), 1), (said("aa", "bb"), 0), (said(" " * 9, "b"), 1)],
)
def test_the_longest(answers: list[Said], place: int) -> None:
    assert longest(answers) == place


@pytest.mark.parametrize(
    ("answers", "place", "agree"),
    [
        (said("a"), 0, 1),
        (said("a", "b"), 0, 1),
        (said("a", "b", "B."), 1, 2),
        (said("a", "b", "b", "a"), 0, 2),
        (said("no", "Yes!", "no", "yes", "**Yes**"), 1, 3),
        ([Said("", (CALL,)), Said("I will not"), Said("", (CALL,))], 0, 2),
        ([Said("", (CALL,)), Said("", (("weather", '{"city": "Rome"}'),))], 0, 1),
        ([Said("x", (CALL,)), Said("x"), Said("x")], 1, 2),
    ],
)
def test_a_vote(answers: list[Said], place: int, agree: int) -> None:
    assert voted(answers) == (place, agree)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Paris.", "  paris ", True),
        ("**42**", "42", True),
        ("The answer:\n\n- yes", "the answer yes", True),
        ("\uff11\uff12", "12", True),
        ("3.14", "314", False),
        ("don't", "dont", False),
        ("-5", "5", False),
        ("C#", "C", False),
        ("2*3", "23", False),
        ("a_b", "ab", False),
        ("yes", "no", False),
    ],
)
def test_what_is_alike_in_a_vote(one: str, other: str, alike: bool) -> None:
    assert (normalised(one) == normalised(other)) is alike


@given(st.lists(st.builds(Said, st.text(max_size=9), st.just(())), min_size=1, max_size=8))
def test_whoever_wins_is_among_them_and_the_first_of_its_kind(answers: list[Said]) -> None:
    place, agree = voted(answers)
    same = [at for at, it in enumerate(answers) if normalised(it.text) == normalised(answers[place].text)]
    assert (same[0], len(same)) == (place, agree)
    assert len(answers[longest(answers)].text.strip()) == max(len(it.text.strip()) for it in answers)


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


def test_a_judge_sees_everything() -> None:
    asked = question("user: Hi", [Said("one"), Said("", (CALL,)), Said("")])
    assert asked.startswith("The conversation:\nuser: Hi\n\nAnswer 1:\none\n\nAnswer 2:\ncalls weather(")
    assert "Answer 3:\n(nothing)" in asked


@pytest.mark.parametrize(
    ("text", "place"),
    [("2", 1), (" Answer 3 is best, 1 is not", 2), ("0", None), ("4", None), ("none", None), ("9" * 5000, None)],
)
def test_what_a_judge_says(text: str, place: int | None) -> None:
    assert verdict(text, 3) == place
