import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ai_dashboard.tui.ink import Ink, clip, crop, fit, kept, text_of, whole, width_of, wrap

ANY_TEXT = st.text(max_size=40)


@pytest.mark.parametrize(
    ("text", "width", "right", "fitted"),
    [
        ("ab", 4, False, "ab  "),
        ("ab", 4, True, "  ab"),
        ("abcdef", 4, False, "abc…"),
        ("日本語", 4, False, "日 …"),
        ("a\x1bb", 3, False, "a␛b"),
        ("abc", 1, False, "…"),
        ("abc", 0, False, ""),
    ],
)
def test_fitting(text: str, width: int, right: bool, fitted: str) -> None:
    assert fit(text, width, right=right) == fitted


@given(ANY_TEXT, st.integers(0, 30), st.booleans())
def test_fitted_text_has_its_width(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(text, width, right=right)) == width


@given(ANY_TEXT, st.integers(1, 30), st.integers(1, 5))
def test_wrapped_lines_are_within_their_limits(text: str, width: int, limit: int) -> None:
    lines = wrap(text, width, limit)
    assert 1 <= len(lines) <= limit
    assert all(cell_len(line) <= width for line in lines)


def test_wrapping_keeps_words_and_cuts_the_last_line() -> None:
    assert wrap("one two three", 7, 3) == ["one two", "three"]
    assert wrap("one two three four", 7, 2) == ["one two", "three …"]


def test_short_text_is_not_padded() -> None:
    assert clip("ab", 9) == "ab"
    assert clip("abcd", 3) == "ab…"


def test_a_line_is_measured_in_cells() -> None:
    line = [("日本", Ink.PLAIN), ("ab", Ink.DIM)]
    assert (text_of(line), width_of(line)) == ("日本ab", 6)


@given(st.lists(st.tuples(ANY_TEXT, st.just(Ink.PLAIN)), max_size=5), st.integers(0, 60))
def test_a_cropped_line_fits(line: list[tuple[str, Ink]], width: int) -> None:
    assert width_of(crop(line, width)) <= width


def test_cropping_cuts_the_span_at_the_edge() -> None:
    assert crop([("ab", Ink.KEY), ("cdef", Ink.DIM), ("g", Ink.PLAIN)], 4) == [("ab", Ink.KEY), ("c…", Ink.DIM)]


def test_what_does_not_fit_whole_is_left_out_from_the_last_on() -> None:
    text = "a title · of three · parts"
    assert whole(text, 26) == text
    assert whole(text, 25) == "a title · of three"
    assert whole(text, 7) == "a title"
    assert whole(text, 6) == ""
    assert whole("", 3) == ""


def test_parts_that_do_not_fit_whole_are_left_out_from_the_first_such_on() -> None:
    parts = [[("ab", Ink.PLAIN), (" cd", Ink.DIM)], [(" 日本", Ink.KEY)], [(" e", Ink.DIM)]]
    for width, text in ((12, "ab cd 日本 e"), (11, "ab cd 日本"), (10, "ab cd 日本"), (9, "ab cd"), (4, ""), (0, "")):
        assert text_of(kept(parts, width)) == text
