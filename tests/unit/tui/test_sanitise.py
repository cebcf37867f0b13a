import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import ControlType, Segment
from textual.strip import Strip

from ai_dashboard.tui.sanitise import UNSAFE, safe_strip, visible, visible_lines

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("llama3.1:8b", "llama3.1:8b"),
        ("[bold]x[/]", "[bold]x[/]"),
        ("\x1b[2J", "␛[2J"),
        ("\x1b]52;c;ZXZpbA==\x07", "␛]52;c;ZXZpbA==␇"),
        ("\x1bPq unterminated", "␛Pq unterminated"),
        ("\x9b31m", "␦31m"),
        ("\x7f\x00\t\r\n", "␡␀␉␍␊"),
        ("\u202eevil\u2066", "⇄evil⇄"),
        ("a\u200bb\u2028c\ufeff", "a·b·c·"),
        ("\ud83d", "�"),
        ("سلام 日本語 é 👩\u200d🔬", "سلام 日本語 é 👩\u200d🔬"),
    ],
)
def test_what_a_terminal_would_obey_becomes_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(ANY_TEXT)
def test_nothing_unsafe_is_left_and_nothing_printable_is_lost(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in shown)
    assert all(after == before for before, after in zip(text, shown, strict=True) if not UNSAFE.match(before))
    assert all(cell_len(after) > 0 for before, after in zip(text, shown, strict=True) if before != after)
    shown.encode()


@given(st.lists(ANY_TEXT), ANY_TEXT)
def test_a_split_sequence_is_treated_like_a_whole_one(pieces: list[str], rest: str) -> None:
    assert "".join(map(visible, [*pieces, rest])) == visible("".join([*pieces, rest]))


@given(ANY_TEXT)
def test_a_file_keeps_its_lines_and_tabs(text: str) -> None:
    shown = visible_lines(text)
    assert shown.count("\n") == text.count("\n")
    assert shown.count("\t") == text.count("\t")
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in shown if character not in "\n\t")


def test_a_file_from_windows_reads_like_any_other() -> None:
    assert visible_lines("a: 1\r\nb: 2\r\n") == "a: 1\nb: 2\n"


@given(st.lists(ANY_TEXT, max_size=5))
def test_a_strip_keeps_its_width(texts: list[str]) -> None:
    strip = Strip([Segment(text) for text in texts])
    clean = safe_strip(strip)
    assert clean.cell_length == strip.cell_length
    assert not UNSAFE.search(clean.text)


def test_a_strip_loses_control_segments() -> None:
    strip = Strip([Segment("a"), Segment("\x1b[H", None, [(ControlType.HOME,)]), Segment("b")])
    assert [segment.text for segment in safe_strip(strip)] == ["a", "b"]
