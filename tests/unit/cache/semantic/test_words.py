from ai_dashboard.cache.semantic.words import FILLER, INTERROGATIVES, NEGATIONS, NUMBERS, SIGNIFICANT, STOP, UNITS


def test_small_words_that_matter_are_judged_by_a_guard_and_by_no_other_rule() -> None:
    assert INTERROGATIVES <= STOP
    assert not FILLER & NEGATIONS
    assert not (FILLER & SIGNIFICANT)


def test_a_number_is_no_filler_and_no_small_word() -> None:
    assert not (FILLER | STOP) & NUMBERS.keys()


def test_a_unit_has_one_name_however_it_is_written() -> None:
    assert UNITS["kilometre"] == UNITS["kilometers"] == UNITS["km"] == "km"
    assert UNITS["m"] != UNITS["min"] != UNITS["ms"]
