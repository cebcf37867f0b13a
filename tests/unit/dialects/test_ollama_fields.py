"""Names that two dialects share."""

from ai_dashboard.dialects.ollama.fields import EFFORTS, OPTIONS, SAME_OPTIONS, THINK, WHOLE_NUMBERS


def test_levels_of_thinking_come_back_as_they_went() -> None:
    assert {THINK[effort] for effort in EFFORTS.values()} == EFFORTS.keys()
    assert all(THINK[EFFORTS[level]] == level for level in EFFORTS)


def test_options_of_the_same_name_have_the_same_name() -> None:
    assert all(OPTIONS[name] == name for name in SAME_OPTIONS)
    assert set(SAME_OPTIONS) >= WHOLE_NUMBERS
