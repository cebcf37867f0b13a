"""What an unquoted YAML word means: YAML 1.1's null, bool, int and float as PyYAML reads them, everything else is text.

Two of its number forms are left out on purpose: base 60 (`12:30` is a model tag, not 750) and timestamps.
"""

import re

Plain = str | int | float | bool | None

SCALAR_TAGS = frozenset({"str", "null", "bool", "int", "float"})
"""The tags of YAML's core that a single value may carry."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset(word for base in ("yes", "true", "on") for word in (base, base.title(), base.upper()))
_FALSE = frozenset(word for base in ("no", "false", "off") for word in (base, base.title(), base.upper()))
_INT = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)")
_FLOAT = re.compile(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?"
    r"|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)"
    r"|\.(?:nan|NaN|NAN)"
)


def resolved(text: str) -> Plain:
    """The value of an unquoted word."""
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    try:
        if _INT.fullmatch(text):
            return _int(text)
        if _FLOAT.fullmatch(text):
            return _float(text)
    except ValueError:  # `0b_`, or more digits than Python reads: then it was not meant as a number
        return text
    return text


def tagged(tag: str, text: str) -> Plain:
    """The value of a word under one of `SCALAR_TAGS`. Raises `ValueError` with a message for people."""
    if tag == "str":
        return text
    value = resolved(text)
    fits = {
        "null": value is None,
        "bool": isinstance(value, bool),
        "int": isinstance(value, int) and not isinstance(value, bool),
        "float": isinstance(value, (int, float)) and not isinstance(value, bool),
    }[tag]
    if not fits:
        raise ValueError(f"tagged `!!{tag}`, but the value is none")
    if tag == "float" and isinstance(value, int):
        try:
            return float(value)
        except OverflowError:
            raise ValueError("tagged `!!float`, but the number is too large") from None
    return value


def _int(text: str) -> int:
    digits = text.replace("_", "")
    unsigned = digits.lstrip("+-")
    if unsigned.startswith("0b"):
        return int(digits, 2)
    if unsigned.startswith("0x"):
        return int(digits, 16)
    return int(digits, 8 if unsigned.startswith("0") else 10)


def _float(text: str) -> float:
    digits = text.replace("_", "").lower()
    return float(digits.replace(".inf", "inf").replace(".nan", "nan"))
