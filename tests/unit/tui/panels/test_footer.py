from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.keys import KEYS, Scope
from ai_dashboard.tui.panels.footer import draw

HERE = [key for key in KEYS if key.scope in {Scope.APP, Scope.OVERVIEW, Scope.SCROLL}]


def test_the_important_keys_come_first() -> None:
    line, _ = draw(HERE, 60)
    assert text_of(line).startswith(" q Quit  r Refresh  c Config  ? Help  : ^p Palette")


@given(st.integers(0, 200))
def test_slots_lie_where_their_keys_are_written(width: int) -> None:
    line, slots = draw(HERE, width)
    text = text_of(line)
    assert all(text[slot.start : slot.end] == f"{slot.key.display} {slot.key.label}" for slot in slots)
    assert all(slot.end <= width for slot in slots)
    assert width_of(line) <= max(width, 1) + 2


def test_keys_without_a_place_in_the_footer_stay_out() -> None:
    assert all(slot.key.footer for slot in draw(HERE, 500)[1])
