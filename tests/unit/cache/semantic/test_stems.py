import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.cache.semantic.stems import stem


@pytest.mark.parametrize(
    "words",
    [
        ("file", "files"), ("install", "installs", "installed", "installing"), ("stop", "stops", "stopped", "stopping"),
        ("city", "cities"), ("make", "makes", "making", "made"), ("child", "children"), ("class", "classes"),
        ("buy", "bought", "buying"), ("pass", "passes", "passed"),
    ],
)  # fmt: skip
def test_number_and_tense_are_no_difference(words: tuple[str, ...]) -> None:
    assert len({stem(word) for word in words}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("useful", "useless"),
        ("employer", "employee"),
        ("enable", "disable"),
        ("bus", "bu"),
        ("this", "thi"),
        ("on", "one"),
    ],
)
def test_what_changes_the_meaning_is_kept(one: str, other: str) -> None:
    assert stem(one) != stem(other)


@given(st.text(st.characters(categories=["Ll"]), max_size=20))
def test_a_stem_is_never_longer_and_of_a_word_never_nothing(word: str) -> None:
    assert len(stem(word)) <= max(len(word), 6)
    assert bool(stem(word)) == bool(word)
