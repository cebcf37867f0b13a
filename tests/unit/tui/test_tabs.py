import pytest

from ai_dashboard.tui.tabs import HOME, TABS, tab_of


def test_every_tab_has_a_number_of_its_own_in_ascending_order() -> None:
    numbers = [tab.number for tab in TABS]
    assert numbers == sorted(set(numbers))
    assert set(numbers) <= set(range(1, 10))


def test_the_first_tab_is_home() -> None:
    assert tab_of(1) is HOME


def test_there_is_no_tab_without_a_screen() -> None:
    with pytest.raises(StopIteration):
        tab_of(10)
