"""What a filter compares with: texts with `*`, numbers and durations with bounds. Pure."""

import math
import re
from collections.abc import Callable

from ai_dashboard.core.data import dataclass

WILDCARD = "*"

_HUNDREDS = re.compile(r"([1-9])xx", re.IGNORECASE)
_COMPARED = re.compile(r"(>=|<=|>|<|=)?(.*)", re.DOTALL)
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,9})?")
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)", re.IGNORECASE)
_UNITS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `low` to `high`, with these or without."""

    low: float = -math.inf
    high: float = math.inf
    with_low: bool = True
    with_high: bool = True

    def holds(self, value: float | None) -> bool:
        """Whether a value is within; one that is not known never is."""
        if value is None:
            return False
        above = value >= self.low if self.with_low else value > self.low
        return above and (value <= self.high if self.with_high else value < self.high)


def number_bounds(text: str) -> Bounds | str:
    """`200`, `>=400`, `400..499` or `4xx`; else what is wrong with it."""
    if hundreds := _HUNDREDS.fullmatch(text):
        low = int(hundreds[1]) * 100
        return Bounds(low, low + 100, with_high=False)
    return _bounds(text, _number) or f"“{text}” is no number; write 200, 4xx, >=400 or 400..499"


def duration_bounds(text: str) -> Bounds | str:
    """`>2s`, `<=150ms` or `1s..3s`; else what is wrong with it."""
    bounds = _bounds(text, _seconds)
    if bounds is None:
        return f"“{text}” is no time; write >200ms, <=1.5s, >2m or 1s..3s"
    if bounds.low == bounds.high:
        return f"nothing takes exactly {text}; write >{text.removeprefix('=')} or <{text.removeprefix('=')}"
    return bounds


def like(pattern: str) -> Callable[[str], bool]:
    """Whether a text, in lower case, is the pattern. `*` stands for anything; an empty text is like nothing."""
    first, *rest = pattern.casefold().split(WILDCARD)
    if not rest:
        return lambda text: text == first and text != ""
    *middle, last = rest

    def holds(text: str) -> bool:
        if not text or len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
            return False
        place, end = len(first), len(text) - len(last)
        for part in middle:
            found = text.find(part, place, end)
            if found < 0:
                return False
            place = found + len(part)
        return True

    return holds


def _bounds(text: str, read: Callable[[str], float | None]) -> Bounds | None:
    low, dots, high = text.partition("..")
    if dots:
        first, last = read(low), read(high)
        return Bounds(first, last) if first is not None and last is not None else None
    compared = _COMPARED.fullmatch(text)
    value = read(compared[2]) if compared else None
    if compared is None or value is None:
        return None
    match compared[1]:
        case ">=":
            return Bounds(low=value)
        case ">":
            return Bounds(low=value, with_low=False)
        case "<=":
            return Bounds(high=value)
        case "<":
            return Bounds(high=value, with_high=False)
        case _:
            return Bounds(value, value)


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _seconds(text: str) -> float | None:
    found = _DURATION.fullmatch(text)
    return float(found[1]) * _UNITS[found[2].lower()] if found else None
