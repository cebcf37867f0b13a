import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.keys import _character_to_key

from ai_dashboard.config.key_names import normal


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("y", "y"),
        ("Y", "Y"),
        (" ctrl+y ", "ctrl+y"),
        ("ctrl+Y", "ctrl+y"),
        ("shift+ctrl+left", "ctrl+shift+left"),
        ("F5", "f5"),
        ("f24", "f24"),
        ("?", "question_mark"),
        ("question_mark", "question_mark"),
        ("/", "slash"),
        ("+", "plus"),
        ("[", "left_square_bracket"),
        ("Escape", "escape"),
        ("ctrl+", None),
        ("crtl+y", None),
        ("ctrl+ctrl+y", None),
        ("f25", None),
        ("enterr", None),
        ("", None),
        (" ", None),
        ("\x1b", None),
        ("ctrl+?x", None),
    ],
)
def test_keys_are_known_by_one_name(text: str, key: str | None) -> None:
    assert normal(text) == key


@given(st.sampled_from([chr(code) for code in range(0x21, 0x7F)]))
def test_what_a_keyboard_types_is_named_as_textual_names_it(character: str) -> None:
    assert normal(character) == _character_to_key(character)


@given(st.text(max_size=12))
def test_a_name_is_its_own_name(text: str) -> None:
    name = normal(text)
    assert name is None or normal(name) == name
