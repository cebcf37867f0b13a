from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.tui.columns import GUTTER, Column, heading, place, row
from ai_dashboard.tui.ink import Ink, text_of, width_of

COLUMNS = (Column("name", 6, 0, grow=1), Column("p95", 5, 2, right=True), Column("why", 4, 1, grow=3))


def titles(width: int) -> list[tuple[str, int]]:
    return [(column.title, cells) for column, cells in place(COLUMNS, width)]


def test_columns_are_dropped_by_rank_and_kept_in_order() -> None:
    assert titles(17) == [("name", 6), ("p95", 5), ("why", 4)]
    assert titles(16) == [("name", 7), ("why", 8)]
    assert titles(10) == [("name", 10)]
    assert titles(3) == [("name", 3)]


def test_room_left_over_is_shared() -> None:
    assert titles(25) == [("name", 8), ("p95", 5), ("why", 10)]


@given(st.integers(1, 300))
def test_a_table_fills_its_width_and_no_more(width: int) -> None:
    placed = place(COLUMNS, width)
    assert sum(cells for _, cells in placed) + GUTTER * (len(placed) - 1) == width
    assert width_of(heading(placed)) == width


def test_numbers_stand_on_the_right() -> None:
    texts = {"name": ("ollama", Ink.PLAIN), "p95": ("88ms", Ink.DIM), "why": ("because", Ink.DIM)}
    assert text_of(row(place(COLUMNS, 17), texts)) == "ollama  88ms bec…"
    assert text_of(heading(place(COLUMNS, 17))) == "name     p95 why "


def test_what_is_drawn_stands_in_its_column_as_it_is() -> None:
    texts = {"name": ("ollama", Ink.PLAIN), "p95": ("88ms", Ink.DIM)}
    line = row(place(COLUMNS, 17), texts, {"why": [("██", Ink.FIRST), ("▒▒", Ink.SECOND)]})
    assert text_of(line) == "ollama  88ms ██▒▒"
    assert line[-2:] == [("██", Ink.FIRST), ("▒▒", Ink.SECOND)]
