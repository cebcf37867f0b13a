import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.tui.braille import BLANK, Series, nice_ceiling, plot, squeeze

VALUES = st.lists(st.one_of(st.none(), st.floats(0, 1e4)), max_size=200)


def drawn(series: list[Series], width: int, height: int, top: float) -> list[str]:
    return ["".join(character for character, _ in row) for row in plot(series, width, height, top)]


def test_a_rising_line_goes_from_the_lower_left_to_the_upper_right() -> None:
    assert drawn([Series([0, 1, 2, 3, 4, 5, 6, 7])], 4, 2, 7) == ["⠀⠀⡠⠊", "⡠⠊⠀⠀"]


def test_a_jump_is_joined_and_a_gap_is_not() -> None:
    assert drawn([Series([0, 3])], 1, 1, 3) == ["⣸"]
    assert drawn([Series([0, None, None, 3])], 2, 1, 3) == ["⡀⠈"]


def test_dots_of_a_dotted_line_are_half_of_the_dots() -> None:
    [whole], [dotted] = drawn([Series([1] * 8)], 4, 1, 2), drawn([Series([1] * 8, dotted=True)], 4, 1, 2)
    assert sum((ord(c) - 0x2800).bit_count() for c in dotted) * 2 == sum((ord(c) - 0x2800).bit_count() for c in whole)


def test_where_lines_meet_the_first_one_owns_the_cell() -> None:
    [[(_, first), (_, second)]] = plot([Series([1, 1, None, None]), Series([2, 2, 2, 2])], 2, 1, 2)
    assert (first, second) == (0, 1)


@given(VALUES, VALUES, st.integers(1, 60), st.integers(1, 12))
def test_a_chart_has_the_size_that_was_asked_for(
    one: list[float | None], two: list[float | None], width: int, height: int
) -> None:
    cells = plot([Series(one), Series(two, dotted=True)], width, height, 100)
    assert [len(row) for row in cells] == [width] * height
    assert all((character == BLANK) == (owner < 0) for row in cells for character, owner in row)


def test_a_peak_survives_squeezing() -> None:
    assert squeeze([1, 9, 1, 1, 2, 3], 3) == [9, 1, 3]
    assert squeeze([1, 2], 4) == [1, 1, 2, 2]
    assert squeeze([], 2) == [None, None]
    assert squeeze([None, None, 3], 1) == [3]


@pytest.mark.parametrize(
    ("peak", "top"), [(0, 1), (0.0009, 0.001), (0.7, 1), (1.0, 1), (1.1, 2), (2.3, 5), (7, 10), (300, 500)]
)
def test_axes_end_at_round_numbers(peak: float, top: float) -> None:
    assert nice_ceiling(peak) == pytest.approx(top)


@given(st.floats(1e-6, 1e6))
def test_an_axis_holds_its_peak(peak: float) -> None:
    assert peak * (1 - 1e-6) <= nice_ceiling(peak) <= peak * 10
