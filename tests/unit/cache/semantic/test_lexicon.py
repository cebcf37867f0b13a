import pytest

from ai_dashboard.cache.semantic.lexicon import ANTONYMS, AXES, CANONICAL
from ai_dashboard.cache.semantic.stems import stem


@pytest.mark.parametrize("poles", ANTONYMS, ids=lambda poles: "|".join(min(pole) for pole in poles))
def test_every_axis_has_two_poles_that_share_no_word(poles: tuple[frozenset[str], ...]) -> None:
    one, other = poles
    assert one
    assert other
    assert not {stem(word) for word in one} & {stem(word) for word in other}


def test_no_two_words_that_count_as_one_are_opposites() -> None:
    groups: dict[str, set[str]] = {}
    for word, canonical in CANONICAL.items():
        groups.setdefault(canonical, set()).add(word)
    for group in groups.values():
        poles: dict[int, set[int]] = {}
        for word in group:
            for axis, pole in AXES.get(word, ()):
                poles.setdefault(axis, set()).add(pole)
        assert all(len(found) == 1 for found in poles.values()), group
