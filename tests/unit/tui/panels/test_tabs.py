from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels.tabs import draw
from ai_dashboard.tui.tabs import TABS


def test_every_screen_is_listed_and_the_current_one_stands_out() -> None:
    line, slots = draw(TABS[0].number, 120)
    assert text_of(line).split() == [word for tab in TABS for word in (str(tab.number), *tab.name.split())]
    assert [span[0].strip() for span in line if span[1] is Ink.STRONG] == [TABS[0].name]
    assert [slot.tab for slot in slots] == list(TABS)


def test_a_click_finds_the_screen_under_it() -> None:
    line, slots = draw(1, 120)
    for slot in slots:
        assert text_of(line)[slot.start : slot.end] == f"{slot.tab.number} {slot.tab.name}"


def test_what_does_not_fit_is_left_out_whole() -> None:
    for width in range(1, 121):
        line, slots = draw(1, width)
        assert width_of(line) <= width + 2 if slots else width_of(line) == 1
        assert all(slot.end <= width for slot in slots)
