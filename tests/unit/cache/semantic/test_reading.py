import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.cache.semantic.reading import read


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("5 km", ("5km",)),
        ("5km", ("5km",)),
        ("5 kilometres", ("5km",)),
        ("1,000 words", ("1000",)),
        ("$100", ("100$",)),
        ("100 dollars", ("100$",)),
        ("two of 37.5 %", ("2", "37.5%")),
        ("version 2.10.0", ("2.10.0",)),
        ("on 2025-01-02", ("2025-01-02",)),
        ("the first one", ("1st",)),
    ],
)
def test_numbers_are_read_with_their_units(text: str, numbers: tuple[str, ...]) -> None:
    assert read(text).numbers == numbers


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("is Paris in France?", {"paris", "france"}),
        ("Paris is old", set()),
        ("I think. Then I go", set()),
        ("use getUser or user_id", {"getuser", "user_id"}),
        ("what is HTTP", {"http"}),
        ("cat /etc/passwd -R", {"/etc/passwd", "-R"}),
    ],
)
def test_names_and_identifiers_are_told_from_words(text: str, names: set[str]) -> None:
    assert read(text).names == names


@pytest.mark.parametrize(
    "text",
    [
        "How do I boil an egg?", "Please tell me how to boil eggs", "could you explain to me how to boil an egg",
        "Hi! I would like to know how to boil an egg.", "can you boil an egg",
    ],
)  # fmt: skip
def test_politeness_and_small_words_carry_nothing(text: str) -> None:
    assert read(text).content == ("boil", "egg")


@pytest.mark.parametrize("text", ["it can't", "it cannot", "it can not", "it can’t", "it won't", "it doesn't"])
def test_every_spelling_of_a_negation_is_one(text: str) -> None:
    assert read(text).negations == 1


def test_quotes_and_code_are_taken_out_whole() -> None:
    reading = read("Say “Hi there” and 'bye' in `x = 1` or ```\ny = 2\n``` but don't")
    assert reading.quotes == ("Hi there", "bye")
    assert reading.codes == ("x = 1", "y = 2")
    assert reading.numbers == ()
    assert reading.negations == 1


@given(st.text(max_size=200))
def test_anything_can_be_read(text: str) -> None:
    reading = read(text)
    assert set(reading.dates) <= set(reading.words)
    assert len(reading.content) <= len(reading.words)
