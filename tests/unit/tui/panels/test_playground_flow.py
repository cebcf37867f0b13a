"""Text that grows is broken as the whole would be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ai_dashboard.tui.panels.playground_flow import MAX_CHARS, Flow, wrapped
from ai_dashboard.tui.sanitise import UNSAFE

LETTERS = st.text(alphabet="ab  \n\r\t\x1b]\x9b\u202e日本é👩\u200d💻", max_size=12)


def grown(pieces: list[str], width: int, *, looked: bool) -> list[str]:
    flow = Flow()
    for piece in pieces:
        flow.add(piece)
        if looked:
            flow.lines(width)
    return flow.lines(width)


@given(st.lists(LETTERS, max_size=8), st.integers(2, 14))
def test_however_it_is_split_and_whenever_it_is_looked_at(pieces: list[str], width: int) -> None:
    lines = grown(pieces, width, looked=True)
    assert lines == grown(["".join(pieces)], width, looked=False)
    assert all(cell_len(line) <= width for line in lines)
    assert not any(UNSAFE.search(line) for line in lines)


@given(st.lists(LETTERS, max_size=8))
def test_another_width_breaks_it_anew(pieces: list[str]) -> None:
    flow = Flow()
    for width, piece in enumerate(pieces, start=2):
        flow.add(piece)
        flow.lines(width)
    assert flow.lines(9) == grown(pieces, 9, looked=False)
    assert flow.text == "".join(pieces)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("one two three", ["one two", "three"]),
        ("    indented code", ["    inden", "ted code"]),
        ("abcdefghijkl", ["abcdefghi", "jkl"]),
        ("a\n\nb\n", ["a", "", "b"]),
        ("a\r\nb\rc", ["a", "b␍c"]),
        ("\tx", ["    x"]),
        ("日本語日本語", ["日本語日", "本語"]),
        ("\x1b]52;c;\x07", ["␛]52;c;␇"]),
    ],
)
def test_lines_of_nine_cells(text: str, lines: list[str]) -> None:
    assert grown([text], 9, looked=False) == lines


def test_what_finds_no_room_is_counted_and_not_kept() -> None:
    flow = Flow()
    flow.add("x" * (MAX_CHARS - 1))
    flow.add("yz")
    flow.add("more")
    assert (len(flow), flow.dropped, flow.text[-2:]) == (MAX_CHARS, 5, "xy")


def test_a_width_of_nothing_comes_to_an_end() -> None:
    assert wrapped("abc", 0) == ["a", "b", "c"]
    assert wrapped("日本", 1) == ["日", "本"]
