"""Pairs that are alike and mean something else get nothing from each other; pairs that mean the same mostly do."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.cache.semantic.guards import disagreement

DATA = Path(__file__).parents[3] / "data"
OPPOSITES = [line.split("\t") for line in (DATA / "opposites.tsv").read_text().splitlines()]
PARAPHRASES = [line.split("\t") for line in (DATA / "paraphrases.tsv").read_text().splitlines()]

AGREEING_AT_LEAST = 75
"""Of the paraphrases. The others are worded so differently that no rule here can vouch for them."""


def test_there_are_enough_pairs_of_every_kind() -> None:
    assert len(OPPOSITES) >= 200
    assert len(PARAPHRASES) >= 100
    kinds = {kind for kind, _, _ in OPPOSITES}
    assert kinds == {"antonym", "negation", "number", "date", "name", "quote", "order", "question", "language"}


@pytest.mark.parametrize(("kind", "one", "other"), OPPOSITES)
def test_opposites_never_agree(kind: str, one: str, other: str) -> None:
    assert disagreement(one, other) is not None
    assert disagreement(other, one) is not None


def test_most_paraphrases_agree() -> None:
    agreeing = [pair for pair in PARAPHRASES if disagreement(*pair) is None]
    assert len(agreeing) >= AGREEING_AT_LEAST
    assert all(disagreement(other, one) is None for one, other in agreeing)


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ("Run ```a```", "Run ```b```", "code"),
        ('Say "a"', 'Say "b"', "quotes"),
        ("Add 5 kg", "Add 6 kg", "numbers"),
        ("Open on Monday?", "Open on Friday?", "dates"),
        ("Explain the word", "Explain the слово", "scripts"),
        ("Sort it in rust", "Sort it in zig", "languages"),
        ("Is it in Paris", "Is it in London", "names"),
        ("Is it safe", "Is it not safe", "negations"),
        ("Enable the alarm", "Disable the alarm", "opposites"),
        ("Is the lid possible", "Is the lid impossible", "opposites"),
        ("When is the party", "Where is the party", "questions"),
        ("Read my letter", "Read your letter", "persons"),
        ("Files from the server", "Files by the server", "relations"),
        ("Bake some bread", "Bake some cake", "content"),
        ("Why did dogs chase cats", "Why did cats chase dogs", "order"),
        ("who are you", "who am i", "content"),
        ("do you love me", "do i love you", "persons"),
    ],
)
def test_what_they_differ_in_is_said(one: str, other: str, differs: str) -> None:
    assert disagreement(one, other) == differs


def test_a_template_with_another_filling_is_no_other_wording() -> None:
    frame = "Write a friendly review of {} in {} for readers of {} who care about taste, price, service and atmosphere"
    one, other = frame.format("pizzas", "Turin", "magazines"), frame.format("noodles", "Osaka", "newspapers")
    assert disagreement(one.lower(), other.lower()) == "content"


@given(st.text(max_size=80))
def test_every_text_agrees_with_itself(text: str) -> None:
    assert disagreement(text, text) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_agreement_is_mutual(one: str, other: str) -> None:
    assert (disagreement(one, other) is None) == (disagreement(other, one) is None)
