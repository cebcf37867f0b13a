import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.tui.editor.place import Place, key_at, place_at

TEXT = """\
providers:
  ollama:
    type: ollama
    # a comment at any depth
    models:
      - name: a
        context_length: 100
      - b
    limits: {a: 1, tim
  vllm:
    models:
    - name: c
      tags: [x, y]
    headers: {x: {y: z}, w}

rules:
- - deep: 1
    deeper: 2
"""
LINES = TEXT.split("\n")


@pytest.mark.parametrize(
    ("row", "path"),
    [
        (0, "providers"),
        (1, "providers/ollama"),
        (2, "providers/ollama/type"),
        (3, "providers/ollama"),
        (4, "providers/ollama/models"),
        (5, "providers/ollama/models/-/name"),
        (6, "providers/ollama/models/-/context_length"),
        (7, "providers/ollama/models/-"),
        (8, "providers/ollama/limits"),
        (11, "providers/vllm/models/-/name"),
        (12, "providers/vllm/models/-/tags"),
        (15, "rules"),
        (16, "rules/-/-/deep"),
        (17, "rules/-/-/deeper"),
    ],
)
def test_a_line_has_a_path(row: int, path: str) -> None:
    assert "/".join(key_at(LINES, row)) == path


def at(text: str) -> Place:
    """The place of the `|` in a text."""
    before = text[: text.index("|")]
    row = before.count("\n")
    return place_at(text.replace("|", "").split("\n"), row, len(before) - before.rfind("\n") - 1)


@pytest.mark.parametrize(
    ("text", "path", "typed", "on_value"),
    [
        ("|", "", "", False),
        ("prov|", "", "prov", False),
        ("a:\n  |", "a", "", False),
        ("a:\n  b|", "a", "b", False),
        ("a:\n  b: 1\n  |", "a", "", False),
        ("a:\n  b: 1\n|", "", "", False),
        ("a:\n  b: o|l", "a/b", "o", True),
        ("a:\n  b: |", "a/b", "", True),
        ("a:\n  - |", "a/-", "", False),
        ("a:\n  - n|", "a/-", "n", False),
        ("a:\n  - b: 1\n    |", "a/-", "", False),
        ("a: {b|", "a", "b", False),
        ("a: {b: |", "a/b", "", True),
        ("a: {b: x, c|", "a", "c", False),
        ("a: {b: {c: d}, e: f|", "a/e", "f", True),
        ("a: [{b: 1}, {c|", "a/-", "c", False),
        ("a: [x|", "a/-", "x", True),
        ("a: {b: 1}|", "a", "", True),
        ('a: {"b": |', "a/b", "", True),
    ],
)
def test_a_cursor_has_a_place(text: str, path: str, typed: str, on_value: bool) -> None:
    place = at(text)
    assert ("/".join(place.path), place.typed, place.on_value) == (path, typed, on_value)


@given(
    st.lists(st.text(" -:{}[],'\"#ab\t", max_size=12), min_size=1, max_size=8), st.integers(0, 99), st.integers(0, 99)
)
def test_any_text_has_places(lines: list[str], row: int, column: int) -> None:
    row %= len(lines)
    column = min(column, len(lines[row]))
    place = place_at(lines, row, column)
    assert lines[row][place.start : column].startswith(place.typed)
    assert place.start <= column
