from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ai_dashboard.tui.chart import DOTS, Box, Curve, Ticks, axis, boxes, columns, curves
from ai_dashboard.tui.format import duration
from ai_dashboard.tui.ink import Ink, text_of, width_of

X = Ticks([0, 29, 59], ["1h", "30m", "now"])


def test_the_axis_ends_where_people_would_end_it() -> None:
    top, ticks = axis(0.42, duration)
    assert top == 0.5
    assert [label.strip() for label in ticks.labels] == ["0", "250ms", "500ms"]
    assert len({len(label) for label in ticks.labels}) == 1


def test_a_line_rises_from_left_to_right_in_its_ink_beside_its_axes() -> None:
    top, y = axis(1.0, duration)
    lines = curves([Curve([index / 59 for index in range(60)], Ink.FIRST)], 80, 12, top=top, x=X, y=y)
    texts = [text_of(line) for line in lines]
    assert len(lines) == 12
    assert "1.00s┤" in texts[0]
    assert texts[-1].split() == ["1h", "30m", "now"]
    drawn = [[index for index, cell in enumerate(text) if 0x2800 < ord(cell) < 0x2900] for text in texts]
    rows = [row for row in drawn if row]
    assert all(min(above) >= min(below) for above, below in pairwise(rows))
    inks = {ink for line in lines for text, ink in line if any(0x2800 < ord(cell) < 0x2900 for cell in text)}
    assert inks == {Ink.FIRST}


def test_gaps_stay_open_and_a_single_value_is_a_dot() -> None:
    values = [1.0] * 10 + [None] * 20 + [1.0] + [None] * 9 + [1.0] * 20
    top, y = axis(2.0, duration)
    lines = curves([Curve(values, Ink.SECOND)], 80, 9, top=top, x=X, y=y)
    text = next(text_of(line) for line in lines if "•" in text_of(line))
    left, right = text.split("•")
    assert left.count(" ") > 15
    assert right.count(" ") > 5


def test_marks_are_rules_in_an_ink_of_their_own() -> None:
    top, y = axis(1.0, duration)
    curve = Curve([0.1] * 60, Ink.FIRST, DOTS)
    lines = curves([curve], 80, 9, top=top, x=X, y=y, marks=[20])
    ruled = [span for line in lines for span in line if span == ("│", Ink.WARN)]
    assert len(ruled) >= 5


@pytest.mark.parametrize("number", [1, 2, 5])
def test_boxes_stand_in_the_order_given_evenly_spaced(number: int) -> None:
    drawn = [Box(f"model {index}", (0.1, 0.2, 0.3, 0.6, 0.9)) for index in range(number)]
    lines = boxes(drawn, 70, top=1.0, x=Ticks([0, 0.5, 1], ["0", "500ms", "1s"]))
    places = [index for index, line in enumerate(lines) for box in drawn if box.label in text_of(line)]
    assert len(places) == number
    assert len({after - before for before, after in pairwise(places)}) <= 1
    assert len(lines) == 2 * number + 1
    line = text_of(lines[places[0]])
    assert line.index("─") < line.index("█") < line.index("│", line.index("█"))


def test_a_label_cannot_style_the_terminal() -> None:
    hostile = Box("\x1b]52;c;x\x07\x1b[2J\nx", (1, 2, 3, 4, 5))
    text = "".join(text_of(line) for line in boxes([hostile], 70, top=5, x=Ticks([0, 5], ["0", "5"])))
    assert "\x1b" not in text
    assert "␛]52;c;x␇" in text


@given(
    st.lists(st.one_of(st.none(), st.floats(0, 1e4)), min_size=1, max_size=96),
    st.integers(20, 150),
    st.integers(5, 30),
)
def test_a_chart_is_never_wider_or_taller_than_its_place(values: list[float | None], width: int, height: int) -> None:
    top, y = axis(max([value for value in values if value is not None], default=1.0), duration)
    lines = curves([Curve(values, Ink.FIRST)], width, height, top=top, x=Ticks([0], ["now"]), y=y)
    assert len(lines) <= height
    assert all(width_of(line) <= width for line in lines)
    assert all(cell_len(text) == len(text) for line in lines for text, _ in line)


def test_each_column_stands_in_its_place_as_high_as_its_value() -> None:
    top, y = axis(4.0, duration)
    days = Ticks([0, 3], ["first", "last"])
    texts = [text_of(line) for line in columns([1.0, None, 0.0, 4.0], 48, 10, top=top, x=days, y=y, rule=None)]
    heights = [sum(text[place : place + 1] == "█" for text in texts) for place in range(48)]
    filled = [place for place, height in enumerate(heights) if height]
    left = [heights[place] for place in filled if place < 24]
    right = [heights[place] for place in filled if place >= 24]
    assert min(right) > max(left) > 0
    assert max(filled[index + 1] - filled[index] for index in range(len(filled) - 1)) > 12  # two days without any
    assert texts[-1].split() == ["first", "last"]


def test_a_rule_lies_behind_the_columns() -> None:
    top, y = axis(4.0, duration)
    lines = columns([1.0, 4.0], 40, 10, top=top, x=Ticks([0], ["day"]), y=y, rule=2.0)
    ruled = [line for line in lines if any(ink is Ink.WARN for _, ink in line)]
    assert len(ruled) == 1
    assert {ink for text, ink in ruled[0] if "█" in text} == {Ink.FIRST}
    assert all(width_of(line) <= 40 for line in lines)


def test_without_any_value_only_the_axes_are_drawn() -> None:
    lines = columns([None, 0.0], 40, 8, top=1.0, x=Ticks([0], ["day"]), y=Ticks([0], ["0"]), rule=None)
    assert not any("█" in text_of(line) for line in lines)
