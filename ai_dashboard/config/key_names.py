"""How keys are spelled: `ctrl+y`, `f5`, `?`, `question_mark`. A character is known by its Unicode name, as Textual
knows it, so that `?` and `question_mark` are one key."""

import re
import unicodedata

NUL = "ctrl+@"
"""What most terminals send for ctrl+space."""

MODIFIERS = frozenset({"alt", "ctrl", "hyper", "meta", "shift", "super"})

NAMED = frozenset(
    {
        "up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete",
        "enter", "escape", "tab", "space", "backspace", *(f"f{number}" for number in range(1, 25)),
    }
)  # fmt: skip

_FRIENDLY = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
"""Textual's own names, instead of Unicode's."""

_SIGNS = frozenset(chr(code) for code in range(0x21, 0x7F) if not chr(code).isalnum())


def _name_of(character: str) -> str:
    if character.isalnum():
        return character
    if not character.isprintable():
        return ""
    name = re.sub(r"[ -]", "_", unicodedata.name(character, "")).lower()
    return _FRIENDLY.get(name, name)


_NAMES = NAMED | frozenset(map(_name_of, _SIGNS))


def normal(text: str) -> str | None:
    """A key as Textual spells it; None for what is no key."""
    word = text.strip()
    if word == NUL:
        return word
    *modifiers, key = word.split("+") if len(word) > 1 and not word.endswith("+") else (word,)
    if len(set(modifiers)) < len(modifiers) or not set(modifiers) <= MODIFIERS:
        return None
    name = _name_of(key) if len(key) == 1 else key.lower()
    if len(name) != 1 and name not in _NAMES:
        return None
    if modifiers and len(name) == 1:
        # A terminal sends ctrl+y for ctrl+Y, too.
        name = name.lower()
    return "+".join([*sorted(modifiers), name])
